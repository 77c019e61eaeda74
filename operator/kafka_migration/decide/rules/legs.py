"""A unit's runs of the pipeline as its journal tells them, and who has authority by it. Pure.

Only a leg whose Switch entry stands moves authority and leaves a seam (protocol 4.1): its Fenced
entry holds F and D of the side that was left, its CaughtUp entry C and T of the side entered. The
next such leg runs the other way, so the chain of segments is the chain of these legs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kafka_migration.model.entries import Entry, EntryKind, offsets_of
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.sides import Direction, Side, entered_by, left_by


@dataclass(frozen=True)
class Leg:
    """One run of the pipeline, as recorded.

    F and D count on `left`, T on `entered`; all are empty for a unit that writes nothing.
    """

    attempt: int
    direction: Direction
    fenced: Offsets = field(default_factory=dict)  # F
    last_data: Offsets = field(default_factory=dict)  # D; absent = no data record
    end: Offsets = field(default_factory=dict)  # T
    resumed: bool = False  # the unit runs on the side entered

    @property
    def left(self) -> Side:
        """The side that authority left."""
        return left_by(self.direction)

    @property
    def entered(self) -> Side:
        """The side that has authority since."""
        return entered_by(self.direction)


def switched(entries: Iterable[Entry]) -> tuple[Leg, ...]:
    """Legs whose Switch entry stands, oldest first; a back-out of the same leg voids it."""
    by_leg: dict[tuple[int, Direction], dict[EntryKind, Entry]] = {}
    for entry in entries:
        by_leg.setdefault((entry.attempt, entry.direction), {})[entry.kind] = entry
    return tuple(
        _leg(kinds)
        for kinds in by_leg.values()
        if EntryKind.SWITCH in kinds and EntryKind.BACK_OUT not in kinds
    )


def _leg(kinds: Mapping[EntryKind, Entry]) -> Leg:
    switch = kinds[EntryKind.SWITCH]
    fenced, caught_up = kinds.get(EntryKind.FENCED), kinds.get(EntryKind.CAUGHT_UP)
    return Leg(
        switch.attempt,
        switch.direction,
        offsets_of(fenced, "F") if fenced else {},
        offsets_of(fenced, "D") if fenced else {},
        offsets_of(caught_up, "T") if caught_up else {},
        EntryKind.RESUMED in kinds,
    )


def newest(entries: Iterable[Entry]) -> Leg | None:
    """The leg that brought the unit where it is; None = it never left the source."""
    every = switched(entries)
    return every[-1] if every else None


def authority(entries: Iterable[Entry]) -> Side:
    """The side that the unit's applications use by the journal."""
    last = newest(entries)
    return "source" if last is None else last.entered


def follow_from(
    entries: Iterable[Entry], anchors: Sequence[tuple[str, int, int, int]]
) -> dict[Partition, tuple[int, int]]:
    """Where comparing goes on: (first offset of the original, first of the copy) by partition.

    The original is the log of the side with authority. `anchors` are those of the first full
    comparison (topic, partition, source, target); they count until there is a seam.
    """
    last = newest(entries)
    if last is None:
        return {Partition(topic, n): (source, target) for topic, n, source, target in anchors}
    return {p: (last.end[p], fence) for p, fence in last.fenced.items()}
