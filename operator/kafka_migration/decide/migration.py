"""KafkaMigration: facts -> decision. Stages in order, one gate before each gated stage.

Called by reconcile with a context; asks for facts by returning Need.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from kafka_migration.decide.gate import (
    Gate,
    aborted,
    approvals,
    completing,
    how_to_open,
    named_by_spec,
)
from kafka_migration.decide.migration_status import Standing, status_of
from kafka_migration.decide.stages import cut_over, replicating
from kafka_migration.decide.table import STAGE_ORDER, STAGES, Stage
from kafka_migration.decide.tasks import Done, Need, Open, Task, Walk, walk
from kafka_migration.model import facts
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kubernetes import Event
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Kind, Verdict, wait

UNITS_KNOWN: tuple[Task[MigrationContext], ...] = (
    Task("units known", (facts.UNITS,), lambda _context: PASS),
)


def reached(status: Mapping[str, Any]) -> int:
    """Index of the stage reached; -1 before the first."""
    stage = status.get("stage")
    return STAGE_ORDER.index(stage) if stage in STAGE_ORDER else -1


def _gate(context: MigrationContext, stage: Stage) -> Gate | None:
    """The closed gate to show: of units that came after CutOver's approval, else of the stage.

    One whose conditions are looked at only when it is asked for is not offered before.
    """
    if aborted(context) or completing(context):
        return None  # no approval opens anything any more
    if approvals(context, cut_over.NAME) and cut_over.uncovered(context):
        return cut_over.gate(context)
    if stage.gate is None or approvals(context, stage.name):
        return None
    if stage.before and not _is_asked_for(context, stage):
        return None
    return stage.gate(context)


def _is_asked_for(context: MigrationContext, stage: Stage) -> bool:
    """spec.desiredStage is this stage or a later one."""
    wanted = context.spec.desired_stage
    return wanted in STAGE_ORDER and STAGE_ORDER.index(wanted) >= STAGE_ORDER.index(stage.name)


def _approved(context: MigrationContext, stage: Stage, gate: Gate | None) -> Verdict | None:
    """None = may be entered; else why not."""
    if stage.gate is None or approvals(context, stage.name) or named_by_spec(context, gate):
        return None
    approval = context.spec.approval
    if gate is None:
        return wait(Reason.AWAITING_APPROVAL, f"{stage.name} needs an approval")
    if approval is None or approval.stage != gate.stage:
        return wait(Reason.AWAITING_APPROVAL, how_to_open(gate))
    text = (
        f"spec.approval names {approval.digest[:19]}.., but the gate of {gate.stage} is "
        f"{gate.digest}; read the plan again and approve that digest"
    )
    return wait(Reason.PLAN_CHANGED, text)


def decide_migration(context: MigrationContext, now: str) -> Need | Decision:
    """One tick's decision."""
    if _replicating(context) and not context.facts.has(facts.UNITS):
        return Need((facts.UNITS,))  # a gate may cover them
    at = reached(context.loaded.status)
    done_all = at >= len(STAGES) - 1
    stage = STAGES[min(at + 1, len(STAGES) - 1)]
    gate = _gate(context, stage)
    closed = _closed(context, stage, gate, at)
    walked = _recorded_first(context) or _walk(
        context, stage, at, resting=closed is not None or done_all
    )
    if isinstance(walked, Done) and _asks(gate, closed, stage):
        # What approving cannot mend is said before anybody is asked to approve.
        walked = walk(stage.before, context)
        gate, closed = (gate, closed) if isinstance(walked, Done) else (None, None)
    if isinstance(walked, Need):
        return walked
    standing = Standing(stage, at, walked, gate, closed)
    return _decide(context, standing, now)


def _replicating(context: MigrationContext) -> bool:
    return context.journal.last(EntryKind.REPLICATION_STARTED) is not None


def _asks(gate: Gate | None, closed: Verdict | None, stage: Stage) -> bool:
    """The stage's own gate is closed and awaits somebody."""
    if gate is None or closed is None or gate.stage != stage.name:
        return False
    return closed.reason in (Reason.AWAITING_APPROVAL, Reason.PLAN_CHANGED)


def _recorded_first(context: MigrationContext) -> Open | None:
    """What people said is an entry at once, at any stage: an abort, an approval of later units."""
    if aborted(context) and context.journal.last(EntryKind.ABORTED) is None:
        why = wait(Reason.PROGRESSING, "recording the abort")
        return Open("abort recorded", why, Entry(EntryKind.ABORTED, 1, {}))
    if context.spec.paused or not cut_over.permitted(context):
        return None
    walked = walk(cut_over.APPROVAL, context)
    return walked if isinstance(walked, Open) and walked.work is not None else None


def _entered(context: MigrationContext, at: int, walked: Walk) -> Standing:
    """Where it stands with one more stage reached: at rest at once, if that is all that is asked."""
    stage = STAGES[min(at + 1, len(STAGES) - 1)]
    gate = _gate(context, stage)
    return Standing(stage, at, walked, gate, _closed(context, stage, gate, at))


def _closed(context: MigrationContext, stage: Stage, gate: Gate | None, at: int) -> Verdict | None:
    """Why the next stage is not worked on now; None = it is."""
    if aborted(context):
        text = (
            "aborted for good: no unit switches any more, mirrors run on; set "
            "spec.desiredCluster: Source of units that shall go back"
        )
        return wait(Reason.ABORTED, text)
    if context.spec.paused:
        return wait(Reason.SPEC_PAUSED, "paused: no new steps; mirrors run on")
    permitted = cut_over.permitted(context)
    waits = cut_over.somebody_waits_for_approval(context, gate) if permitted else None
    if waits is not None:
        return waits
    if at >= len(STAGES) - 1 or not _is_asked_for(context, stage):
        name = STAGE_ORDER[at] if at >= 0 else "nothing"
        return wait(Reason.HOLDING_AT_DESIRED_STAGE, f"holding at {name} as requested")
    return _approved(context, stage, gate)


def _walk(context: MigrationContext, stage: Stage, at: int, *, resting: bool) -> Walk:
    """An open hand-over first, then what must stay true, a new hand-over, then the stage."""
    if _replicating(context) and not completing(context):
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
    elif 0 <= at < len(STAGES) - 1:
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
        copying = standing.at >= STAGE_ORDER.index("Replicating") and not standing.complete
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
