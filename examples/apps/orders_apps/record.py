"""The value of one example record: who wrote it, and where it stands in its key's sequence.

Used by the producer (writes) and the consumer (reads). The checker of the demo has its own reading
of the same form, so that a mistake here cannot hide itself.
"""

from __future__ import annotations

PADDING = "." * 48
FIELDS = 5  # the padding and the send time count as one


def encode(run: str, incarnation: str, key: str, sequence: int, millis: int) -> str:
    """`run|incarnation|key|sequence|send time in ms|padding`; about 100 bytes."""
    return f"{run}|{incarnation}|{key}|{sequence}|{millis}|{PADDING}"


def identity(value: bytes) -> str:
    """`run incarnation key sequence` of a record, or `? ? ? 0` for one that is not ours."""
    parts = value.split(b"|", 4)
    if len(parts) != FIELDS or not parts[3].isdigit():
        return "? ? ? 0"
    return b" ".join(parts[:4]).decode("utf-8", "replace")
