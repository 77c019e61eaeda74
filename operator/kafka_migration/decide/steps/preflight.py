"""Preflight: everything that could stop the move, all faults at once, nothing changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kafka_migration.decide.context import UnitContext, moves_authority, moves_groups
from kafka_migration.decide.rules.acceptance import refusing
from kafka_migration.decide.rules.inventory import ANY_TIMESTAMP
from kafka_migration.decide.rules.windows import (
    ABORT_SECONDS,
    FORECAST_BASE_SECONDS,
    settle_seconds,
)
from kafka_migration.decide.steps import (
    approval,
    groups_fit,
    owners,
    place,
    prepare,
    transactional_ids,
    translate_offsets,
)
from kafka_migration.decide.steps.writers import acknowledged, writers_are_not_covered
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import Side
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import ProbeResult, Topic
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

_ONE_WAY: Final[str] = "Disabled"  # replication.reverse


def unit_is_not_fit(context: UnitContext) -> Verdict:
    """Owner named, workloads running as they should."""
    problems = []
    if context.spec.owner is None:
        text = "spec.owner is missing: somebody must be called when it goes wrong; name them"
        problems.append(Problem(Reason.INVALID_SPEC, "spec.owner", text))
    for workload in context.spec.workloads:
        seen = context.facts[facts.WORKLOADS][workload.name]
        ready = sum(p.ready for p in seen.pods) if seen else 0
        if seen is None or seen.replicas < 1 or ready < seen.replicas:
            text = (
                f"Deployment {workload.name} has {ready} of {seen.replicas if seen else 0} pods "
                f"ready; let it run well on the {context.leaving} before it moves"
            )
            problems.append(Problem(Reason.WORKLOAD_NOT_READY, f"workload/{workload.name}", text))
    return fail(problems)


def credentials_do_not_work(context: UnitContext) -> Verdict:
    """Each writer's credential writes on the leaving side and is denied on the entering one."""
    problems = []
    for fact, wanted, side in (
        (facts.LEAVING_PROBES, ProbeResult.ALLOWED, context.leaving),
        (facts.ENTERING_PROBES, ProbeResult.DENIED, context.entering),
    ):
        probes = context.facts[fact]
        bad = [p for p in probes if p.result is not wanted]
        if not probes:
            text = f"no probe of the unit's credentials on the {side}; look at the brokers"
            problems.append(Problem(Reason.UNKNOWN, f"cluster/{side}", text))
        for probe in bad[:3]:
            text = (
                f"{probe.principal} on {probe.partition} at the {side}: {probe.result} instead of "
                f"{wanted} ({probe.detail}); check its credentials and ACLs"
            )
            problems.append(Problem(Reason.NOT_AUTHORIZED, f"principal/{probe.principal}", text))
    return fail(problems)


def entering_accepts_less(context: UnitContext) -> Verdict:
    """Partitions equal, and each side accepts what the other may hold."""
    left, entered = context.facts[facts.LEAVING_TOPICS], context.facts[facts.ENTERING_TOPICS]
    side = context.entering
    problems = []
    for topic in context.writes:
        there, here = left.get(topic), entered.get(topic)
        if there is None or here is None:
            text = f"topic {topic} is missing on one side; restore it"
            problems.append(Problem(Reason.TOPIC_MISSING, f"topic/{topic}", text))
        elif len(there.partitions) != len(here.partitions):
            text = f"topic {topic} has other partitions on the {side}; keys would change places"
            problems.append(Problem(Reason.TOPIC_CONFLICT, f"topic/{topic}", text))
        elif len(there.partitions) != len(context.partitions((topic,))):
            text = (
                f"topic {topic} got partitions after the inventory was frozen, which nobody "
                "compares; start a new KafkaMigration for it"
            )
            problems.append(Problem(Reason.TOPIC_CONFLICT, f"topic/{topic}", text))
        else:
            pair = (there, here) if context.leaving == "source" else (here, there)
            problems += _refusing(context, topic, pair)
    return fail(problems)


def _refusing(context: UnitContext, topic: str, pair: tuple[Topic, Topic]) -> list[Problem]:
    """The entering side must take what the other holds; with a way back also the reverse.

    Only what closes the way back may be acknowledged: without it nothing is lost.
    """
    sides: tuple[Side, ...] = ("target", "source")
    both = context.migration.spec.replication.reverse != _ONE_WAY
    problems = []
    for taker in sides if both else (context.entering,):
        taking, giving = pair if taker == "source" else pair[::-1]
        names = refusing(taking, giving, ANY_TIMESTAMP if taker == "source" else {})
        if names:
            text = (
                f"topic {topic} on the {taker} refuses records that the other side takes, by "
                f"{', '.join(names)}; make both sides equal"
            )
            problem = Problem(Reason.TOPIC_CONFLICT, f"topic/{topic}", text)
            if taker == context.entering or not acknowledged(context, problem):
                problems.append(problem)
    return problems


def settle_window(context: UnitContext) -> float:
    """Seconds that the leaving side must stay still; from what Prepare measured."""
    prepared = context.recorded(EntryKind.PREPARED)
    propagation = max((prepared or {}).get("propagation", {}).values(), default=30.0)
    topics = context.facts[facts.LEAVING_TOPICS]
    factor = max(
        (
            len(p.replicas)
            for t in context.writes
            if t in topics
            for p in topics[t].partitions.values()
        ),
        default=3,
    )
    settings = context.facts[facts.LEAVING_CLUSTER].settings
    return settle_seconds(propagation, factor, settings)


