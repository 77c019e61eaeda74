//go:build tools
package sandbox
import (
 _ "github.com/coredns/coredns"
)
