"""Which transactions stay open on the written partitions of the leaving side."""

from __future__ import annotations

from kafka_migration.model.kafka import Offsets
from kafka_migration.observe.looking import Look


def held_transactions(look: Look) -> Offsets:
    """Those open since the first look in this step, by the offset that they hold."""
    unit = look.unit
    ends = look.world.cluster(look.context, unit.leaving).ends(unit.partitions(unit.writes))
    return look.memory.still_held(ends)
