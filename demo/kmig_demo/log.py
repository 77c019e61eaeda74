"""What the demo prints: one line per step, with the seconds since its start.

Used by every part of the demo. It must never be given a secret.
"""

from __future__ import annotations

import time

from rich.console import Console


class Log:
    """The terminal, with a clock."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._start = time.monotonic()

    def step(self, text: str) -> None:
        """The beginning of a step."""
        self._print(text, "bold")

    def say(self, text: str) -> None:
        """Something that happened within a step."""
        self._print(f"  {text}", "")

    def _print(self, text: str, style: str) -> None:
        elapsed = time.monotonic() - self._start
        self.console.print(
            f"{elapsed:7.1f} s  {text}", style=style, markup=False, highlight=False, soft_wrap=True
        )
