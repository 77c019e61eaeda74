"""Observe: the unit runs on the entering side for the agreed time, and nothing leaks behind it."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.steps.resume import somebody_wrote_behind_the_fence
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import DeleteComparison
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def binding_was_changed(context: UnitContext) -> Verdict:
    """Bindings still hold the entering side's connection."""
    return fail(
        Problem(
            Reason.BINDING_MISMATCH,
            f"secret/{w.binding.secret_name}",
            f"binding Secret {w.binding.secret_name} no longer points to the target; "
            "somebody changed it: set it back",
        )
        for w in context.spec.workloads
        if context.facts[facts.BINDINGS][w.name].matches != context.entering
    )


def time_is_not_over(context: UnitContext) -> Verdict:
    """observation.seconds since the Resumed entry."""
    wanted = context.spec.observation.seconds
    if context.elapsed.observing >= wanted:
        return PASS
    left = wanted - context.elapsed.observing
    return wait(Reason.OBSERVING, f"on the target, observed for another {left:.0f} s")


def tail_job_is_left(context: UnitContext) -> Verdict:
    """The tail comparison's Job is removed; its result is in the journal."""
    if context.facts[facts.TAIL] is None:
        return PASS
    return wait(Reason.PROGRESSING, "removing the tail comparison")


def remove_tail_job(context: UnitContext) -> Asked | None:
    """With what belongs to it."""
    return DeleteComparison(context.tail_job)


def completion_is_not_recorded(context: UnitContext) -> Verdict:
    """The unit arrived."""
    if context.recorded(EntryKind.COMPLETED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the completion")


def record(context: UnitContext) -> Asked | None:
    """Where it arrived."""
    return Entry(EntryKind.COMPLETED, context.attempt, {"cluster": context.entering})


TASKS: tuple[Task[UnitContext], ...] = (
    Task(
        "fence held",
        (facts.LEAVING_ENDS,),
        somebody_wrote_behind_the_fence,
        applies=moves_authority,
    ),
    Task("binding kept", (facts.BINDINGS,), binding_was_changed),
    Task("tail removed", (facts.TAIL,), tail_job_is_left, remove_tail_job, moves_authority),
    Task("observed", (), time_is_not_over),
    Task("recorded", (), completion_is_not_recorded, record),
)
