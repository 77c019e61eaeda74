"""Whether the fence register knows of authority that the journal does not (protocol 2.2, ADR 9).

Called by cutover.py before the tasks of a step. A status that was restored by exactly one entry
looks as if that entry never began; the register, written before the first lift, tells them apart.
A unit that was made anew has no entry at all: where the register says that another one fenced or
moved its topics, it must not begin as if they were untouched.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.permission import MOVING
from kafka_migration.decide.rules import legs
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.steps.denies import return_denies
from kafka_migration.decide.tasks import Need, Open, Walk
from kafka_migration.model import facts
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem, fail, unknown

TASK = "register agrees"
_BEFORE = ("Prepare", "Preflight")


def disagreement(context: UnitContext, step: str) -> Need | Open | None:
    """None if register and journal agree on who may write each topic of the unit."""
    if not _asks(context, step):
        return None
    if not context.facts.has(facts.REGISTER):
        return Need((facts.REGISTER,))
    fault = context.facts.unknown(facts.REGISTER)
    if fault is not None:
        return Open(TASK, unknown(fault.reason, fault.message))
    register = context.facts[facts.REGISTER]
    for topic in context.writes:
        given = fences.authority(register, topic)
        if given not in _agreeing(context, step):
            return Open(TASK, fail([_problem(topic, given)]))
    return _freed_unknown_to_the_journal(context, step)


def _freed_unknown_to_the_journal(context: UnitContext, step: str) -> Open | None:
    """The return mirror's DENY is lifted only after an entry: a back-out would look for copies."""
    if step in _BEFORE or context.recorded(EntryKind.FREEING) is not None:
        return None
    register = context.facts[facts.REGISTER]
    lifted = fences.entries(register, context.leaving, ("lifting", "lifted"))
    freed = sorted(lifted & set(return_denies(context)))
    if not freed:
        return None
    text = (
        f"the fence register says that the return mirror may write {freed[0].resource}, the journal "
        "that status names does not: an older status was restored; nothing is touched until the "
        "newest status is back"
    )
    return Open(TASK, fail([Problem(Reason.STATUS_LOST, f"topic/{freed[0].resource}", text)]))


def _asks(context: UnitContext, step: str) -> bool:
    """Between Drain and Switch, and before anything is changed for a leg."""
    if not moves_authority(context):
        return False
    return step in _BEFORE or (step in MOVING and context.recorded(EntryKind.SWITCH) is None)


def _agreeing(context: UnitContext, step: str) -> tuple[str, ...]:
    if step in _BEFORE:
        return (legs.authority(context.journal.entries),)
    return (context.leaving, "none")


def _problem(topic: str, given: str) -> Problem:
    text = (
        f"the fence register gives {topic} to {given}, the journal that status names does not: an "
        "older status was restored, or the unit was made anew; nothing is touched until the newest "
        "status is back; for a unit that was made anew make another KafkaMigration"
    )
    return Problem(Reason.STATUS_LOST, f"topic/{topic}", text)


def is_lost(walked: Walk) -> bool:
    """Neither on nor back: both would act on a journal that is not the newest."""
    return (
        isinstance(walked, Open)
        and walked.task == TASK
        and walked.verdict.reason is Reason.STATUS_LOST
    )
