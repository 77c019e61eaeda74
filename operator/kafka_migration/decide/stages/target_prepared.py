"""TargetPrepared: topics and ACLs exist on both sides exactly as the approved plan says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.gate import Gate, approvals
from kafka_migration.decide.rules import acls
from kafka_migration.decide.rules.inventory import differences
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import CreateTopic, EnsureAcls, Side, Work
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.inventory import Plan
from kafka_migration.model.kafka import NewTopic, Topic
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

NAME = "TargetPrepared"


def plan_of(context: MigrationContext) -> Plan:
    """The frozen plan; this stage never runs without one."""
    if context.inventory is None:
        raise ValueError("TargetPrepared was entered without an inventory")
    return context.inventory.plan


def gate(context: MigrationContext) -> Gate | None:
    """The whole plan; None before there is one."""
    if context.inventory is None:
        return None
    plan = context.inventory.plan
    summary = (
        f"create {len(plan.topics)} topics and {len(plan.internal_topics)} internal topics on "
        f"the target; add {len(plan.target_acls)} ACLs there and {len(plan.source_acls)} on "
        f"the source; {_way_back(plan)}units may then prepare (bindings, DENYs on both sides)"
    )
    return Gate(NAME, plan.digest, summary)


def _way_back(plan: Plan) -> str:
    """What an approval of the plan permits on the source beyond reading it."""
    if not plan.way_back:
        return ""
    return (
        f"for the way back create {len(plan.source_internal_topics)} internal topics on the source "
        f"and let the reverse mirror write {len(plan.reverse_rights)} topics there, each after a "
        "unit has denied it; "
    )


def approved(context: MigrationContext) -> Entry | None:
    """The recorded approval of this stage."""
    return next(iter(approvals(context, NAME)), None)


def adopting(context: MigrationContext) -> bool:
    """The approval is not recorded yet, and topics that exist may be used."""
    return approved(context) is None and context.spec.target_topics.existing == "AdoptIfEqual"


def adopted_topics_hold_records(context: MigrationContext) -> Verdict:
    """Only an empty topic is adopted: another one's records would stand between the copies."""
    planned = {topic.name for topic in plan_of(context).topics}
    return fail(
        Problem(
            Reason.TOPIC_CONFLICT,
            f"topic/{name}",
            f"topic {name} on the target is not empty ({held} offsets were used); delete it, or "
            "leave it out of the scope of a new KafkaMigration",
        )
        for name, held in sorted(context.facts[facts.TARGET_HELD].items())
        if held and name in planned
    )


def existing_topics_conflict(context: MigrationContext) -> Verdict:
    """Before the first write: no planned topic may be there already, unless adopted as equal."""
    if approved(context) is not None:
        return PASS
    present = context.facts[facts.TARGET_TOPICS]
    adopt = context.spec.target_topics.existing == "AdoptIfEqual"
    problems = []
    for planned in plan_of(context).topics:
        topic = present.get(planned.name)
        if topic is None:
            continue
        differing = differences(planned, topic)
        if adopt and not differing:
            continue
        said = ": " + ", ".join(differing) if differing else ", equal to the plan"
        remedy = (
            "delete it on the target, or leave it out of the scope of a new KafkaMigration"
            if differing
            else "delete it, or set spec.targetTopics.existing: AdoptIfEqual if it is empty"
        )
        problems.append(
            Problem(
                Reason.TOPIC_CONFLICT,
                f"topic/{planned.name}",
                f"topic {planned.name} already exists on the target{said}; {remedy}",
            )
        )
    return fail(problems) if problems else wait(Reason.PROGRESSING, "recording the approval")


def record_approval(context: MigrationContext) -> Work | None:
    """The approval becomes an entry before the first write."""
    approval = context.spec.approval
    digest = approval.digest if approval else ""
    return Entry(EntryKind.APPROVED, 1, {"stage": NAME, "digest": digest})


def topics_are_missing(context: MigrationContext) -> Verdict:
    """Every planned topic exists and is as planned, read back."""
    return _compare(plan_of(context).topics, context.facts[facts.TARGET_TOPICS])


def internal_topics_are_missing(context: MigrationContext) -> Verdict:
    """The forward mirrors' own topics exist, as planned."""
    return _compare(plan_of(context).internal_topics, context.facts[facts.INTERNAL_TOPICS])


