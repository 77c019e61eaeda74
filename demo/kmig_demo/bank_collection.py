"""Reads the bank's three topics of one side for its checker.

Called when everything stands still. What cannot be read becomes a named fault, never an empty
topic.
"""

from __future__ import annotations

from kmig_demo.bank import TOPICS, Ledger, Values
from kmig_demo.environment import Side
from kmig_demo.kafka_log import read_topic


def read_ledger(side: Side, prefix: str = "") -> Ledger:
    """The topics `<prefix>transfers`, `<prefix>postings` and `<prefix>accounts` of one side."""
    read: dict[str, Values] = {}
    faults: list[str] = []
    for topic in TOPICS:
        read[topic], found = read_topic(side, f"{prefix}{topic}", _value)
        faults += found
    return Ledger(**read, faults=faults)


def _value(value: bytes | None, _offset: int) -> bytes:
    return value or b""
