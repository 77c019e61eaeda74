"""What the checker compares: the recorder's dumps and the two logs, as plain values.

Made by `collection` (from the recorder and from Kafka) and by the tests; judged by `checker`. A
part that could not be read is a named fault here and must never become an empty part.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

SOURCE, TARGET = "source", "target"
MOVE, ROLLBACK, SECOND_MOVE = "move", "rollback", "secondMove"
FIELDS = 5  # of a value: run, incarnation, key, sequence, the rest
HEAD = re.compile(r"#(\S+) (\d+) (\S+) (\d+) (more|end)")

Identity = tuple[str, str, int]
"""(incarnation of the producer, key, sequence): one record that a producer meant to write once."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One record as an application reported it: where it was, and when (ms since the epoch)."""

    identity: Identity | None
    cluster: str
    partition: int
    offset: int
    millis: int


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as it stands in a log; `identity` is None for a record that is not this run's."""

    identity: Identity | None
    offset: int


@dataclass(frozen=True, slots=True)
class Part:
    """One source of evidence: its rows, and everything that makes it less than whole."""

    rows: list[Sighting] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Log:
    """One topic on one cluster, each partition from its first record to its end."""

    partitions: dict[int, list[LogRecord]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PauseShares:
    """What the operator says of the write pause, in seconds; None where it says nothing."""

    operator: float | None = None
    settle: float | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """One time that writer and reader went to the other cluster; the first leaves the source."""

    name: str
    shares: PauseShares = PauseShares()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on. `archive` holds the logs of the topic that is only mirrored.

    `both_whole`: the mirrors of both directions ran and were idle at the end, so that each log
    must hold every record. `reader_crossings`: how often the reader crossed when it moved by
    itself; None = each time with its writer.
    """

    acks: Part
    reads: Part
    failures: Part
    source: Log
    target: Log
    archive_source: Log
    archive_target: Log
    crossings: tuple[Crossing, ...] = (Crossing(MOVE),)
    both_whole: bool = False
    reader_crossings: int | None = None
    faults: list[str] = field(default_factory=list)


def parse_value(value: bytes | None, run: str) -> Identity | None:
    """The identity in a record's value, or None when the value is not one of this run."""
    parts = (value or b"").split(b"|", 4)
    if len(parts) != FIELDS or parts[0].decode("utf-8", "replace") != run or not parts[3].isdigit():
        return None
    incarnation, key = (sys.intern(part.decode("utf-8", "replace")) for part in parts[1:3])
    return incarnation, key, int(parts[3])


def parse_dump(kind: str, text: str, run: str) -> Part:
    """Read a dump of the recorder: every batch numbered without a gap, every sender ended."""
    rows: list[Sighting] = []
    faults: list[str] = []
    senders: dict[str, tuple[int, str]] = {}
    lines = iter(text.splitlines())
    for line in lines:
        head = HEAD.fullmatch(line)
        if head is None:
            faults.append(f"{kind}: not the head of a batch: {line[:60]!r}")
            break
        sender, number = head[1], int(head[2])
        known = senders.get(sender, (0, "more"))
        if number != known[0] + 1 or known[1] == "end":
            faults.append(f"{kind}: batch {number} of {sender} follows batch {known[0]}")
        senders[sender] = (number, head[5])
        faults.extend(_take_batch(kind, lines, head, run, rows))
    faults.extend(
        f"{kind}: {sender} never said that its report is complete"
        for sender, (_, state) in senders.items()
        if state != "end"
    )
    return Part(rows, faults)


def _take_batch(
    kind: str, lines: Iterator[str], head: re.Match[str], run: str, rows: list[Sighting]
) -> list[str]:
    cluster = sys.intern(head[3])
    for _ in range(int(head[4])):
        line = next(lines, "")
        words = line.split()
        if len(words) != (5 if kind == "failures" else 7):
            return [f"{kind}: malformed line in batch {head[2]} of {head[1]}: {line[:60]!r}"]
        identity: Identity | None = None
        if words[0] == run:
            identity = (sys.intern(words[1]), sys.intern(words[2]), int(words[3]))
        place = (
            (-1, -1, -1) if kind == "failures" else (int(words[4]), int(words[5]), int(words[6]))
        )
        rows.append(Sighting(identity, cluster, *place))
    return []
