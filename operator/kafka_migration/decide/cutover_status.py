"""The status of a WorkloadCutover from where it stands. Called by cutover.py only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.decision import LONGEST_MESSAGE, Condition, merged, progressed, shown
from kafka_migration.decide.gate import aborted
from kafka_migration.decide.leg import refusal, wanted, wanted_back
from kafka_migration.decide.machine import Move, Phase
from kafka_migration.decide.rules import legs
from kafka_migration.decide.steps.translate_offsets import published
from kafka_migration.decide.table import Step, step_order
from kafka_migration.decide.tasks import Open, Walk
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Kind, Verdict, wait

# Nothing goes on until somebody approves: not Ready, and not at work either.
AWAITED = frozenset({Reason.AWAITING_APPROVAL, Reason.PLAN_CHANGED})


@dataclass(frozen=True)
class Standing:
    """Where a unit is: its step, what its tasks say, the move, and what closes it."""

    step: Step
    phase: Phase
    walked: Walk
    move: Move
    closed: Verdict | None = None
    overdue: Verdict | None = None

    @property
    def verdict(self) -> Verdict | None:
        """Of the open task, if any."""
        return self.walked.verdict if isinstance(self.walked, Open) else None

    @property
    def why(self) -> Verdict:
        """The reason of a back-out: a closed permission, a deadline, or a failed check."""
        return (
            self.overdue
            or self.closed
            or self.verdict
            or wait(Reason.BACKING_OUT, "the reason was recorded before")
        )


def status_of(context: UnitContext, standing: Standing, now: str) -> dict[str, Any]:
    """The whole status; only what changed is new."""
    old = context.loaded.status
    ready = _ready(context, standing)
    verdict = standing.verdict
    order = step_order(context.direction)
    fresh = (old.get("attempt"), old.get("direction")) != (context.attempt, context.direction)
    before = [] if fresh else old.get("steps", [])
    backing = standing.step.name in ("BackOut", "BackedOut")
    status: dict[str, Any] = dict(old)
    status.update(
        observedGeneration=context.loaded.generation,
        phase=_phase(context, standing, ready),
        message=ready.message[:LONGEST_MESSAGE],
        attempt=context.attempt,
        direction=context.direction,
        activeCluster=active_cluster(context),
        effectiveDesiredCluster=wanted(context).capitalize(),
        workingStep=standing.step.name,
        waitingFor=verdict.reason.value if verdict else "",
        steps=before if backing else progressed(before, order, standing.step.name, now),
        problems=shown(verdict.problems if verdict else ()),
        offsets=published(context),
        pause=context.recorded(EntryKind.RESUMED) or {},
        workload=", ".join(w.name for w in context.spec.workloads)[:253],
        conditions=merged(
            old.get("conditions", []),
            _conditions(context, standing, ready),
            context.loaded.generation,
            now,
        ),
    )
    return status


def active_cluster(context: UnitContext) -> str:
    """Where the unit's applications write or read now: the journal decides.

    A back-out of the same leg voids its Switch entry: nothing had been lifted.
    """
    return legs.authority(context.journal.entries).capitalize()


def _back_out_reason(context: UnitContext) -> str:
    entry = context.recorded(EntryKind.BACK_OUT) or {}
    return f"{entry.get('step', '?')}: {entry.get('message', 'no reason recorded')}"


def _ready(context: UnitContext, standing: Standing) -> Condition:
    latched = _latched(context, standing)
    if latched is not None:
        return latched
    verdict = standing.verdict or wait(Reason.PROGRESSING, f"working on {standing.step.name}")
    if standing.step.name == "BackOut":
        text = f"backing out of {_back_out_reason(context)}; now {verdict.message}"
        return Condition("Ready", "False", Reason.BACKING_OUT, text)
    resting = standing.move is Move.REST and verdict.kind is not Kind.FAIL
    if resting:
        return Condition("Ready", "True", verdict.reason, verdict.message)
    late = f" ({standing.overdue.message})" if standing.overdue else ""
    return Condition("Ready", "False", verdict.reason, f"{verdict.message}{late}")


def _latched(context: UnitContext, standing: Standing) -> Condition | None:
    """At the end of a leg; spec.attempt or another wish leads on from here."""
    name, following = standing.step.name, context.attempt + 1
    if name == "BackedOut":
        text = (
            f"backed out of {_back_out_reason(context)}; the unit runs on the {context.leaving}; "
        )
        if aborted(context.migration):
            text += (
                "it stays there, nothing is left to do: make another KafkaMigration to try again"
            )
        else:
            text += f"mend the cause, then raise spec.attempt to {following}"
        return Condition("Ready", "False", Reason.BACKED_OUT, text)
    refused = refusal(context) if wanted_back(context, name) else None
    if refused is not None:
        return Condition("Ready", "False", refused.reason, refused.message)
    if name == "Completed":
        text = "on the target, observation over"
        return Condition("Ready", "True", Reason.ON_TARGET, text)
    if name == "RolledBack":
        text = f"back on the source; raise spec.attempt to {following} to move again"
        asked = wanted(context) == "target"
        return Condition("Ready", "False" if asked else "True", Reason.ROLLED_BACK, text)
    return None


def _phase(context: UnitContext, standing: Standing, ready: Condition) -> str:
    fixed = {
        "Completed": "Completed",
        "BackOut": "RollingBack",
        "BackedOut": "Degraded",
        "RolledBack": "RolledBack",
    }
    if context.direction == "reverse":
        fixed["BackOut"] = "BackingOut"  # the way back itself is what is undone
    if standing.step.name in fixed:
        return fixed[standing.step.name]
    if standing.verdict is not None and standing.verdict.kind is Kind.FAIL:
        return "Degraded"
    if ready.reason is Reason.SPEC_PAUSED:
        return "Paused"
    if ready.reason in AWAITED:
        return "AwaitingApproval"
    if ready.status == "True":
        return "Holding"
    return "Progressing" if context.direction == "forward" else "RollingBack"


def _stalled(
    context: UnitContext, standing: Standing, ready: Condition
) -> tuple[bool, Reason, str]:
    if ready.status == "False" and ready.reason in (
        Reason.ROLLED_BACK,
        Reason.NOT_ROLLBACKABLE,
        Reason.ROLLBACK_NOT_SUPPORTED,
    ):
        return True, ready.reason, ready.message
    if standing.step.name == "BackedOut":
        return True, Reason.BACKED_OUT, f"backed out of {_back_out_reason(context)}"
    if standing.overdue is not None:
        return True, standing.overdue.reason, standing.overdue.message
    verdict = standing.verdict
    if verdict is not None and verdict.kind is Kind.FAIL:
        return True, verdict.reason, verdict.message
    return False, Reason.NOT_STALLED, "no problem needs anybody"


def _conditions(context: UnitContext, standing: Standing, ready: Condition) -> Iterable[Condition]:
    stalled, reason, message = _stalled(context, standing, ready)
    working = ready.status != "True" and not stalled and ready.reason not in AWAITED
    yield ready
    yield Condition(
        "Reconciling",
        "True" if working else "False",
        Reason.PROGRESSING if working else Reason.NOT_RECONCILING,
        f"working on {standing.step.name}" if working else "nothing to do now",
    )
    yield Condition("Stalled", "True" if stalled else "False", reason, message)
    yield _succeeded(standing)
    paused = context.migration.spec.paused
    yield Condition(
        "Paused",
        "True" if paused else "False",
        Reason.SPEC_PAUSED if paused else Reason.NOT_PAUSED,
        "the migration is paused" if paused else "not paused",
    )
    adopted = context.recorded(EntryKind.PREPARED) is not None
    yield Condition(
        "BindingAdopted",
        "True" if adopted else "Unknown",
        Reason.BINDING_ADOPTED if adopted else Reason.PENDING,
        "workloads mount the operator's bindings" if adopted else "not prepared yet",
    )
    yield _translated(context)


def _translated(context: UnitContext) -> Condition:
    kind = "OffsetsTranslated"
    if context.recorded(EntryKind.TRANSLATED) is not None:
        text = "positions are recorded and written"
        return Condition(kind, "True", Reason.OFFSETS_TRANSLATED, text)
    if not context.spec.consumer_groups:
        return Condition(kind, "True", Reason.OFFSETS_TRANSLATED, "the unit has no consumer groups")
    return Condition(kind, "Unknown", Reason.PENDING, "nothing translated yet")


def _succeeded(standing: Standing) -> Condition:
    if standing.step.name == "Completed":
        return Condition("Succeeded", "True", Reason.COMPLETED, "the unit moved")
    if standing.step.name == "BackedOut":
        return Condition("Succeeded", "False", Reason.BACKED_OUT, "the unit did not move")
    if standing.step.name == "RolledBack":
        return Condition("Succeeded", "False", Reason.ROLLED_BACK, "the unit is back")
    return Condition("Succeeded", "Unknown", Reason.PROGRESSING, "not finished")
