"""The unit's own transactional ids: who uses them, and what they left open (protocol 3.5).

Called by preflight.py and fence.py. A transaction that no id of the unit clears is somebody
else's: fence.py names it and waits.
"""

from __future__ import annotations

from kafka_migration.api.cutover import Workload
from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import acls
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import EndTransaction, Side
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def has_ids(context: UnitContext) -> bool:
    """The unit names transactional ids."""
    return bool(context.spec.fence.transactional_ids)


def _principal(workload: Workload, side: Side) -> str:
    used = workload.binding.source if side == "source" else workload.binding.target
    return used.authentication.principal_name


def _user(context: UnitContext, side: Side, present: tuple[Acl, ...], name: str) -> Workload | None:
    """The first workload whose principal may run transactions under the id."""
    for workload in context.writers:
        if acls.uses_transactional_id(present, _principal(workload, side), name):
            return workload
    return None


def id_may_not_be_used(context: UnitContext) -> Verdict:
    """On each side some workload of the unit may write each id; else it could not start there."""
    problems = []
    for side, fact in (
        (context.leaving, facts.LEAVING_ACLS),
        (context.entering, facts.ENTERING_ACLS),
    ):
        present = context.facts[fact]
        for name in context.spec.fence.transactional_ids:
            if _user(context, side, present, name) is None:
                text = (
                    f"no workload of the unit may write transactional id {name} on the {side}; "
                    "grant its principal Write on it there, or correct spec.fence.transactionalIds"
                )
                problems.append(Problem(Reason.NOT_AUTHORIZED, f"transactionalId/{name}", text))
    return fail(problems)


def _open(context: UnitContext) -> list[EndTransaction]:
    """Ids whose end this process has not seen since the fence stood."""
    present, side = context.facts[facts.LEAVING_ACLS], context.leaving
    every = [
        EndTransaction(side, (_user(context, side, present, name) or context.writers[0]).name, name)
        for name in context.spec.fence.transactional_ids
    ]
    return [action for action in every if action not in context.answered]


def own_transaction_may_be_open(context: UnitContext) -> Verdict:
    """Each id was taken over since the brokers refuse the unit: what it left open is aborted.

    Also where no transaction shows: offsets alone may be pending, and a producer that was taken
    for dead could still commit.
    """
    left = _open(context)
    if not left:
        return PASS
    text = f"ending what may be open under transactional id {left[0].transactional_id}"
    return wait(Reason.OPEN_TRANSACTION, text)


def end(context: UnitContext) -> Asked | None:
    """One id at a time, as the workload itself."""
    left = _open(context)
    return left[0] if left else None


def unmeasured(context: UnitContext) -> bool:
    """The fenced ends are not an entry of this leg yet; after it nothing may move them."""
    return has_ids(context) and context.recorded(EntryKind.FENCED) is None


MAY_BE_USED: Task[UnitContext] = Task(
    "transactional ids usable",
    (facts.LEAVING_ACLS, facts.ENTERING_ACLS),
    id_may_not_be_used,
    applies=has_ids,
)
ENDED: Task[UnitContext] = Task(
    "own transactions ended",
    (facts.LEAVING_ACLS,),
    own_transaction_may_be_open,
    end,
    unmeasured,
)
