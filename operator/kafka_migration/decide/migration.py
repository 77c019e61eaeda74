"""KafkaMigration: facts -> decision. Stages in order, one gate before each gated stage.

Called by reconcile with a context; asks for facts by returning Need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_migration.decide import hand_over
from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.decision import (
    BUSY_SECONDS,
    COPYING_SECONDS,
    IDLE_SECONDS,
    WORKING_SECONDS,
    Decision,
)
from kafka_migration.decide.migration_status import Standing, status_of
from kafka_migration.decide.stages import replicating
from kafka_migration.decide.table import STAGE_ORDER, STAGES, Stage
from kafka_migration.decide.tasks import Done, Need, Open, Task, Walk, walk
from kafka_migration.model import facts
from kafka_migration.model.entries import Entry, EntryKind, canonical, digest
from kafka_migration.model.kubernetes import Event
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Kind, Verdict, wait

UNITS_KNOWN: tuple[Task[MigrationContext], ...] = (
    Task("units known", (facts.UNITS,), lambda _context: PASS),
)


@dataclass(frozen=True)
class Gate:
    """What an approval must name to open a stage."""

    stage: str
    digest: str
    summary: str


def reached(status: Mapping[str, Any]) -> int:
    """Index of the stage reached; -1 before the first."""
    stage = status.get("stage")
    return STAGE_ORDER.index(stage) if stage in STAGE_ORDER else -1


def gate_of(context: MigrationContext, stage: Stage) -> Gate | None:
    """The gate before a stage, None if it has none or nothing to approve yet."""
    inventory = context.inventory
    if not stage.gated or inventory is None:
        return None
    plan = inventory.plan
    if stage.name == "TargetPrepared":
        summary = (
            f"create {len(plan.topics)} topics and {len(plan.internal_topics)} internal topics on "
            f"the target; add {len(plan.target_acls)} ACLs there and {len(plan.source_acls)} on "
            "the source; units may then prepare (bindings, DENYs on the target)"
        )
        return Gate(stage.name, plan.digest, summary)
    proof = context.journal.last(EntryKind.CONTENT_VALIDATED)
    if proof is None:
        return None
    acknowledged = [a.model_dump(by_alias=True) for a in context.spec.acknowledgements]
    value = {"plan": plan.digest, "proof": proof.data, "acknowledgements": acknowledged}
    summary = (
        f"{proof.data['records']} records compared, {proof.data['verdict']}; permit the units' "
        "switches, wave by wave"
    )
    return Gate(stage.name, digest(canonical(value)), summary)


def _approved(context: MigrationContext, stage: Stage, gate: Gate | None) -> Verdict | None:
    """None = may be entered; else why not."""
    if not stage.gated:
        return None
    if any(e.data["stage"] == stage.name for e in context.journal.of(EntryKind.APPROVED)):
        return None
    approval = context.spec.approval
    if gate is None:
        return wait(Reason.AWAITING_APPROVAL, f"{stage.name} needs an approval")
    if approval is None or approval.stage != stage.name:
        text = (
            f"read the plan (kmig plan), then set spec.approval to stage {stage.name} and digest "
            f"{gate.digest}"
        )
        return wait(Reason.AWAITING_APPROVAL, text)
    if approval.digest != gate.digest:
        text = (
            f"spec.approval names {approval.digest[:19]}.., but the gate of {stage.name} is "
            f"{gate.digest}; read the plan again and approve that digest"
        )
        return wait(Reason.PLAN_CHANGED, text)
    return None


def decide_migration(context: MigrationContext, now: str) -> Need | Decision:
    """One tick's decision."""
    at = reached(context.loaded.status)
    desired = STAGE_ORDER.index(context.spec.desired_stage)
    done_all = at >= len(STAGES) - 1
    stage = STAGES[min(at + 1, len(STAGES) - 1)]
    gate = gate_of(context, stage)
    closed = _closed(context, stage, gate, at, desired)
    walked = _walk(context, stage, at, resting=closed is not None or done_all)
    if isinstance(walked, Need):
        return walked
    standing = Standing(stage, at, walked, gate, closed)
    return _decide(context, standing, now)


def _entered(context: MigrationContext, at: int, walked: Walk) -> Standing:
    """Where it stands with one more stage reached: at rest at once, if that is all that is asked."""
    stage = STAGES[min(at + 1, len(STAGES) - 1)]
    desired = STAGE_ORDER.index(context.spec.desired_stage)
    gate = gate_of(context, stage)
    return Standing(stage, at, walked, gate, _closed(context, stage, gate, at, desired))


def _closed(
    context: MigrationContext, stage: Stage, gate: Gate | None, at: int, desired: int
) -> Verdict | None:
    """Why the next stage is not worked on now; None = it is."""
    if context.spec.paused:
        return wait(Reason.SPEC_PAUSED, "paused: no new steps; mirrors run on")
    if at + 1 > desired or at >= len(STAGES) - 1:
        name = STAGE_ORDER[at] if at >= 0 else "nothing"
        return wait(Reason.HOLDING_AT_DESIRED_STAGE, f"holding at {name} as requested")
    return _approved(context, stage, gate)


def _walk(context: MigrationContext, stage: Stage, at: int, *, resting: bool) -> Walk:
    """An open hand-over first, then what must stay true, a new hand-over, then the stage."""
    started = context.journal.last(EntryKind.REPLICATION_STARTED) is not None
    if started:
        known = walk(UNITS_KNOWN, context)  # else an open hand-over would not be seen
        if not isinstance(known, Done):
            return known
        if hand_over.is_open(context):
            return walk(hand_over.tasks(context), context)
        guarded = walk(replicating.GUARDS, context)
        if not isinstance(guarded, Done):
            return guarded
        if hand_over.wanted(context):
            return walk(hand_over.tasks(context), context)
    elif at >= 0:
        guarded = walk(STAGES[0].tasks, context)
        if not isinstance(guarded, Done):
            return guarded
    return Done() if resting else walk(stage.tasks, context)


def _decide(context: MigrationContext, standing: Standing, now: str) -> Decision:
    walked, at = standing.walked, standing.at
    advanced = isinstance(walked, Done) and standing.closed is None
    if advanced:
        standing = _entered(context, at + 1, walked)
    status = status_of(context, standing, now)
    work = walked.work if isinstance(walked, Open) else None
    events = (Event("StageReached", f"reached {standing.reached_name}"),) if advanced else ()
    return Decision(
        status=status,
        entry=work if isinstance(work, Entry) else None,
        action=None if work is None or isinstance(work, Entry) else work,
        wake_after=0.0 if work is not None or advanced else _wake(standing),
        events=events,
        moved=advanced,
    )


def _wake(standing: Standing) -> float:
    walked = standing.walked
    if isinstance(walked, Done):
        copying = standing.at >= STAGE_ORDER.index("Replicating")
        return COPYING_SECONDS if copying else IDLE_SECONDS
    if isinstance(walked, Open) and walked.verdict.kind is Kind.FAIL:
        return 5.0
    waits = isinstance(walked, Open) and walked.verdict.reason is Reason.WAITING_FOR_WAVE
    if waits:
        return 5.0
    return BUSY_SECONDS if hand_over_runs(standing) else WORKING_SECONDS


def hand_over_runs(standing: Standing) -> bool:
    """The open task belongs to a hand-over: units wait for it."""
    return isinstance(standing.walked, Open) and standing.walked.task in hand_over.NAMES
