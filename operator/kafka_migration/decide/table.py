"""One row per stage and per step: order, tasks, how far it may turn round, its deadline.

The only list of stages and steps in the product; docs/stages.md is rendered from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.decide.gate import Gate
from kafka_migration.decide.machine import Phase
from kafka_migration.decide.rules.windows import (
    SESSION_MARGIN_SECONDS,
    SETTLE_DEADLINE_SECONDS,
    settle_deadline,
)
from kafka_migration.decide.stages import (
    completed,
    cut_over,
    inventory_frozen,
    replicating,
    target_prepared,
    validated,
)
from kafka_migration.decide.steps import (
    arm_reverse,
    back_out,
    catch_up,
    drain,
    fence,
    fence_kept,
    observe,
    preflight,
    prepare,
    resume,
    settle,
    switch,
    translate_offsets,
)
from kafka_migration.decide.tasks import Task
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.sides import Direction


@dataclass(frozen=True)
class Stage:
    """A stage of a KafkaMigration; one with a gate is entered by approval only."""

    name: str
    tasks: tuple[Task[MigrationContext], ...]
    gate: Callable[[MigrationContext], Gate | None] | None = None  # what must be approved
    before: tuple[Task[MigrationContext], ...] = ()  # must hold before the gate is offered


STAGES: tuple[Stage, ...] = (
    Stage("InventoryFrozen", inventory_frozen.TASKS),
    Stage("TargetPrepared", target_prepared.TASKS, target_prepared.gate),
    Stage("Replicating", replicating.TASKS),
    Stage("Validated", validated.TASKS),
    Stage("CutOver", cut_over.TASKS, cut_over.gate),
    Stage("Completed", completed.TASKS, completed.gate, completed.BEFORE),
)
STAGE_ORDER = tuple(stage.name for stage in STAGES)


@dataclass(frozen=True)
class Deadline:
    """How long a step may take before it backs out, in seconds and in words."""

    words: str
    seconds: Callable[[UnitContext], float | None]

    def __call__(self, context: UnitContext) -> float | None:
        """Seconds for this unit; None = only the pause budget limits it."""
        return self.seconds(context)


def _drain_timeout(context: UnitContext) -> float | None:
    return float(max(w.drain.timeout_seconds for w in context.spec.workloads))


def _settle_timeout(context: UnitContext) -> float | None:
    return settle_deadline(g.session_timeout_seconds for g in context.spec.consumer_groups)


def _seconds(limit: float) -> Deadline:
    return Deadline(f"{limit:.0f} s", lambda _context: limit)


_NONE = Deadline("", lambda _context: None)
_DRAIN = Deadline("the longest `drain.timeoutSeconds`", _drain_timeout)


_SETTLE = Deadline(
    f"{SETTLE_DEADLINE_SECONDS:.0f} s, or {SESSION_MARGIN_SECONDS:.0f} s more than the longest "
    "`consumerGroups[].sessionTimeoutSeconds`",
    _settle_timeout,
)


@dataclass(frozen=True)
class Step:
    """A step of a WorkloadCutover; the pause budget limits it beside its own deadline."""

    name: str
    tasks: tuple[Task[UnitContext], ...]
    phase: Phase
    deadline: Deadline = _NONE


STEPS: tuple[Step, ...] = (
    Step("Prepare", prepare.TASKS, Phase.OPEN),
    Step("Preflight", preflight.TASKS, Phase.OPEN),
    Step("Drain", drain.TASKS, Phase.CRITICAL, _DRAIN),
    Step("Settle", settle.TASKS, Phase.CRITICAL, _SETTLE),
    Step("Fence", fence.TASKS, Phase.CRITICAL, _seconds(180)),
    Step("CatchUp", catch_up.TASKS, Phase.CRITICAL, _seconds(300)),
    Step("TranslateOffsets", translate_offsets.TASKS, Phase.CRITICAL, _seconds(120)),
    Step("ArmReverse", arm_reverse.TASKS, Phase.CRITICAL, _seconds(120)),
    Step("Switch", switch.TASKS, Phase.CRITICAL, _seconds(120)),
    Step("Resume", resume.TASKS, Phase.COMMITTED),
    Step("Observe", observe.TASKS, Phase.SETTLED),
    Step("Completed", fence_kept.TASKS, Phase.END),
)
STEP_ORDER = tuple(step.name for step in STEPS)
BACK_OUT = Step("BackOut", back_out.TASKS, Phase.BACKING)
BACKED_OUT = Step("BackedOut", (), Phase.END)
ROLLED_BACK = Step("RolledBack", (), Phase.END)  # instead of Completed, at the end of a way back
_BY_NAME = {step.name: step for step in (*STEPS, BACK_OUT, BACKED_OUT, ROLLED_BACK)}


def step_named(name: str) -> Step:
    """The row of a step; an unknown name is a status of another version: KeyError."""
    return _BY_NAME[name]


def step_order(direction: Direction) -> tuple[str, ...]:
    """Names of the rows that a leg passes."""
    last = STEPS[-1] if direction == "forward" else ROLLED_BACK
    return (*STEP_ORDER[:-1], last.name)


def next_step(name: str, direction: Direction) -> Step:
    """The row after this one; the last rows are their own successors."""
    if name == BACK_OUT.name:
        return BACKED_OUT
    order = step_order(direction)
    return step_named(order[min(order.index(name) + 1, len(order) - 1)])


def phase_of(step: Step, context: UnitContext) -> Phase:
    """Switch commits the unit from its entry on; the other rows are as listed."""
    if step.name == "Switch" and context.recorded(EntryKind.SWITCH) is not None:
        return Phase.COMMITTED
    return step.phase
