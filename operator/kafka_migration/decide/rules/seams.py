"""Where two segments of a partition meet: (F, D) fenced end and last record, T target's end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kafka_migration.model.entries import EntryKind, offsets_of
from kafka_migration.model.facts import UnitView
from kafka_migration.model.kafka import Partition


@dataclass(frozen=True)
class Seam:
    """One partition's seam: source fence F, last data record D (None = none), target end T."""

    fence: int
    last_data: int | None
    end: int


def seams(units: Iterable[UnitView]) -> dict[Partition, Seam]:
    """Seams of every topic whose unit has switched and resumed on the target.

    Only a Switch entry that was followed by Resumed counts: before it, authority may still turn.
    """
    found: dict[Partition, Seam] = {}
    for unit in units:
        newest = {entry.kind: entry for entry in unit.entries}
        if EntryKind.RESUMED not in newest or EntryKind.CAUGHT_UP not in newest:
            continue
        fenced = offsets_of(newest[EntryKind.FENCED], "F")
        last = offsets_of(newest[EntryKind.FENCED], "D")
        ends = offsets_of(newest[EntryKind.CAUGHT_UP], "T")
        for partition, fence in fenced.items():
            found[partition] = Seam(fence, last.get(partition), ends[partition])
    return found
