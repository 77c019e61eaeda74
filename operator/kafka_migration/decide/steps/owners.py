"""Topics that the unit reads and others write: where authority over them is, and whether it rests.

Called by preflight.py, translate_offsets.py and the observer of positions. While an owner turns,
the map of its partitions changes under a translation: that waits by name (protocol 3.14).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kafka_migration.decide.context import MigrationContext, UnitContext, moves_groups
from kafka_migration.decide.leg import wanted_side
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.rules.legs import authority
from kafka_migration.decide.rules.segments import Seam, broken, chain, seams, seams_of, turning
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.entries import EntryKind, decode_offsets
from kafka_migration.model.facts import UnitView
from kafka_migration.model.kafka import Partition
from kafka_migration.model.positions import Segment
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

_HANDED_OVER = (EntryKind.HAND_OVER_DONE, EntryKind.HAND_OVER_TAKEN_BACK)


def partition_maps(
    units: Iterable[UnitView], context: UnitContext
) -> dict[Partition, tuple[Segment, ...]]:
    """The map of every partition that the unit reads.

    A unit's own leg counts as soon as its seam is measured: its groups move at that seam.
    """
    found: dict[Partition, list[Seam]] = {}
    legs = [leg for unit in units if not _own(unit, context) for leg in seams(unit.entries)]
    for leg in (*legs, *seams(context.journal.entries), _measured(context)):
        for partition, seam in leg.items():
            found.setdefault(partition, []).append(seam)
    read = context.partitions(tuple(sorted(context.spec.topics.reads)))
    return {p: chain(found.get(p, ())) for p in read}


def _own(unit: UnitView, context: UnitContext) -> bool:
    return unit.loaded.uid == context.loaded.uid


def _measured(context: UnitContext) -> Mapping[Partition, Seam]:
    fenced, caught_up = (context.recorded(k) for k in (EntryKind.FENCED, EntryKind.CAUGHT_UP))
    if fenced is None or caught_up is None or context.recorded(EntryKind.SWITCH) is not None:
        return {}
    return seams_of(decode_offsets(fenced["F"]), decode_offsets(caught_up["T"]), context.direction)


def _foreign(context: UnitContext) -> tuple[str, ...]:
    return tuple(sorted(set(context.spec.topics.reads) - set(context.writes)))


def _owners(context: UnitContext, topic: str) -> list[UnitView]:
    return [
        unit
        for unit in context.facts[facts.UNITS]
        if not _own(unit, context) and topic in unit.loaded.spec.get("topics", {}).get("writes", ())
    ]


def an_earlier_wave_owns(context: UnitContext) -> Verdict:
    """Waves say who goes first: the owner of a read topic, if it is released and in an earlier one.

    One that backed out rests until somebody raises its attempt; nobody waits for that.
    """
    for topic in _foreign(context):
        for owner in _owners(context, topic):
            if _goes_first(context, owner):
                text = (
                    f"waits for {owner.loaded.key.name} (wave {owner.loaded.spec.get('wave')}), which "
                    f"writes topic {topic}, to move first"
                )
                return wait(Reason.WAITING_FOR_WAVE, text)
    return PASS


def _goes_first(context: UnitContext, owner: UnitView) -> bool:
    unit = owner.loaded
    at_rest = unit.deleting or unit.status.get("workingStep") == "BackedOut"
    earlier = int(unit.spec.get("wave", 0)) < context.spec.wave
    released = wanted_side(unit.spec, context.migration) == "target"
    return earlier and released and not at_rest and authority(owner.entries) == "source"


def ordered_by_waves(context: UnitContext) -> bool:
    """Groups move to the target when their wave comes."""
    by_wave = context.spec.desired_cluster == "ByWave"
    return by_wave and context.direction == "forward" and moves_groups(context)


def owner_turns(context: UnitContext) -> Verdict:
    """No owner of a read topic is between its fence and the end of its Resume or back-out."""
    register = context.facts[facts.REGISTER]
    for topic in _foreign(context):
        moving = [u.loaded.key.name for u in _owners(context, topic) if turning(u.entries)]
        if moving or fences.authority(register, topic) == "none":
            named = moving[0] if moving else "its owner"
            text = (
                f"authority over topic {topic}, which the unit reads, moves now: waits for {named}"
            )
            return wait(Reason.TOPICS_MOVING, text)
        if topic in _handed_over(context.migration):
            text = f"topic {topic}, which the unit reads, is being handed to another mirror"
            return wait(Reason.WAITING_FOR_HAND_OVER, text)
    return authority_is_disputed(context)


def _handed_over(migration: MigrationContext) -> set[str]:
    """Topics of hand-overs without an end."""
    open_: dict[str, list[str]] = {}
    for entry in migration.journal.entries:
        if entry.kind is EntryKind.HAND_OVER_BEGAN:
            open_[entry.data["unit"]] = entry.data["topics"]
        elif entry.kind in _HANDED_OVER:
            open_.pop(entry.data["unit"], None)
    return {topic for topics in open_.values() for topic in topics}


def authority_is_disputed(context: UnitContext) -> Verdict:
    """The journals of the units that exist and the fence register name the same side."""
    register, problems = context.facts[facts.REGISTER], {}
    maps = partition_maps(context.facts[facts.UNITS], context)
    for partition, segments in sorted(maps.items()):
        topic = partition.topic
        if topic in context.writes:
            continue
        side = fences.authority(register, topic)
        if not broken(segments) and segments[-1].original == side:
            continue
        text = (
            f"topic {topic} is written on the {side}, which the journals of the units do not tell: "
            "the unit that moved it was deleted, and its offsets cannot be translated; move its "
            "readers by hand"
        )
        problems[topic] = Problem(Reason.UNIT_OVERLAP, f"topic/{topic}", text)
    return fail(problems.values())


def a_read_topic_changed(context: UnitContext) -> Verdict:
    """Both sides still have the topics that were pinned, with the partitions of the inventory."""
    inventory = context.migration.inventory
    started = context.migration.journal.last(EntryKind.REPLICATION_STARTED)
    if inventory is None or started is None:
        return wait(Reason.WAITING_FOR_MIGRATION, "the migration has not pinned its topics yet")
    sides = (
        ("source", {n: t.topic_id for n, t in inventory.topics.items()}, facts.SOURCE_TOPICS),
        ("target", started.data["targetIds"], facts.TARGET_TOPICS),
    )
    problems = []
    for side, ids, fact in sides:
        for topic in sorted(context.spec.topics.reads):
            seen, count = context.facts[fact].get(topic), len(inventory.partitions(topic))
            if (
                seen is not None
                and seen.topic_id == ids.get(topic)
                and len(seen.partitions) == count
            ):
                continue
            text = (
                f"topic {topic} on the {side} is not the one that was pinned (gone, made anew, or "
                f"without its {count} partitions): positions in it cannot be translated; start a "
                "new KafkaMigration for it"
            )
            problems.append(Problem(Reason.TOPIC_RECREATED, f"topic/{topic}", text))
    return fail(problems)


READ_TOPICS_KEPT: Task[UnitContext] = Task(
    "read topics kept",
    (facts.SOURCE_TOPICS, facts.TARGET_TOPICS),
    a_read_topic_changed,
    applies=moves_groups,
)
EARLIER_WAVES_FIRST: Task[UnitContext] = Task(
    "earlier waves first", (facts.UNITS,), an_earlier_wave_owns, applies=ordered_by_waves
)
OWNERS_REST: Task[UnitContext] = Task(
    "owners rest", (facts.UNITS, facts.REGISTER), owner_turns, applies=moves_groups
)