def pause_is_longer_than_budget(context: UnitContext) -> Verdict:
    """Two settle windows, an abort per id and what else the pause holds fit into the budget."""
    aborts = ABORT_SECONDS * len(context.spec.fence.transactional_ids)
    forecast = 2 * settle_window(context) + aborts + FORECAST_BASE_SECONDS
    budget = context.spec.pause_budget_seconds
    if forecast <= budget:
        return PASS
    text = (
        f"the write pause is forecast at {forecast:.0f} s (estimate), the budget is {budget} s; "
        "raise spec.pauseBudgetSeconds"
    )
    return fail([Problem(Reason.PAUSE_BUDGET_EXCEEDED, "spec.pauseBudgetSeconds", text)])


def copy_or_proof_is_behind(context: UnitContext) -> Verdict:
    """The unit's mirror and its tail comparison reach the leaving side's end within maxLagSeconds."""
    seen = context.facts[facts.KEEPING_UP]
    if seen.seconds > 0:
        return PASS
    limit = context.migration.spec.replication.max_lag_seconds
    text = f"the copy and its comparison must stay within {limit} s of the {context.leaving}'s end"
    if seen.late is not None:
        text += (
            f": {seen.late} is copied to {seen.copied} and compared to {seen.compared}, its last "
            f"record {seen.age:.0f} s ago was {seen.wanted}"
        )
    return wait(Reason.LAG_TOO_HIGH, text)


def transaction_stays_open(context: UnitContext) -> Verdict:
    """Every transaction that was open at the first look has ended: none outlives the drain."""
    held = context.facts[facts.HELD_TRANSACTIONS]
    if not held:
        return PASS
    first = min(held)
    text = (
        f"a transaction holds {first} at offset {held[first]} (+{len(held) - 1} partitions): it "
        "would stop the fence; waiting for it to end; if it stays, end its producer or abort it "
        "(kafka-transactions.sh)"
    )
    return wait(Reason.OPEN_TRANSACTION, text)


def groups_read_more(context: UnitContext) -> Verdict:
    """A topic of a group that does not move with it would be read from wherever the reset says."""
    problems, own = [], []
    for group, commits in sorted(context.facts[facts.LEAVING_COMMITS].items()):
        named = {p.topic for p in commits}
        for topic in sorted(named & set(context.writes)):
            text = (
                f"group {group} has offsets of topic {topic}, which the unit writes itself: not "
                "supported yet; delete these offsets if nothing goes on from them"
            )
            own.append(Problem(Reason.NOT_SUPPORTED, f"group/{group}", text))
        others = sorted(named - {*context.spec.topics.reads, *context.writes})
        if others:
            text = (
                f"group {group} also has offsets of {', '.join(others[:5])} (+{len(others[5:])}), "
                "which would not move with it: add the topics to spec.topics.reads, delete the "
                f"offsets, or acknowledge TopicNotInScope for group/{group}"
            )
            problems.append(Problem(Reason.TOPIC_NOT_IN_SCOPE, f"group/{group}", text))
    return fail([*own, *(p for p in problems if not acknowledged(context, p))])


def entering_group_is_used(context: UnitContext) -> Verdict:
    """Nobody is in the group on the entering side."""
    active = [g for g in context.facts[facts.ENTERING_GROUPS].values() if g.members]
    return fail(
        Problem(
            Reason.GROUP_NOT_EMPTY,
            f"group/{g.name}",
            f"group {g.name} has members on the {context.entering} ({', '.join(g.members[:3])}); stop them",
        )
        for g in active
    )


_OWN: tuple[Task[UnitContext], ...] = (
    Task("unit fit", (facts.WORKLOADS,), unit_is_not_fit),
    Task(
        "writers covered",
        (
            facts.SOURCE_CLUSTER,
            facts.TARGET_CLUSTER,
            facts.LEAVING_ACLS,
            facts.ENTERING_ACLS,
            facts.REGISTER,
        ),
        writers_are_not_covered,
        applies=moves_authority,
    ),
    Task(
        "credentials work",
        (facts.LEAVING_PROBES, facts.ENTERING_PROBES),
        credentials_do_not_work,
        applies=moves_authority,
    ),
    Task(
        "entering accepts",
        (facts.LEAVING_TOPICS, facts.ENTERING_TOPICS),
        entering_accepts_less,
        applies=moves_authority,
    ),
    Task(
        "pause forecast",
        (facts.LEAVING_TOPICS, facts.LEAVING_CLUSTER),
        pause_is_longer_than_budget,
        applies=moves_authority,
    ),
    Task(
        "copy and proof keep up",
        (facts.KEEPING_UP,),
        copy_or_proof_is_behind,
        applies=moves_authority,
    ),
    transactional_ids.MAY_BE_USED,
    Task(
        "no transaction left open",
        (facts.HELD_TRANSACTIONS,),
        transaction_stays_open,
        applies=moves_authority,
    ),
    Task(
        "groups read nothing else", (facts.LEAVING_COMMITS,), groups_read_more, applies=moves_groups
    ),
    Task(
        "entering group unused",
        (facts.ENTERING_GROUPS,),
        entering_group_is_used,
        applies=moves_groups,
    ),
    *place.TASKS,
    *groups_fit.TASKS,
    owners.EARLIER_WAVES_FIRST,
    *translate_offsets.FORESEEN,
    approval.WAITED_FOR,  # last: what is mended by a changed spec is mended before
)
TASKS = (*prepare.STANDING, *(replace(task, together=True) for task in _OWN))
