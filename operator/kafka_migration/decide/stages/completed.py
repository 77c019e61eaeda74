"""Completed: the point of no return of the whole migration (protocol 6, 1.9).

Behind its gate the mirrors of both directions are stopped, fenced and removed with their stored
offsets, then the Connect workers; bindings stay, and so do the fences on the source unless they
are released by name. The approval's entry precedes all of it: from there on no unit moves.
"""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.gate import (
    Gate,
    acknowledged,
    approvals,
    completing,
    named_by_spec,
)
from kafka_migration.decide.rules import left_behind
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.stages import cut_over, final_audit, mirror_removal
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies, LiftDenies, RemoveWorkers, Work
from kafka_migration.model.connect import Workers
from kafka_migration.model.entries import Entry, EntryKind, canonical, digest
from kafka_migration.model.facts import UnitView
from kafka_migration.model.inventory import acl_json
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

NAME = "Completed"
_HELD = ("wanted", "held", "lifting")  # perhaps in the brokers


def ledger_root(context: MigrationContext, units: tuple[UnitView, ...]) -> str:
    """Digest over what was compared: the first proof, and each unit's chain with its seams."""
    proof = context.journal.last(EntryKind.CONTENT_VALIDATED)
    heads = {u.loaded.uid: digest(u.entries[-1].payload()) for u in units if u.entries}
    return digest(canonical({"proof": None if proof is None else proof.data, "units": heads}))


def gate(context: MigrationContext) -> Gate | None:
    """The final ledger root, what was excused by name, and what becomes of the fences."""
    units = cut_over.units(context)
    if context.inventory is None or units is None:
        return None
    fence = context.spec.source_fence
    value = {
        "plan": context.inventory.plan.digest,
        "ledger": ledger_root(context, units),
        "acknowledgements": [a.model_dump(by_alias=True) for a in context.spec.acknowledgements],
        "sourceFence": fence,
    }
    kept = "lift the fences of the source" if fence == "Release" else "keep the source fenced"
    summary = (
        f"end the way back of {len(units)} units: remove all mirrors and Connect workers, {kept}; "
        f"ledger {value['ledger']}; no rollback after this"
    )
    return Gate(NAME, digest(canonical(value)), summary)


def units_are_not_past_observation(context: MigrationContext) -> Verdict:
    """Every unit is on Target and was observed; none is on its way."""
    short = [u.loaded.key for u in context.facts[facts.UNITS] if not cut_over.arrived(u)]
    if not short:
        return PASS
    named = ", ".join(f"{key.namespace}/{key.name}" for key in short[:3])
    text = f"{len(short)} units are not on Target and past their observation, first {named}"
    return wait(Reason.PROGRESSING, f"{text}; wait for them or delete them")


def something_is_left_behind(context: MigrationContext) -> Verdict:
    """Every topic, group and seen writer in scope moved or is excused by name."""
    inventory = context.inventory
    if inventory is None:
        raise ValueError("Completed was reached without an inventory")
    gone = left_behind.moved(u for u in context.facts[facts.UNITS] if cut_over.arrived(u))
    identities = context.spec.replication.identities
    known = {
        context.spec.source.authentication.principal_name,
        identities.source.authentication.principal_name,
    }
    written = sorted(set(inventory.topics) & gone.topics)
    problems = (
        *left_behind.topics(inventory, gone),
        *left_behind.groups(inventory, gone),
        *left_behind.writers(context.facts[facts.SOURCE_ACLS], gone, written, known),
    )
    return fail(p for p in problems if not acknowledged(context, p))


def _release(context: MigrationContext) -> bool:
    return context.spec.source_fence == "Release"


def release_is_not_acknowledged(context: MigrationContext) -> Verdict:
    """Two writable sides are somebody's decision, by name."""
    text = (
        "spec.sourceFence is Release: old writers could write the source again; set it to Keep, "
        f"or acknowledge {Reason.SOURCE_FENCE_RELEASED.value} for fence/source"
    )
    problem = Problem(Reason.SOURCE_FENCE_RELEASED, "fence/source", text)
    return PASS if acknowledged(context, problem) else fail([problem])


def approval_is_not_recorded(context: MigrationContext) -> Verdict:
    """The point of no return is an entry before anything is stopped."""
    if completing(context):
        return PASS
    return wait(Reason.PROGRESSING, "recording the approval")


