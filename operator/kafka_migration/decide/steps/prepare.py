"""Prepare: days ahead and repeatable; the unit's own mirror, its binding, the entering fence."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import hand_overs
from kafka_migration.decide.stages.mirror_care import running
from kafka_migration.decide.steps import adoption, return_mirror, tail
from kafka_migration.decide.steps.denies import entering_denies, not_held
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies, MeasurePropagation
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import ProbeResult
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def entering_is_open(context: UnitContext) -> Verdict:
    """Applications cannot write on the entering side."""
    if not not_held(context, context.entering, entering_denies(context)):
        return PASS
    return wait(Reason.PROGRESSING, f"denying application writes on the {context.entering}")


def close_entering(context: UnitContext) -> Asked | None:
    """Register, create, read back."""
    authority = tuple((topic, context.leaving) for topic in context.writes)
    return HoldDenies(context.entering, entering_denies(context), authority)


def mirror_is_denied(context: UnitContext) -> Verdict:
    """The onward mirror's own credential still writes at each leader."""
    probes = context.facts[facts.ONWARD_MIRROR_PROBES]
    bad = [p for p in probes if p.result is not ProbeResult.ALLOWED]
    if probes and not bad:
        return PASS
    named = f"{bad[0].partition} at broker {bad[0].leader}: {bad[0].detail}" if bad else "no probe"
    text = f"the mirror may not write on the {context.entering} ({named})"
    return wait(Reason.NOT_AUTHORIZED, text)


def topics_are_not_handed_over(context: UnitContext) -> Verdict:
    """The unit's own mirror copies exactly its written topics, and nobody else does."""
    connectors = context.facts[facts.ONWARD_CONNECTORS]
    own = connectors.get(context.onward_connector)
    asked = "asked the migration to hand the unit's topics to a mirror of its own"
    taken = _taken_by_another(context)
    if taken:
        text = (
            f"topics {', '.join(taken)} were handed over to a unit that was deleted since; "
            "moving them again needs a new KafkaMigration"
        )
        return fail([Problem(Reason.UNIT_OVERLAP, f"topic/{taken[0]}", text)])
    if own is None and context.direction == "reverse":
        text = f"mirror {context.onward_connector} is gone; without it there is no way back"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{context.onward_connector}", text)])
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


def preparation_is_not_recorded(context: UnitContext) -> Verdict:
    """What was prepared is an entry of this attempt."""
    if context.recorded(EntryKind.PREPARED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the preparation")


def record(context: UnitContext) -> Asked | None:
    """Propagation, seconds per side, and the mirror that is the unit's own."""
    measured = context.facts[facts.PROPAGATION]
    propagation = {} if measured is None else dict(measured)
    connector = context.onward_connector if context.writes else ""
    return context.entry(EntryKind.PREPARED, {"propagation": propagation, "connector": connector})


_REST: tuple[Task[UnitContext], ...] = (
    Task(
        "entering closed",
        (facts.ENTERING_ACLS, facts.REGISTER),
        entering_is_open,
        close_entering,
        moves_authority,
    ),
    return_mirror.KEPT_OUT,
    *return_mirror.PREPARED,
    Task(
        "mirror may write",
        (facts.ONWARD_MIRROR_PROBES,),
        mirror_is_denied,
        applies=moves_authority,
    ),
    Task(
        "topics handed over",
        (facts.ONWARD_CONNECTORS,),
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
    tail.FOLLOWED,
    Task("recorded", (facts.PROPAGATION,), preparation_is_not_recorded, record),
)
# What must still hold at Preflight, however long the unit rested in between.
STANDING: tuple[Task[UnitContext], ...] = (*adoption.TASKS, *_REST)
TASKS = STANDING
