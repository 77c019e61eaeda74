"""Settle: with the pods gone, nothing moves for one window, and nobody was denied yet."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority, moves_groups
from kafka_migration.decide.steps.preflight import settle_window
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def somebody_still_writes(context: UnitContext) -> Verdict:
    """Ends of the written topics stay where they are for one settle window."""
    settled = context.facts[facts.LEAVING_ENDS]
    if settled.moved:
        text = (
            f"{settled.moved[0]} still grows after the unit's pods are gone: somebody else writes "
            "it; find and stop the straggler, then raise spec.attempt"
        )
        return fail([Problem(Reason.POSSIBLE_STRAGGLER, f"partition/{settled.moved[0]}", text)])
    window = settle_window(context)
    if settled.unchanged_seconds >= window:
        return PASS
    text = f"ends still for {settled.unchanged_seconds:.1f} of {window:.1f} s"
    return wait(Reason.PROGRESSING, text)


def groups_have_members(context: UnitContext) -> Verdict:
    """A killed or static member holds its group until its session ends; no call removes it."""
    for group in context.facts[facts.LEAVING_GROUPS].values():
        if group.members or group.state not in ("EMPTY", "DEAD"):
            named = ", ".join(group.members[:3]) or "no member listed"
            text = (
                f"group {group.name} is {group.state} on the {context.leaving} ({named}); "
                "stop its members"
            )
            return wait(Reason.GROUP_NOT_EMPTY, text)
    return PASS


TASKS: tuple[Task[UnitContext], ...] = (
    Task(
        "ends still",
        (facts.LEAVING_ENDS, facts.LEAVING_TOPICS, facts.LEAVING_CLUSTER),
        somebody_still_writes,
        applies=moves_authority,
    ),
    Task("groups empty", (facts.LEAVING_GROUPS,), groups_have_members, applies=moves_groups),
)
