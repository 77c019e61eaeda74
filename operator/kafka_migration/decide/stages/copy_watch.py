"""A copy that is wrong is stopped where it is written, by an entry, and stays so (5.3, 5.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import acls, copying
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.stages.ways import FORWARD, Way
from kafka_migration.decide.tasks import Task, always
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies, Work
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import Acl, Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Direction
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

Applies = Callable[[MigrationContext], bool]
Faults = Callable[[MigrationContext], Mapping[Partition, str]]
_REMEDY: Mapping[Direction, str] = {
    "forward": "start a new KafkaMigration that makes the topic on the target anew",
    "reverse": "there is no way back for it any more: keep its unit on the target, and copy by "
    "hand what the source lacks if it must go back",
}


def standing_faults(way: Way, context: MigrationContext) -> Mapping[Partition, str]:
    """What this tick's look, and the looks before it, found wrong for certain."""
    return copying.certain(context.facts[way.bounds])


def copy_has_a_gap(way: Way, context: MigrationContext) -> Verdict:
    """Per partition: log start <= C + 1 <= log end, and C never falls (protocol 5.5)."""
    found = copying.faults(context.facts[way.bounds], way.read)
    return fail(
        Problem(
            Reason.GAP_DETECTED,
            f"partition/{partition}",
            f"{partition}: {text}: {_REMEDY[way.direction]}",
        )
        for partition, text in found.items()
    )


def a_topic_is_denied(way: Way, context: MigrationContext) -> Verdict:
    """Mirrors may not write a topic any more: nothing else makes its copy right again."""
    return fail(
        Problem(
            Reason.GAP_DETECTED,
            f"topic/{topic}",
            f"the copy of topic {topic} on the {way.written} was found wrong and its mirror may "
            f"not write it any more; {_REMEDY[way.direction]}",
        )
        for topic in sorted(copying.denied_topics(context.journal, way.direction))
    )


def _denies(way: Way, context: MigrationContext) -> tuple[Acl, ...]:
    topics = copying.denied_topics(context.journal, way.direction)
    return acls.deny_write(topics, [way.principal(context)])


def _mirror_may_write(way: Way, context: MigrationContext) -> Verdict:
    wanted = _denies(way, context)
    held = fences.entries(context.facts[facts.REGISTER], way.written, ("held",))
    if not acls.missing(wanted, context.facts[way.acls]) and set(wanted) <= held:
        return PASS
    return wait(Reason.GAP_DETECTED, "denying the mirrors' writes to wrongly copied topics")


def _deny(way: Way, context: MigrationContext) -> Work | None:
    return HoldDenies(way.written, _denies(way, context))


def any_denied(way: Way, context: MigrationContext) -> bool:
    """A copy of this direction was found wrong."""
    return bool(copying.denied_topics(context.journal, way.direction))


def tasks(
    faults: Faults, way: Way = FORWARD, watched: Applies = always
) -> tuple[Task[MigrationContext], ...]:
    """Entry, DENY, and rest; `faults` reads facts that an earlier task of the row has asked for."""

    def new(context: MigrationContext) -> list[str]:
        denied = copying.denied_topics(context.journal, way.direction)
        return sorted({p.topic for p in faults(context)} - denied)

    def fault_is_not_recorded(context: MigrationContext) -> Verdict:
        topics = new(context)
        if not topics:
            return PASS
        return wait(Reason.GAP_DETECTED, f"recording the wrong copy of {', '.join(topics[:3])}")

    def record(context: MigrationContext) -> Work | None:
        why = {str(partition): text for partition, text in faults(context).items()}
        data = {"topics": new(context), "why": why, "direction": way.direction}
        return Entry(EntryKind.MIRROR_DENIED, 1, data)

    needs, denied = (way.acls, facts.REGISTER), way.bind(any_denied)
    return (
        Task(way.named("wrong copy recorded"), (), fault_is_not_recorded, record, watched),
        Task(
            way.named("wrong copy denied"),
            needs,
            way.bind(_mirror_may_write),
            way.bind(_deny),
            denied,
        ),
        Task(way.named("no topic denied"), (), way.bind(a_topic_is_denied), applies=denied),
    )


def standing(way: Way, watched: Applies = always) -> tuple[Task[MigrationContext], ...]:
    """Two looks in a row that find a copy wrong deny it; one already stops what builds on it."""
    return (
        Task(way.named("copies read"), (way.bounds,), lambda _context: PASS, applies=watched),
        *tasks(way.bind(standing_faults), way, watched),
        Task(way.named("no gap"), (way.bounds,), way.bind(copy_has_a_gap), applies=watched),
    )
