"""WorkloadCutover: facts -> decision. Steps in order, one pipeline; back-out beside it."""

from __future__ import annotations

from dataclasses import replace

from kafka_migration.decide import silence
from kafka_migration.decide.agreement import disagreement, is_lost
from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.cutover_status import AWAITED, Standing, status_of
from kafka_migration.decide.decision import (
    AWAITED_SECONDS,
    BUSY_SECONDS,
    IDLE_SECONDS,
    WORKING_SECONDS,
    Decision,
)
from kafka_migration.decide.leg import way_back_begins
from kafka_migration.decide.machine import Move, Phase, Signals, Wish, advance, fold
from kafka_migration.decide.permission import permission
from kafka_migration.decide.steps.switch import LAST_LOOK
from kafka_migration.decide.table import BACK_OUT, Step, next_step, phase_of, step_named
from kafka_migration.decide.tasks import Need, Open, Walk, walk
from kafka_migration.model import facts
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kubernetes import Event
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Kind, Verdict, unknown, wait


def working_step(context: UnitContext) -> Step:
    """The step that status names; Prepare before the first, and again for another leg."""
    status = context.loaded.status
    attempt = status.get("attempt", context.attempt)
    direction = status.get("direction", context.direction)
    if (attempt, direction) != (context.attempt, context.direction):
        return step_named("Prepare")
    return step_named(str(status.get("workingStep") or "Prepare"))


def decide_unit(context: UnitContext, now: str) -> Need | Decision:
    """One tick's decision."""
    step = working_step(context)
    if not context.facts.has(facts.UNITS):
        return Need((facts.UNITS,))
    if way_back_begins(context, step.name):
        return _turn_back(context, now)
    closed = permission(context, step, now)
    phase = phase_of(step, context)
    resting = phase is Phase.END or (phase is Phase.OPEN and closed is not None)
    overdue = _overdue(context, step, phase)
    walked = Open("rest", closed) if resting and closed else _walk(context, step, phase, overdue)
    if isinstance(walked, Need):
        return walked
    wish = Wish.HOLD if closed is not None else Wish.GO
    move = advance(phase, Signals(fold(walked), wish, overdue is not None))
    if _voided(step, walked) or _decided_to_turn_round(step, context):
        move = Move.BACK_OUT
    if is_lost(walked):
        move = Move.STAY
    standing = Standing(step, phase, walked, move, closed, overdue)
    return _decide(context, standing, now)


def _walk(context: UnitContext, step: Step, phase: Phase, overdue: Verdict | None) -> Walk:
    """The step's tasks. A fault of ours must not keep a unit stopped: its deadline still counts."""
    try:
        walked = disagreement(context, step.name) or walk(step.tasks, context)
        return silence.named(context, phase, walked)
    except Exception as fault:
        if phase is not Phase.CRITICAL or overdue is None:
            raise  # logged by the loop, and tried again
        text = f"{type(fault).__name__} in {step.name}; see the operator's log"
        return Open("broken", unknown(Reason.INTERNAL_ERROR, text))


def _voided(step: Step, walked: Walk) -> bool:
    """The last look failed before anything was lifted: the Switch entry, if any, is void."""
    if step.name != "Switch" or not isinstance(walked, Open):
        return False
    return walked.verdict.kind is Kind.FAIL and walked.task in LAST_LOOK


def _decided_to_turn_round(step: Step, context: UnitContext) -> bool:
    """A recorded back-out is never decided again, whatever is seen now (protocol 3.12)."""
    return step.phase is Phase.CRITICAL and context.recorded(EntryKind.BACK_OUT) is not None


def _overdue(context: UnitContext, step: Step, phase: Phase) -> Verdict | None:
    """Why the step has taken too long, if it has."""
    if phase not in (Phase.CRITICAL, Phase.COMMITTED, Phase.BACKING):
        return None
    budget = context.spec.pause_budget_seconds
    if phase is not Phase.BACKING and context.elapsed.in_pause > budget:
        text = f"the pause passed its budget of {budget} s in {step.name}"
        return wait(Reason.PAUSE_BUDGET_EXCEEDED, text)
    deadline = step.deadline(context)
    if deadline is not None and context.elapsed.in_step > deadline:
        reason = Reason.DRAIN_TIMED_OUT if step.name == "Drain" else Reason.DEADLINE_EXCEEDED
        return wait(reason, f"{step.name} took longer than {deadline:.0f} s")
    return None


def _decide(context: UnitContext, standing: Standing, now: str) -> Decision:
    if standing.move is Move.BACK_OUT:
        return _back_out(context, standing, now)
    if standing.move is Move.NEXT:
        return _next(context, standing, now)
    work = standing.walked.work if isinstance(standing.walked, Open) else None
    if standing.move is Move.REST:
        work = None
    return Decision(
        status=status_of(context, standing, now),
        entry=work if isinstance(work, Entry) else None,
        action=None if work is None or isinstance(work, Entry) else work,
        wake_after=0.0 if work is not None else _wake(standing),
    )


def _next(context: UnitContext, standing: Standing, now: str) -> Decision:
    following = next_step(standing.step.name, context.direction)
    moved = replace(standing, step=following, walked=Open("entered", _entered(following)))
    if following.phase is Phase.END:
        moved = replace(moved, phase=Phase.END)
    message = f"{standing.step.name} done, now {following.name}"
    return Decision(
        status=status_of(context, moved, now),
        wake_after=0.0,
        events=(Event(f"{following.name}Entered", message),),
        moved=True,
    )


def _turn_back(context: UnitContext, now: str) -> Decision:
    """The next leg, from its first step on."""
    back, first = replace(context, direction="reverse"), step_named("Prepare")
    standing = Standing(first, first.phase, Open("entered", _entered(first)), Move.NEXT)
    text = "wanted on the source: the way back begins"
    return Decision(
        status=status_of(back, standing, now),
        wake_after=0.0,
        events=(Event("RollbackStarted", text),),
        moved=True,
    )


def _entered(step: Step) -> Verdict:
    return wait(Reason.PROGRESSING, f"entering {step.name}")


def _back_out(context: UnitContext, standing: Standing, now: str) -> Decision:
    why = standing.why
    if context.recorded(EntryKind.BACK_OUT) is None:
        data = {"step": standing.step.name, "reason": why.reason.value, "message": why.message}
        entry = context.entry(EntryKind.BACK_OUT, data)
        status = status_of(context, standing, now)
        return Decision(status=status, entry=entry, wake_after=0.0)
    moved = replace(
        standing, step=BACK_OUT, phase=Phase.BACKING, walked=Open("back out", why), overdue=None
    )
    text = f"backing out of {standing.step.name}: {why.message}"
    return Decision(
        status=status_of(context, moved, now),
        wake_after=0.0,
        events=(Event("BackingOut", text, warning=True),),
        moved=True,
    )


def _wake(standing: Standing) -> float:
    if standing.phase in (Phase.CRITICAL, Phase.COMMITTED, Phase.BACKING):
        return BUSY_SECONDS
    if standing.phase is Phase.END:
        return IDLE_SECONDS
    if standing.move is Move.REST:
        return 5.0
    verdict = standing.verdict
    if verdict is not None and verdict.reason in AWAITED:
        return AWAITED_SECONDS
    return 5.0 if verdict is not None and verdict.kind is Kind.FAIL else WORKING_SECONDS
