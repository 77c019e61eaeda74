"""Entry point of the example image: `producer`, `consumer` or `recorder`."""

from __future__ import annotations

import importlib
import signal
import sys

PROGRAMS = ("producer", "consumer", "recorder")


def main(arguments: list[str]) -> int:
    """Run the named program; 2 for an unknown name."""
    if len(arguments) != 1 or arguments[0] not in PROGRAMS:
        print(f"usage: orders_apps {{{'|'.join(PROGRAMS)}}}", file=sys.stderr)
        return 2
    # As process 1 nothing stops us by default; each program refines this once it has work to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = importlib.import_module(f"orders_apps.{arguments[0]}")
    return int(program.main())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
