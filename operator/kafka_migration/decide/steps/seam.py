"""The vectors of this leg's seam, as recorded (protocol 3.5, 3.6). Called by the steps after Fence."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import legs
from kafka_migration.model.entries import EntryKind, decode_offsets
from kafka_migration.model.kafka import Offsets


def fenced_ends(context: UnitContext) -> Offsets:
    """F: where the leaving side ends."""
    return decode_offsets((context.recorded(EntryKind.FENCED) or {"F": {}})["F"])


def last_records(context: UnitContext) -> Offsets:
    """D: the last data record before F; partitions without one are absent."""
    return decode_offsets((context.recorded(EntryKind.FENCED) or {"D": {}})["D"])


def copied_to(context: UnitContext) -> Offsets:
    """C: what the onward mirror had stored when it was stopped for good."""
    return decode_offsets((context.recorded(EntryKind.CAUGHT_UP) or {"C": {}})["C"])


def entering_ends(context: UnitContext) -> Offsets:
    """T: where the entering side ends."""
    return decode_offsets((context.recorded(EntryKind.CAUGHT_UP) or {"T": {}})["T"])


def armed_at(context: UnitContext) -> Offsets:
    """T-1 of the last leg, which the onward mirror was armed with as that leg's return mirror."""
    last = legs.newest(context.journal.entries)
    return {} if last is None else return_offsets(last.end)


def return_offsets(ends: Offsets) -> Offsets:
    """Stored offsets that make a mirror go on at these ends: T-1, no entry for an empty log (3.8)."""
    return {partition: end - 1 for partition, end in ends.items() if end > 0}


def to_be_copied(context: UnitContext) -> Offsets:
    """C when all is copied: D, or where the mirror was armed if nothing was written since."""
    wanted = dict(armed_at(context))
    for partition, last in last_records(context).items():
        wanted[partition] = max(last, wanted.get(partition, -1))
    return wanted
