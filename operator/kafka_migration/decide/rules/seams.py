"""Where two segments of a partition meet: (F, D) fenced end and last record, T the other's end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kafka_migration.decide.rules import legs
from kafka_migration.model.facts import UnitView
from kafka_migration.model.kafka import Partition
from kafka_migration.model.sides import Direction


@dataclass(frozen=True)
class Seam:
    """One partition's seam: F and D (None = none) on the side left, T on the side entered."""

    fence: int
    last_data: int | None
    end: int


def seams(units: Iterable[UnitView], direction: Direction) -> dict[Partition, Seam]:
    """Seams of every topic whose unit has switched and resumed in this direction.

    Only a Switch entry that was followed by Resumed counts: before it, authority may still turn.
    """
    found: dict[Partition, Seam] = {}
    for unit in units:
        leg = legs.newest(unit.entries)
        if leg is None or not leg.resumed or leg.direction != direction:
            continue
        for partition, fence in leg.fenced.items():
            if partition in leg.end:
                found[partition] = Seam(fence, leg.last_data.get(partition), leg.end[partition])
    return found
