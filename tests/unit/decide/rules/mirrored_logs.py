"""A brute-force model of one partition's two logs: what really was copied where.

Records have numbers in the order in which they were written, on whichever side had authority.
A slot of a log is a record's number or None (a marker, an aborted record). The model knows each
record's place on each side, which the rules under test have to find out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kafka_migration.decide.rules.segments import Seam, chain, segment_at
from kafka_migration.model.positions import Anchor, Log, Pair, Position, Segment
from kafka_migration.model.sides import Side

SIDES: tuple[Side, Side] = ("source", "target")


def other(side: Side) -> Side:
    return "target" if side == "source" else "source"


@dataclass
class Sided:
    """One log."""

    slots: list[int | None] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)  # record -> offset, deleted ones too
    gone: set[int] = field(default_factory=set)  # offsets that compaction took
    start: int = 0
    stable: int | None = None  # None = the end
    compacted: bool = False

    def add(self, record: int | None) -> int:
        if record is not None:
            self.places[record] = len(self.slots)
        self.slots.append(record)
        return len(self.slots) - 1

    @property
    def lso(self) -> int:
        return len(self.slots) if self.stable is None else self.stable

    def visible(self) -> dict[int, int]:
        """Record by offset, as a read_committed reader sees it."""
        return {
            offset: record
            for offset, record in enumerate(self.slots)
            if record is not None and self.start <= offset < self.lso and offset not in self.gone
        }


@dataclass
class Mirrored:
    """Both logs, the mirrors' syncs, and the seams between their segments."""

    logs: dict[Side, Sided] = field(default_factory=lambda: {s: Sided() for s in SIDES})
    original: Side = "source"
    written: int = 0
    copied: int = 0  # records before this number are copied
    syncs: list[Pair] = field(default_factory=list)
    sides: list[Side] = field(default_factory=list)  # of each sync, who was the original
    seams: list[Seam] = field(default_factory=list)

    # ---- what happens

    def write(self, kind: str, count: int) -> None:
        """Applications write: plainly, in a transaction, or in one that is aborted."""
        log = self.logs[self.original]
        for _ in range(count):
            if kind == "aborted":
                log.add(None)
            else:
                log.add(self.written)
                self.written += 1
        if kind != "plain":
            log.add(None)

    def copy(self, count: int, *, synced: int, aborted: bool = False) -> None:
        """The mirror copies the next records in one transaction.

        `synced` in ten of them get a sync; which ones changes with the log's length.
        """
        log = self.logs[other(self.original)]
        for record in range(self.copied, min(self.written, self.copied + count)):
            there = len(log.slots)
            if self.logs[self.original].places[record] in self.logs[self.original].gone:
                continue  # taken before it was copied
            log.add(None if aborted else record)
            if (7 * record + 3 * there) % 10 < synced:
                self._sync(record, there)
        log.add(None)
        if not aborted:
            self.copied = min(self.written, self.copied + count)

    def _sync(self, record: int, there: int) -> None:
        here = self.logs[self.original].places[record]
        pair = Pair(here, there) if self.original == "source" else Pair(there, here)
        self.syncs.append(pair)
        self.sides.append(self.original)

    def switch(self) -> None:
        """Authority passes once everything is copied."""
        assert self.copied == self.written
        ends = {side: len(self.logs[side].slots) for side in SIDES}
        self.original = other(self.original)
        self.seams.append(Seam(Pair(ends["source"], ends["target"]), self.original))

    # ---- what an observer sees

    @property
    def segments(self) -> tuple[Segment, ...]:
        return chain(self.seams)

    def anchors(self, segment: Segment, leaving: Side) -> tuple[Anchor, ...]:
        """Every sync of the topic, and the segment's edges."""
        entering = other(leaving)
        pairs = [(s.on(leaving), s.on(entering), True) for s in self.syncs]
        edges = [p for p in (segment.start, segment.end) if p is not None]
        pairs += [(p.on(leaving), p.on(entering), False) for p in edges]
        return tuple(Anchor(*pair) for pair in sorted(pairs))

    def log(self, side: Side, low: int = 0, high: int | None = None) -> Log:
        sided = self.logs[side]
        data = tuple(sorted(sided.visible()))
        stop = sided.lso if high is None else min(high, sided.lso)
        inside = tuple(o for o in data if low <= o < stop)
        return Log(sided.start, len(sided.slots), sided.lso, inside, low, stop, sided.compacted)

    def position(self, leaving: Side, commit: int) -> Position:
        segment = segment_at(self.segments, leaving, commit)
        anchors = self.anchors(segment, leaving)
        here, there = self.log(leaving), self.log(other(leaving))
        return Position(commit, segment, leaving, anchors, here, there)

    def positions(self, leaving: Side) -> Iterator[Position]:
        """Every offset from the log start to the LSO."""
        here, there = self.log(leaving), self.log(other(leaving))
        for commit in range(here.start, here.stable + 1):
            segment = segment_at(self.segments, leaving, commit)
            anchors = self.anchors(segment, leaving)
            yield Position(commit, segment, leaving, anchors, here, there)

    # ---- what is true

    def before(self, leaving: Side, commit: int) -> set[int]:
        """Records that a reader on `leaving` at `commit` has passed."""
        return {record for record, place in self.logs[leaving].places.items() if place < commit}

    def again(self, leaving: Side, commit: int, offset: int) -> set[int]:
        """Of these, what it reads again from `offset` of the other side on."""
        there, passed = self.logs[other(leaving)].visible(), self.before(leaving, commit)
        return {record for place, record in there.items() if place >= offset and record in passed}

    def skipped(self, leaving: Side, commit: int, offset: int) -> set[int]:
        """Records that it has not read and, from `offset` on, never will."""
        there, passed = self.logs[other(leaving)].visible(), self.before(leaving, commit)
        return {r for place, r in there.items() if place < offset and r not in passed}
