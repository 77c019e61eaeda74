"""Entry point: `generator` (writes transfers) or `bank` (turns them into postings)."""

from __future__ import annotations

import sys

from orders_apps.entry import run_named

PROGRAMS = ("generator", "bank")

if __name__ == "__main__":
    sys.exit(run_named("bank_apps", PROGRAMS, sys.argv[1:]))
