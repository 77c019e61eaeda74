"""Preflight of a unit's consumer groups: how long they are held, and our right to move them.

Called by preflight.py; split from it by meaning: none of it concerns who writes.
"""

from __future__ import annotations

import math

from kafka_migration.api.cutover import ConsumerGroup
from kafka_migration.decide.context import UnitContext, moves_groups
from kafka_migration.decide.rules import names
from kafka_migration.decide.rules.windows import FORECAST_BASE_SECONDS, settle_deadline
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import ProveCommitRight
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.kafka import Cluster
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

_LONGEST_SESSION = "group.max.session.timeout.ms"


def group_is_held_longer_than_the_pause(context: UnitContext) -> Verdict:
    """A member that stops without leaving holds its group for a session (protocol 3.4).

    Members that close leave at once, static ones never; no call shows a classic group's timeout.
    """
    cluster = context.facts[facts.LEAVING_CLUSTER]
    budget = context.spec.pause_budget_seconds
    every = [group.session_timeout_seconds for group in context.spec.consumer_groups]
    limit = min(budget - FORECAST_BASE_SECONDS, settle_deadline(every))
    problems = []
    for group in context.spec.consumer_groups:
        seen = context.facts[facts.LEAVING_GROUPS].get(group.name)
        static = seen.static_members if seen else ()
        held, why = _held(group, static, cluster)
        if held > limit:
            text = (
                f"group {group.name} may stay held for {held:.0f} s after its members stop ({why});"
                f" with {FORECAST_BASE_SECONDS:.0f} s for the rest that does not fit into the pause"
                f" budget of {budget} s or into Settle; give the members a shorter"
                " session.timeout.ms and declare it in spec.consumerGroups[]"
                ".sessionTimeoutSeconds, raise spec.pauseBudgetSeconds, or remove"
                " group.instance.id so that members leave when they stop"
            )
            problems.append(Problem(Reason.PAUSE_BUDGET_EXCEEDED, f"group/{group.name}", text))
    return fail(problems)


def _held(group: ConsumerGroup, static: tuple[str, ...], cluster: Cluster) -> tuple[float, str]:
    """Seconds that a stopped member may hold the group, and what says so."""
    named = f"static members {', '.join(static[:3])} (+{len(static[3:])})"
    if group.session_timeout_seconds is not None:
        said = "declared sessionTimeoutSeconds"
        return float(group.session_timeout_seconds), f"{named}, {said}" if static else said
    if not static:
        return 0.0, ""
    told = cluster.settings.get(_LONGEST_SESSION)
    if told is None:
        return math.inf, f"{named}, and the brokers do not tell {_LONGEST_SESSION}"
    return float(told) / 1000.0, f"{named}, {_LONGEST_SESSION} of the brokers"


def _proof(context: UnitContext) -> ProveCommitRight:
    group = names.throw_away_group(context.migration.short_uid, context.short_uid)
    first = [context.partitions((topic,))[:1] for topic in sorted(context.spec.topics.reads)]
    return ProveCommitRight(group, tuple(p for partitions in first for p in partitions))


def right_to_commit_is_not_proven(context: UnitContext) -> Verdict:
    """The operator may commit and delete offsets on both sides: done once, for nobody's group."""
    if _proof(context) in context.answered:
        return PASS
    return wait(Reason.PROGRESSING, "committing for a throw-away group on both sides")


def prove_right_to_commit(context: UnitContext) -> Asked | None:
    """One partition of each topic that the unit reads."""
    return _proof(context)


TASKS: tuple[Task[UnitContext], ...] = (
    Task(
        "groups let go in time",
        (
            facts.LEAVING_GROUPS,
            facts.LEAVING_CLUSTER,
        ),
        group_is_held_longer_than_the_pause,
        applies=moves_groups,
    ),
    Task(
        "right to commit",
        (),
        right_to_commit_is_not_proven,
        prove_right_to_commit,
        applies=moves_groups,
    ),
)
