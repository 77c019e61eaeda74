"""A copy that is wrong is stopped at the target's brokers, by an entry, and stays so (5.3, 5.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import acls, copying
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies, Work
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import Acl, Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

Faults = Callable[[MigrationContext], Mapping[Partition, str]]
_REMEDY = "start a new KafkaMigration that makes the topic on the target anew"


def standing_faults(context: MigrationContext) -> Mapping[Partition, str]:
    """What this tick's look, and the looks before it, found wrong for certain."""
    return copying.certain(context.facts[facts.COPY_BOUNDS])


def copy_has_a_gap(context: MigrationContext) -> Verdict:
    """Per partition: log start <= C + 1 <= log end, and C never falls (protocol 5.5)."""
    return fail(
        Problem(Reason.GAP_DETECTED, f"partition/{partition}", f"{partition}: {text}: {_REMEDY}")
        for partition, text in copying.faults(context.facts[facts.COPY_BOUNDS]).items()
    )


def a_topic_is_denied(context: MigrationContext) -> Verdict:
    """Mirrors may not write a topic any more: nothing else makes its copy right again."""
    return fail(
        Problem(
            Reason.GAP_DETECTED,
            f"topic/{topic}",
            f"the copy of topic {topic} was found wrong and its mirror may not write it any "
            f"more; {_REMEDY}",
        )
        for topic in sorted(copying.denied_topics(context.journal))
    )


def _denies(context: MigrationContext) -> tuple[Acl, ...]:
    principal = context.spec.replication.identities.target.authentication.principal_name
    return acls.deny_write(copying.denied_topics(context.journal), [principal])


def _mirror_may_write(context: MigrationContext) -> Verdict:
    wanted = _denies(context)
    held = fences.entries(context.facts[facts.REGISTER], "target", ("held",))
    if not acls.missing(wanted, context.facts[facts.TARGET_ACLS]) and set(wanted) <= held:
        return PASS
    return wait(Reason.GAP_DETECTED, "denying the mirrors' writes to wrongly copied topics")


def _deny(context: MigrationContext) -> Work | None:
    return HoldDenies("target", _denies(context))


def _any_denied(context: MigrationContext) -> bool:
    return bool(copying.denied_topics(context.journal))


def tasks(faults: Faults) -> tuple[Task[MigrationContext], ...]:
    """Entry, DENY, and rest; `faults` reads facts that an earlier task of the row has asked for."""

    def new(context: MigrationContext) -> list[str]:
        return sorted({p.topic for p in faults(context)} - copying.denied_topics(context.journal))

    def fault_is_not_recorded(context: MigrationContext) -> Verdict:
        topics = new(context)
        if not topics:
            return PASS
        return wait(Reason.GAP_DETECTED, f"recording the wrong copy of {', '.join(topics[:3])}")

    def record(context: MigrationContext) -> Work | None:
        why = {str(partition): text for partition, text in faults(context).items()}
        return Entry(EntryKind.MIRROR_DENIED, 1, {"topics": new(context), "why": why})

    needs = (facts.TARGET_ACLS, facts.REGISTER)
    return (
        Task("wrong copy recorded", (), fault_is_not_recorded, record),
        Task("wrong copy denied", needs, _mirror_may_write, _deny, _any_denied),
        Task("no topic denied", (), a_topic_is_denied),
    )
