"""Prepare: days ahead and repeatable; the unit's own mirror, its binding, the entering fence."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import acls, hand_overs
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.stages.mirror_care import running
from kafka_migration.decide.stages.validated import report_problems, timestamps, validated
from kafka_migration.decide.steps import adoption
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import (
    HoldDenies,
    MeasurePropagation,
    Side,
    StartComparison,
)
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import Acl, Partition, ProbeResult
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

# A tail that runs is not complete; a difference, or a gap that nothing can compare, stays.
_NO_LEDGER = frozenset({Reason.CONTENT_DIFFERS, Reason.CONTENT_UNVERIFIABLE})


def entering_denies(context: UnitContext) -> tuple[Acl, ...]:
    """DENY Write on the entering side for everyone who can write there but the mirror."""
    mirror = context.migration.spec.replication.identities.target.authentication.principal_name
    present = context.facts[facts.TARGET_ACLS]
    ours = {w.binding.target.authentication.principal_name for w in context.writers}
    denies: list[Acl] = []
    for topic in context.writes:
        who = (ours | acls.writers(present, topic)) - {mirror, "User:*"}
        denies += acls.deny_write([topic], who)
    return tuple(denies)


def mirror_denies(context: UnitContext) -> tuple[Acl, ...]:
    """DENY Write on the leaving side for the mirror that would end there."""
    principal = context.migration.spec.replication.identities.source.authentication.principal_name
    return acls.deny_write(context.writes, [principal])


def not_held(context: UnitContext, side: Side, wanted: tuple[Acl, ...]) -> bool:
    """Some of these DENYs are not in the brokers or not registered as held."""
    present = context.facts[facts.TARGET_ACLS if side == "target" else facts.SOURCE_ACLS]
    register = context.facts[facts.REGISTER]
    held = fences.entries(register, side, ("held",))
    return bool(acls.missing(wanted, present)) or not set(wanted) <= held


def entering_is_open(context: UnitContext) -> Verdict:
    """Applications cannot write on the entering side."""
    if not not_held(context, "target", entering_denies(context)):
        return PASS
    return wait(Reason.PROGRESSING, "denying application writes on the target")


def close_entering(context: UnitContext) -> Asked | None:
    """Register, create, read back."""
    authority = tuple((topic, context.leaving) for topic in context.writes)
    return HoldDenies(context.entering, entering_denies(context), authority)


def mirror_may_write_back(context: UnitContext) -> Verdict:
    """The mirror's principal cannot write on the leaving side."""
    if not not_held(context, "source", mirror_denies(context)):
        return PASS
    return wait(Reason.PROGRESSING, "denying the mirror's writes on the source")


def close_mirror(context: UnitContext) -> Asked | None:
    """Register, create, read back."""
    return HoldDenies(context.leaving, mirror_denies(context))


def mirror_is_denied(context: UnitContext) -> Verdict:
    """The forward mirror's own credential still writes at each leader."""
    probes = context.facts[facts.MIRROR_PROBES]
    bad = [p for p in probes if p.result is not ProbeResult.ALLOWED]
    if probes and not bad:
        return PASS
    named = f"{bad[0].partition} at broker {bad[0].leader}: {bad[0].detail}" if bad else "no probe"
    return wait(Reason.NOT_AUTHORIZED, f"the mirror may not write on the target ({named})")


def topics_are_not_handed_over(context: UnitContext) -> Verdict:
    """The unit's own mirror copies exactly its written topics, and nobody else does."""
    connectors = context.facts[facts.CONNECTORS]
    own = connectors.get(context.connector)
    asked = "asked the migration to hand the unit's topics to a mirror of its own"
    taken = _taken_by_another(context)
    if taken:
        text = (
            f"topics {', '.join(taken)} were handed over to a unit that was deleted since; "
            "moving them again needs a new KafkaMigration"
        )
        return fail([Problem(Reason.UNIT_OVERLAP, f"topic/{taken[0]}", text)])
    if own is None or not _hand_over_done(context):
        return wait(Reason.WAITING_FOR_HAND_OVER, asked)
    others = [c.name for c in connectors.values() if c is not own and c.topics & set(own.topics)]
    if own.topics != frozenset(context.writes) or others:
        text = (
            f"mirror {own.name} lists {sorted(own.topics)}, others with the same topics: {others}; "
            "somebody changed the connectors: set them back"
        )
        return fail([Problem(Reason.TASK_FAILED, f"connector/{own.name}", text)])
    return running(own)


