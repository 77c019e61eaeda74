"""What the unit's own transactional ids left open is ended in Fence (protocol 3.5).

Called by fence.py. A transaction that no id of the unit ends is somebody else's: fence.py names it
and waits.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.steps.drain import pods_are_left
from kafka_migration.decide.steps.settle import groups_have_members
from kafka_migration.decide.steps.transactional_ids import has_ids, user_of
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import EndTransaction
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Kind, Problem, Verdict, fail, wait


def _open(context: UnitContext) -> list[EndTransaction]:
    """Ids whose end this process has not seen since the fence stood."""
    present, side = context.facts[facts.LEAVING_ACLS], context.leaving
    every = [
        EndTransaction(
            side, (user_of(context, side, present, name) or context.writers[0]).name, name
        )
        for name in context.spec.fence.transactional_ids
    ]
    return [action for action in every if action not in context.answered]


def own_transaction_may_be_open(context: UnitContext) -> Verdict:
    """Each id was taken over since the brokers refuse the unit: what it left open is aborted.

    Also where no transaction shows: offsets alone may be pending, and a producer that was taken
    for dead could still commit. Whoever uses an id is fenced for good, so nobody may be back.
    """
    left = _open(context)
    if not left:
        return PASS
    for verdict in (pods_are_left(context), groups_have_members(context)):
        if verdict.kind is not Kind.PASS:
            text = f"the unit's transactions cannot be ended: {verdict.message}: back out"
            return fail([Problem(verdict.reason, "workloads", text)])
    text = f"ending what may be open under transactional id {left[0].transactional_id}"
    return wait(Reason.OPEN_TRANSACTION, text)


def end(context: UnitContext) -> Asked | None:
    """One id at a time, as the workload itself."""
    left = _open(context)
    return left[0] if left else None


def unmeasured(context: UnitContext) -> bool:
    """The fenced ends are not an entry of this leg yet; after it nothing may move them."""
    return has_ids(context) and context.recorded(EntryKind.FENCED) is None


ENDED: Task[UnitContext] = Task(
    "own transactions ended",
    (facts.LEAVING_ACLS, facts.WORKLOADS, facts.LEAVING_GROUPS),
    own_transaction_may_be_open,
    end,
    unmeasured,
)
