"""How the comparison reads one cluster: what happened in its logs, as values.

`reader.KafkaReader` implements `Reader` with a real consumer, unit tests with lists. Must never
hand out payloads: records arrive as marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kafka_migration.model.kafka import Partition


class Log(StrEnum):
    """Which side of the comparison."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True)
class Records:
    """Committed data records of one partition, in log order."""

    partition: Partition
    offsets: Sequence[int]
    marks: Sequence[bytes]


@dataclass(frozen=True)
class End:
    """Everything below `offset` was read, and the log's stable end is there for now."""

    partition: Partition
    offset: int


@dataclass(frozen=True)
class Fault:
    """The partition cannot be read any further, or not asked about.

    `gone`: the records at its position no longer exist (retention or DeleteRecords).
    `passing`: an election or the like; asking again soon may be answered.
    """

    partition: Partition
    message: str
    gone: bool = False
    passing: bool = False


ReadEvent = Records | End | Fault


@dataclass(frozen=True)
class Bounds:
    """Where a log begins and ends, asked from the partition's leader just now.

    `stable_end` is the last stable offset; below `end`, the high watermark, while a transaction
    is open.
    """

    start: int
    stable_end: int
    end: int


class Reader(Protocol):
    """One cluster's logs, read_committed, each partition from its own offset."""

    def read(self, wait: float) -> Sequence[ReadEvent]:
        """Return what arrived; waits at most `wait` seconds, and only if nothing is there."""
        ...

    def bounds(self) -> Mapping[Partition, Bounds | Fault]:
        """Ask every leader about all partitions being read; raises OSError if none answers."""
        ...

    def holds_uncommitted(self, partition: Partition, start: int, end: int) -> bool:
        """Tell whether [start, end) holds records that are not visible to read_committed."""
        ...

    def pause(self, partition: Partition) -> None:
        """Fetch nothing of this partition until `resume`; what was read stays read."""
        ...

    def resume(self, partition: Partition) -> None:
        """Continue a paused partition where its reading stopped."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...

    @property
    def problem(self) -> str | None:
        """The client's last connection or authentication error, for messages."""
        ...
