"""Facts of how the reverse mirrors' copies go on: bounds on the target, lag, restarts.

Called by observe for the migration. Only mirrors that run are looked at: a unit's return mirror
stands STOPPED until it is armed, and again once the unit is on its way back.
"""

from __future__ import annotations

from collections.abc import Mapping

from kafka_migration.decide.rules import copying
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.facts import CopyBounds, Restarts
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.observe.copying import by_topics, cover, judged, restarts_of
from kafka_migration.observe.looking import Look
from kafka_migration.observe.migration import reverse_offsets


def _watched(look: Look) -> Mapping[str, Connector]:
    every = look.get(facts.REVERSE_CONNECTORS)
    ours = f"kmig-{look.migration.short_uid}-reverse-"
    return {n: c for n, c in every.items() if c.state != "STOPPED" and n.startswith(ours)}


def _partitions(look: Look) -> tuple[Partition, ...]:
    topics = {topic for mirror in _watched(look).values() for topic in mirror.topics}
    return tuple(p for p in look.partitions_in_scope() if p.topic in topics)


def _copied(look: Look, offsets: Mapping[str, ConnectorOffsets]) -> Offsets:
    return by_topics(_watched(look), offsets)


def copy_bounds(look: Look) -> CopyBounds:
    """Log starts, then stored offsets, then ends, as of the forward mirrors.

    A stored offset is never below the one that a unit has set.
    """
    port, partitions = look.world.cluster(look.context, "target"), _partitions(look)
    if not partitions:
        return CopyBounds({}, {}, {})
    starts = port.starts(partitions)
    copied = _copied(look, reverse_offsets(look))
    ends = port.ends(partitions).high
    watch = look.memory.return_copies
    watch.saw(copying.armed([unit.entries for unit in look.get(facts.UNITS)], "reverse"))
    highest = watch.highest(partitions)
    watch.saw(copied)
    return judged(look, "reverse", watch, CopyBounds(starts, copied, ends, highest))


def lag_seconds(look: Look) -> float:
    """Age of the oldest data on the target that is seen not to have come back."""
    began, partitions = look.world.clock.monotonic(), _partitions(look)
    port = look.world.cluster(look.context, "target")
    stable = port.ends(partitions).stable if partitions else {}
    data = port.last_data(stable) if stable else {}
    copied = _copied(look, look.get(facts.REVERSE_OFFSETS))
    cover(look, "reverse", copied, (data, stable))
    limit = look.migration.spec.replication.max_lag_seconds
    look.memory.return_streak.look(began, copied, data, limit)
    return look.memory.return_streak.lag_seconds or 0.0


def restarts(look: Look) -> Mapping[str, Restarts]:
    """Restarts of failed tasks, by mirror."""
    return restarts_of(look, look.get(facts.REVERSE_CONNECTORS))
