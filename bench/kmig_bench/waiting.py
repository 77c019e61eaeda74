"""Every wait of the bench: a deadline, a name, and what blocks it.

Called by everything that watches the sandbox. It must never wait without a deadline.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kafka_migration.errors import Unavailable
from kmig_bench.errors import BenchError


def wait_until(what: str, seconds: float, blocker: Callable[[], str], every: float = 0.2) -> None:
    """Ask `blocker` until it answers with an empty text. Raises BenchError at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        blocked_by = _asked(blocker)
        if not blocked_by:
            return
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not within {seconds:.0f} s; blocked by: {blocked_by}")
        pause(every)


def _asked(blocker: Callable[[], str]) -> str:
    """A server that does not answer yet is one more thing that blocks."""
    try:
        return blocker()
    except Unavailable as error:
        return error.message


def pause(seconds: float) -> None:
    """Let `seconds` pass."""
    threading.Event().wait(seconds)
