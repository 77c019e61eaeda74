"""A partition's map between both logs: segments that join where authority passed (protocol 4.1).

Built from the journals of the units that write the topics. An attempt leaves a seam only if its
Switch entry was not voided by a back-out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafka_migration.decide.rules.legs import switched
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.positions import Pair, Segment
from kafka_migration.model.sides import Direction, Side, entered_by

_BEGINNING = Pair(0, 0)  # nothing stood before either: the copy begins where the original does


@dataclass(frozen=True)
class Seam:
    """Where authority over one partition passed: both logs' ends at that moment."""

    at: Pair
    entering: Side  # the side that has authority from here on


Seams = Mapping[Partition, Seam]


def seams(entries: Iterable[Entry]) -> tuple[Seams, ...]:
    """What each leg of a unit left behind that switched for good, oldest first."""
    return tuple(seams_of(leg.fenced, leg.end, leg.direction) for leg in switched(entries))


def seams_of(fenced: Offsets, end: Offsets, direction: Direction) -> Seams:
    """What one leg measured: F where it left, T where it entered; nothing before both."""
    source, target = (fenced, end) if direction == "forward" else (end, fenced)
    entering = entered_by(direction)
    return {p: Seam(Pair(source[p], target[p]), entering) for p in fenced if p in end}


def chain(found: Iterable[Seam]) -> tuple[Segment, ...]:
    """Segments from the beginning on, the last one live; seams in the order they were made."""
    segments: list[Segment] = []
    start, original = _BEGINNING, "source"  # type: Pair, Side
    for seam in found:
        segments.append(Segment(original, start, seam.at))
        start, original = seam.at, seam.entering
    return (*segments, Segment(original, start))


def broken(segments: Iterable[Segment]) -> bool:
    """Authority did not alternate, or an end lies before its start: no map to trust."""
    before: Side | None = None
    for segment in segments:
        end = segment.end or segment.start
        backwards = end.source < segment.start.source or end.target < segment.start.target
        if segment.original == before or backwards:
            return True
        before = segment.original
    return False


def segment_at(segments: tuple[Segment, ...], side: Side, offset: int) -> Segment:
    """The segment in which an offset of a side lies; at an end it is the next one's start."""
    return next(s for s in reversed(segments) if s.start.on(side) <= offset)


def turning(entries: Iterable[Entry]) -> bool:
    """The newest leg is between its fence and the end of its Resume or back-out."""
    inside = False
    for entry in entries:
        if entry.kind in (EntryKind.FENCING, EntryKind.FENCED):
            inside = True
        elif entry.kind in (EntryKind.RESUMED, EntryKind.BACKED_OUT):
            inside = False
    return inside