def source_internal_topics_are_missing(context: MigrationContext) -> Verdict:
    """The reverse mirrors' own topics exist on the source, as planned."""
    planned = plan_of(context).source_internal_topics
    return _compare(planned, context.facts[facts.SOURCE_INTERNAL_TOPICS], "source")


def has_way_back(context: MigrationContext) -> bool:
    """The plan has reverse mirrors."""
    return plan_of(context).way_back


def _compare(
    planned: Iterable[NewTopic], present: Mapping[str, Topic], side: Side = "target"
) -> Verdict:
    problems, missing = [], []
    for wanted in planned:
        topic = present.get(wanted.name)
        if topic is None:
            missing.append(wanted.name)
        elif differing := differences(wanted, topic):
            text = f"topic {wanted.name} on the {side} has {', '.join(differing)}; set it back"
            problems.append(Problem(Reason.TOPIC_CONFLICT, f"topic/{wanted.name}", text))
    if problems:
        return fail(problems)
    if missing:
        text = f"{len(missing)} topics to create on the {side}, next {missing[0]}"
        return wait(Reason.PROGRESSING, text)
    return PASS


def _create(
    planned: Iterable[NewTopic], present: Mapping[str, Topic], side: Side = "target"
) -> Work | None:
    return next((CreateTopic(t, side) for t in planned if t.name not in present), None)


def create_topic(context: MigrationContext) -> Work | None:
    """The next planned topic that is missing."""
    return _create(plan_of(context).topics, context.facts[facts.TARGET_TOPICS])


def create_internal_topic(context: MigrationContext) -> Work | None:
    """The next internal topic that is missing."""
    return _create(plan_of(context).internal_topics, context.facts[facts.INTERNAL_TOPICS])


def create_source_internal_topic(context: MigrationContext) -> Work | None:
    """The next one of the way back that is missing."""
    planned = plan_of(context).source_internal_topics
    return _create(planned, context.facts[facts.SOURCE_INTERNAL_TOPICS], "source")


def source_acls_are_missing(context: MigrationContext) -> Verdict:
    """Mirrors may read the source, and run there if there is a way back."""
    absent = acls.missing(plan_of(context).source_acls, context.facts[facts.SOURCE_ACLS])
    return wait(Reason.PROGRESSING, f"{len(absent)} ACLs to add on the source") if absent else PASS


def target_acls_are_missing(context: MigrationContext) -> Verdict:
    """Applications and mirrors have their planned rights on the target."""
    absent = acls.missing(plan_of(context).target_acls, context.facts[facts.TARGET_ACLS])
    return wait(Reason.PROGRESSING, f"{len(absent)} ACLs to add on the target") if absent else PASS


def add_source_acls(context: MigrationContext) -> Work | None:
    """All that are missing."""
    absent = acls.missing(plan_of(context).source_acls, context.facts[facts.SOURCE_ACLS])
    return EnsureAcls("source", absent)


def add_target_acls(context: MigrationContext) -> Work | None:
    """All that are missing."""
    absent = acls.missing(plan_of(context).target_acls, context.facts[facts.TARGET_ACLS])
    return EnsureAcls("target", absent)


TASKS: tuple[Task[MigrationContext], ...] = (
    Task("adopted empty", (facts.TARGET_HELD,), adopted_topics_hold_records, applies=adopting),
    Task("no conflict", (facts.TARGET_TOPICS,), existing_topics_conflict, record_approval),
    Task("topics", (facts.TARGET_TOPICS,), topics_are_missing, create_topic),
    Task(
        "internal topics",
        (facts.INTERNAL_TOPICS,),
        internal_topics_are_missing,
        create_internal_topic,
    ),
    Task(
        "internal topics of the way back",
        (facts.SOURCE_INTERNAL_TOPICS,),
        source_internal_topics_are_missing,
        create_source_internal_topic,
        has_way_back,
    ),
    Task("source ACLs", (facts.SOURCE_ACLS,), source_acls_are_missing, add_source_acls),
    Task("target ACLs", (facts.TARGET_ACLS,), target_acls_are_missing, add_target_acls),
)
