"""Who uses the unit's transactional ids on a side (protocol 3.5). Called by preflight.py and fence.py."""

from __future__ import annotations

from kafka_migration.api.cutover import Workload
from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import acls
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import Side
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem, Verdict, fail


def has_ids(context: UnitContext) -> bool:
    """The unit names transactional ids."""
    return bool(context.spec.fence.transactional_ids)


def _principal(workload: Workload, side: Side) -> str:
    used = workload.binding.source if side == "source" else workload.binding.target
    return used.authentication.principal_name


def user_of(
    context: UnitContext, side: Side, present: tuple[Acl, ...], name: str
) -> Workload | None:
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
            if user_of(context, side, present, name) is None:
                text = (
                    f"no workload of the unit may write transactional id {name} on the {side}; "
                    "grant its principal Write on it there, without a DENY, or correct "
                    "spec.fence.transactionalIds"
                )
                problems.append(Problem(Reason.NOT_AUTHORIZED, f"transactionalId/{name}", text))
    return fail(problems)


MAY_BE_USED: Task[UnitContext] = Task(
    "transactional ids usable",
    (facts.LEAVING_ACLS, facts.ENTERING_ACLS),
    id_may_not_be_used,
    applies=has_ids,
)
