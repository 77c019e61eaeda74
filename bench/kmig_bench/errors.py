"""How the bench fails: one sentence that says what was awaited and what stood in its way."""

from __future__ import annotations


class BenchError(Exception):
    """The bench cannot go on; the message is for the person at the terminal, without secrets."""
