#!/usr/bin/env bash
# Compiles the planted fault: build.sh LIBS OUT, where LIBS holds Kafka's jars (javassist among
# them) and OUT is the agent jar that the Dockerfile beside this file copies. Needs a JDK 17+.
set -euo pipefail
libs=$1
out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
javassist=("$libs"/javassist-*.jar)
javac --release 17 -cp "${javassist[0]}" -d "$work/classes" "$(dirname "${BASH_SOURCE[0]}")/DropRecord.java"
printf 'Premain-Class: DropRecord\n' > "$work/manifest"
mkdir -p "$(dirname "$out")"
jar --create --file "$out" --manifest "$work/manifest" -C "$work/classes" .
