"""Waits for something with a deadline, and names what blocks when the deadline passes.

Used wherever the sandbox waits; nothing here waits for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kmig_sandbox.problem import SandboxProblemError

_PAUSE = threading.Event()


def until(what: str, seconds: float, blocked_by: Callable[[], str], every: float = 0.1) -> None:
    """Returns when `blocked_by` answers an empty text; it may raise to give up early."""
    deadline = time.monotonic() + seconds
    while blocker := blocked_by():
        if time.monotonic() >= deadline:
            raise SandboxProblemError(f"{what}: not within {seconds:.0f} s; {blocker}")
        _PAUSE.wait(every)
