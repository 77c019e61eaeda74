"""Shows what the sandbox is doing: one line when a step begins, one now and then, one at its end.

Used by every long step. It never prints command output, which may hold secrets.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_BEGAN: Final = time.monotonic()
_STILL_EVERY_SECONDS: Final = 20.0
_WRITE: Final = threading.Lock()


def say(text: str) -> None:
    """Prints one line with the seconds since the program began."""
    with _WRITE:
        print(f"[{time.monotonic() - _BEGAN:6.1f}s] {text}", flush=True)


@contextmanager
def step(what: str, hint: str = "") -> Iterator[None]:
    """Announces a step, repeats itself while the step lasts, and tells how long it took."""
    say(f"{what}{f' ({hint})' if hint else ''} ...")
    began = time.monotonic()
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(_STILL_EVERY_SECONDS):
            say(f"{what}: still at it after {time.monotonic() - began:.0f} s")

    repeater = threading.Thread(target=repeat, daemon=True)
    repeater.start()
    try:
        yield
    finally:
        done.set()
        repeater.join()
    say(f"{what}: done in {time.monotonic() - began:.1f} s")
