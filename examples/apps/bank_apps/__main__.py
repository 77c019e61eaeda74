"""Entry point: `generator` (writes transfers) or `bank` (turns them into postings)."""

from __future__ import annotations

import importlib
import signal
import sys

PROGRAMS = ("generator", "bank")


def main(arguments: list[str]) -> int:
    """Run the named program; 2 for an unknown name."""
    if len(arguments) != 1 or arguments[0] not in PROGRAMS:
        print(f"usage: bank_apps {{{'|'.join(PROGRAMS)}}}", file=sys.stderr)
        return 2
    # As process 1 nothing stops us by default; each program refines this once it has work to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = importlib.import_module(f"bank_apps.{arguments[0]}")
    return int(program.main())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
