"""Runs the program that the argument of an example container names.

Called by `python3 -m orders_apps` and `python3 -m bank_apps`. Loads only the program that runs: a
writer's start is part of the write pause.
"""

from __future__ import annotations

import importlib
import signal
import sys


def run_named(package: str, programs: tuple[str, ...], arguments: list[str]) -> int:
    """Run the named program of the package; 2 for an unknown name."""
    if len(arguments) != 1 or arguments[0] not in programs:
        print(f"usage: {package} {{{'|'.join(programs)}}}", file=sys.stderr)
        return 2
    # As process 1 nothing stops us by default; each program refines this once it has work to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = importlib.import_module(f"{package}.{arguments[0]}")
    return int(program.main())