def record_approval(context: MigrationContext) -> Work | None:
    """What was approved, with the ledger's root."""
    shown, units = gate(context), cut_over.units(context)
    if shown is None or units is None or not named_by_spec(context, shown):
        return None
    data = {"stage": NAME, "digest": shown.digest, "ledger": ledger_root(context, units)}
    return Entry(EntryKind.APPROVED, 1, data)


def _source_denies(context: MigrationContext) -> frozenset[Acl]:
    """What we fence on the source, as registered."""
    return fences.entries(context.facts[facts.REGISTER], "source", _HELD)


def source_fence_is_not_as_wanted(context: MigrationContext) -> Verdict:
    """Kept: every registered DENY is in the brokers. Released: none of them is left."""
    ours, present = _source_denies(context), set(context.facts[facts.SOURCE_ACLS])
    if _release(context):
        left = len(ours)
        return PASS if not left else wait(Reason.PROGRESSING, f"lifting {left} DENYs of the source")
    gone = ours - present
    return PASS if not gone else wait(Reason.FENCE_LOST, f"denying {len(gone)} writers again")


def mend_source_fence(context: MigrationContext) -> Work | None:
    """Authority stays on the target either way."""
    ours, present = _source_denies(context), set(context.facts[facts.SOURCE_ACLS])
    if _release(context):
        return LiftDenies("source", tuple(sorted(ours)))
    return HoldDenies("source", tuple(sorted(ours - present)))


def _left(workers: Workers) -> Verdict:
    return wait(Reason.PROGRESSING, "removing the Connect workers") if workers.exists else PASS


def workers_are_left(context: MigrationContext) -> Verdict:
    """The forward Connect workers are gone."""
    return _left(context.facts[facts.WORKERS])


def return_workers_are_left(context: MigrationContext) -> Verdict:
    """The reverse ones too."""
    return _left(context.facts[facts.REVERSE_WORKERS])


def remove_workers(_context: MigrationContext) -> Work | None:
    """What they copied, and their topics, stay."""
    return RemoveWorkers("forward")


def remove_return_workers(_context: MigrationContext) -> Work | None:
    """Of the way back."""
    return RemoveWorkers("reverse")


def completion_is_not_recorded(context: MigrationContext) -> Verdict:
    """The end is an entry that lists every fence that stays."""
    if context.journal.last(EntryKind.COMPLETED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the completion")


def record(context: MigrationContext) -> Work | None:
    """The approved ledger root, and the DENYs of ours that stay on the source."""
    kept = [acl_json(acl) for acl in sorted(_source_denies(context))]
    approval = approvals(context, NAME)[-1]
    return Entry(EntryKind.COMPLETED, 1, {"ledger": approval.data["ledger"], "fences": kept})


def _open(context: MigrationContext) -> bool:
    return not completing(context)


def _opens_fence(context: MigrationContext) -> bool:
    return _open(context) and _release(context)


def _came_back(context: MigrationContext) -> bool:
    return mirror_removal.has_way_back(context)


_ARRIVED: Task[MigrationContext] = Task(
    "units arrived", (facts.UNITS,), units_are_not_past_observation
)
BEFORE: tuple[Task[MigrationContext], ...] = (
    _ARRIVED,
    Task(
        "nothing left behind",
        (facts.UNITS, facts.SOURCE_ACLS),
        something_is_left_behind,
        applies=_open,
    ),
    Task("fence may open", (), release_is_not_acknowledged, applies=_opens_fence),
)
TASKS: tuple[Task[MigrationContext], ...] = (
    *BEFORE,
    Task("approval recorded", (facts.UNITS,), approval_is_not_recorded, record_approval),
    *mirror_removal.STOPPED,
    *final_audit.TASKS,
    *mirror_removal.REMOVED,
    Task("workers removed", (facts.WORKERS,), workers_are_left, remove_workers),
    Task(
        "reverse workers removed",
        (facts.REVERSE_WORKERS,),
        return_workers_are_left,
        remove_return_workers,
        _came_back,
    ),
    Task(
        "source fence",
        (facts.SOURCE_ACLS, facts.REGISTER),
        source_fence_is_not_as_wanted,
        mend_source_fence,
    ),
    Task("recorded", (facts.REGISTER,), completion_is_not_recorded, record),
)
