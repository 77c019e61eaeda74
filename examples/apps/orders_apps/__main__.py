"""Entry point of the example image: `producer`, `consumer` or `recorder`."""

from __future__ import annotations

import sys

from orders_apps.entry import run_named

PROGRAMS = ("producer", "consumer", "recorder")

if __name__ == "__main__":
    sys.exit(run_named("orders_apps", PROGRAMS, sys.argv[1:]))
