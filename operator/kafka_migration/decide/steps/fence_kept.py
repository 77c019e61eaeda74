"""The fence behind a moved unit stays: whoever takes it away is named (protocol 1.7, 1.8).

Called by Observe and by the row where the unit rests on the side that it moved to. What vanished is
set again; what somebody lifted by hand is that person's, and shows until it is back.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.gate import completing
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.steps.denies import leaving_denies, present_acls
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def _gone(context: UnitContext) -> tuple[Acl, ...]:
    present = present_acls(context, context.leaving)
    return tuple(acl for acl in leaving_denies(context) if acl not in present)


def _vanished(context: UnitContext) -> tuple[Acl, ...]:
    """Registered as held, and yet not in the brokers: nobody of ours took them away."""
    held = fences.entries(context.facts[facts.REGISTER], context.leaving, ("held", "wanted"))
    return tuple(acl for acl in _gone(context) if acl in held)


def a_fence_is_gone(context: UnitContext) -> Verdict:
    """Every DENY of the unit is in the brokers of the side that it left."""
    side, gone = context.leaving, _gone(context)
    if not gone:
        return PASS
    if _vanished(context):
        text = f"a DENY of ours vanished on the {side}; it is set again, find who removes it"
        return wait(Reason.FENCE_LOST, text)
    text = (
        f"{len(gone)} DENYs of ours on the {side} were lifted by hand, first {gone[0].principal} "
        f"on {gone[0].resource}: both sides may be written; set them again with kafka-acls.sh"
    )
    return fail([Problem(Reason.FENCE_LOST, f"cluster/{side}", text)])


def set_again(context: UnitContext) -> Asked | None:
    """Those that vanished."""
    return HoldDenies(context.leaving, _vanished(context))


def watched(context: UnitContext) -> bool:
    """The unit has a fence; once the migration is completed its fences are the migration's."""
    return moves_authority(context) and not completing(context.migration)


TASKS: tuple[Task[UnitContext], ...] = (
    Task(
        "fence kept",
        (facts.LEAVING_ACLS, facts.REGISTER),
        a_fence_is_gone,
        set_again,
        watched,
    ),
)
