"""Whether the fence register knows of a switch that the journal does not (protocol 2.2, ADR 9).

Called by cutover.py before the tasks of a step. A status that was restored by exactly one entry
looks as if that entry never began; the register, written before the first lift, tells them apart.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.permission import MOVING
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.tasks import Need, Open, Walk
from kafka_migration.model import facts
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem, fail, unknown

TASK = "register agrees"


def disagreement(context: UnitContext, step: str) -> Need | Open | None:
    """None if no topic of a moving unit was passed on without a Switch entry in this leg."""
    if step not in MOVING or not moves_authority(context):
        return None
    if context.recorded(EntryKind.SWITCH) is not None:
        return None
    if not context.facts.has(facts.REGISTER):
        return Need((facts.REGISTER,))
    fault = context.facts.unknown(facts.REGISTER)
    if fault is not None:
        return Open(TASK, unknown(fault.reason, fault.message))
    register = context.facts[facts.REGISTER]
    passed = [t for t in context.writes if fences.authority(register, t) == context.entering]
    if not passed:
        return None
    text = (
        f"the fence register gave {passed[0]} to the {context.entering}, and the journal that "
        "status names has no switch: an older status was restored; nothing is touched until the "
        "newest one is back"
    )
    return Open(TASK, fail([Problem(Reason.STATUS_LOST, f"topic/{passed[0]}", text)]))


def is_lost(walked: Walk) -> bool:
    """Neither on nor back: both would act on a journal that is not the newest."""
    return (
        isinstance(walked, Open)
        and walked.task == TASK
        and walked.verdict.reason is Reason.STATUS_LOST
    )
