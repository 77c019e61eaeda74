"""Where a committed offset stands in both logs of a partition, as values (protocol 4)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum

from kafka_migration.model.sides import Side


class Grade(StrEnum):
    """What a translated offset promises a read_committed reader (protocol 4.4)."""

    EXACT = "Exact"  # no record is skipped or read again
    SAFE = "Safe"  # none is skipped, at most k are read again
    SAFE_COMPACTED = "SafeCompacted"  # the same, on a log from which compaction took records


@dataclass(frozen=True)
class Pair:
    """One point in both logs: what lies before it on one side lies before it on the other."""

    source: int
    target: int

    def on(self, side: Side) -> int:
        """Its offset on a side."""
        return self.source if side == "source" else self.target


@dataclass(frozen=True)
class Segment:
    """A stretch of both logs over which one side had authority and the other got copies."""

    original: Side
    start: Pair
    end: Pair | None = None  # None = live

    def covers(self, pair: Pair) -> bool:
        """True if a record and its copy can stand at these two offsets."""
        after = self.start.source <= pair.source and self.start.target <= pair.target
        if self.end is None or not after:
            return after
        return pair.source < self.end.source and pair.target < self.end.target


@dataclass(frozen=True)
class Anchor:
    """A pair of offsets that belong together, by the side that a group leaves and enters."""

    leaving: int
    entering: int
    synced: bool  # True = a record and its copy (offset-syncs); False = an edge of the segment


@dataclass(frozen=True)
class Log:
    """One side's log around a position: complete between `low` and `high`."""

    start: int  # log start
    end: int  # high watermark
    stable: int  # LSO, read before the records were
    data: tuple[int, ...]  # offsets of all records visible to read_committed in [low, high)
    low: int
    high: int
    compacted: bool  # cleanup.policy names compact

    def between(self, first: int, last: int) -> tuple[int, ...]:
        """Data records in [first, last)."""
        return self.data[bisect_left(self.data, first) : bisect_left(self.data, last)]

    def knows(self, first: int, last: int) -> bool:
        """Every record in [first, last) is listed."""
        return first >= last or (self.low <= first and last <= self.high)

    def holds(self, offset: int) -> bool:
        """A visible data record stands at this offset."""
        return bool(self.between(offset, offset + 1))


@dataclass(frozen=True)
class Position:
    """A committed offset (next to read) with everything that its translation needs."""

    commit: int  # not below the log start of the side being left
    segment: Segment
    leaving: Side
    anchors: tuple[Anchor, ...]  # in the order of both logs
    here: Log  # the side being left
    there: Log  # the side being entered

    @property
    def entering(self) -> Side:
        """The other side."""
        return "target" if self.leaving == "source" else "source"

    def covers(self, anchor: Anchor) -> bool:
        """True if the anchor's record and copy stand inside the segment on both sides."""
        if self.leaving == "source":
            return self.segment.covers(Pair(anchor.leaving, anchor.entering))
        return self.segment.covers(Pair(anchor.entering, anchor.leaving))

    @property
    def live_copy(self) -> bool:
        """The side being entered still gets copies of this stretch."""
        return self.segment.end is None and self.segment.original == self.leaving
