"""Whether CutOver's approval covers the unit as it is: the last thing before it is stopped.

Called by Preflight, where the unit waits for people, and by Drain before the plan is frozen.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.stages import cut_over
from kafka_migration.decide.tasks import Task
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def unit_is_not_approved(context: UnitContext) -> Verdict:
    """The recorded approvals name this unit with this spec (design 4)."""
    why = cut_over.standing_of(context.migration, context.loaded)
    if why is None:
        return PASS
    key = context.migration.loaded.key
    again = (
        f"approve the gate of {key.namespace}/{key.name} again with the digest that its "
        "status.gate shows (kmig approve)"
    )
    if why is Reason.PLAN_CHANGED:
        text = (
            "spec, or what the migration acknowledges, was changed after "
            f"{cut_over.NAME} was approved; undo that, or {again}"
        )
        return wait(why, text)
    return wait(why, f"the approval of {cut_over.NAME} does not cover this unit; {again}")


def spec_changed_at_the_last_moment(context: UnitContext) -> Verdict:
    """Between the last look of Preflight and the entry that freezes the plan nothing changed."""
    verdict = unit_is_not_approved(context)
    if verdict is PASS:
        return PASS
    return fail([Problem(verdict.reason, "spec", verdict.message)])


def plan_is_open(context: UnitContext) -> bool:
    """The Draining entry of this leg is not written yet."""
    return moves_on(context) and context.recorded(EntryKind.DRAINING) is None


def moves_on(context: UnitContext) -> bool:
    """Approved is the move to the target; the way back from it asks nobody."""
    return context.direction == "forward"


WAITED_FOR: Task[UnitContext] = Task("approved", (), unit_is_not_approved, applies=moves_on)
STILL: Task[UnitContext] = Task(
    "still approved", (), spec_changed_at_the_last_moment, applies=plan_is_open
)