def _taken_by_another(context: UnitContext) -> list[str]:
    """Topics that the bulk mirror gave to another unit before; living ones are named earlier."""
    begun = hand_overs.begun(context.migration.journal)
    others = [data for data in begun if data["unit"] != context.loaded.uid]
    return sorted({topic for data in others for topic in data["topics"]} & set(context.writes))


def _hand_over_done(context: UnitContext) -> bool:
    done = context.migration.journal.of(EntryKind.HAND_OVER_DONE)
    return any(entry.data["unit"] == context.loaded.uid for entry in done)


def propagation_is_unknown(context: UnitContext) -> Verdict:
    """How long a DENY takes on each cluster is measured (it makes the settle window)."""
    if context.recorded(EntryKind.PREPARED) is not None:
        return PASS
    if context.facts[facts.PROPAGATION] is None:
        return wait(Reason.PROGRESSING, "measuring how long a DENY takes to be enforced")
    return PASS


def measure(_context: UnitContext) -> Asked | None:
    """On a canary topic of each cluster."""
    return MeasurePropagation()


def tail_is_not_followed(context: UnitContext) -> Verdict:
    """A Job compares the unit's topics from the validated anchors on, and finds them equal."""
    if validated(context.migration) is None:
        return wait(Reason.WAITING_FOR_MIGRATION, "the migration has not reached Validated")
    job, report = context.facts[facts.TAIL], context.facts[facts.TAIL_REPORT]
    if job is None:
        return wait(Reason.PROGRESSING, "starting the tail comparison")
    if report is None:
        return wait(Reason.PROGRESSING, f"waiting for the tail comparison {job.name} to report")
    differing = [p for p in report_problems(report) if p.reason in _NO_LEDGER]
    if differing:
        return fail(differing)
    if report.get("state") != "running":
        text = f"the tail comparison {job.name} is {report.get('state')}: {job.message}"
        return fail([Problem(Reason.COMPARISON_INCOMPLETE, f"job/{job.name}", text)])
    return PASS


def follow_tail(context: UnitContext) -> Asked | None:
    """Start it from the anchors."""
    proof = validated(context.migration)
    if proof is None or context.facts[facts.TAIL] is not None:
        return None
    wanted = set(context.writes)
    ranges = tuple(
        (Partition(topic, number), source, None, target)
        for topic, number, source, target in proof.data["anchors"]
        if topic in wanted
    )
    return StartComparison(
        context.tail_job, "source", "follow", ranges, timestamps(context.migration)
    )


def preparation_is_not_recorded(context: UnitContext) -> Verdict:
    """What was prepared is an entry of this attempt."""
    if context.recorded(EntryKind.PREPARED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the preparation")


def record(context: UnitContext) -> Asked | None:
    """Propagation, seconds per side, and the mirror that is the unit's own."""
    measured = context.facts[facts.PROPAGATION]
    propagation = {} if measured is None else dict(measured)
    data = {"propagation": propagation, "connector": context.connector if context.writes else ""}
    return Entry(EntryKind.PREPARED, context.attempt, data)


_REST: tuple[Task[UnitContext], ...] = (
    Task(
        "entering closed",
        (facts.TARGET_ACLS, facts.REGISTER),
        entering_is_open,
        close_entering,
        moves_authority,
    ),
    Task(
        "mirror kept out of leaving",
        (facts.SOURCE_ACLS, facts.REGISTER),
        mirror_may_write_back,
        close_mirror,
        moves_authority,
    ),
    Task("mirror may write", (facts.MIRROR_PROBES,), mirror_is_denied, applies=moves_authority),
    Task(
        "topics handed over",
        (facts.CONNECTORS,),
        topics_are_not_handed_over,
        applies=moves_authority,
    ),
    Task(
        "propagation measured",
        (facts.PROPAGATION,),
        propagation_is_unknown,
        measure,
        moves_authority,
    ),
    Task(
        "tail followed",
        (facts.TAIL, facts.TAIL_REPORT),
        tail_is_not_followed,
        follow_tail,
        moves_authority,
    ),
    Task("recorded", (facts.PROPAGATION,), preparation_is_not_recorded, record),
)
# What must still hold at Preflight, however long the unit rested in between.
STANDING: tuple[Task[UnitContext], ...] = (*adoption.TASKS, *_REST)
TASKS = STANDING
