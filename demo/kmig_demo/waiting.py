"""Every wait of the demo: a deadline, a name, and what blocks it.

Called by the scenario's steps. It must never wait without a deadline.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kmig_demo.errors import DemoError

EVERY_SECONDS = 1.0  # a kubectl costs a tenth of a core's second, which the move needs too


def wait_until(what: str, seconds: float, blocker: Callable[[], str]) -> None:
    """Ask `blocker` until it answers with an empty text. Raises DemoError at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        blocked_by = blocker()
        if not blocked_by:
            return
        if time.monotonic() > deadline:
            raise DemoError(f"{what}: not within {seconds:.0f} s; blocked by: {blocked_by}")
        pause(EVERY_SECONDS)


def pause(seconds: float) -> None:
    """Let `seconds` pass."""
    threading.Event().wait(seconds)
