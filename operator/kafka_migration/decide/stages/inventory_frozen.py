"""InventoryFrozen: read everything, freeze it, make the plan. Nothing is written outside."""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import inventory as rules
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import Work
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def spec_cannot_work(context: MigrationContext) -> Verdict:
    """Faults that the schema cannot see."""
    spec = context.spec
    problems = [
        Problem(
            Reason.PLAINTEXT_CREDENTIALS,
            f"cluster/{side}",
            f"spec.{side} has no tls: credentials would travel in plain text; "
            f"name the CA in spec.{side}.tls.trustedCertificates",
        )
        for side, cluster in (("source", spec.source), ("target", spec.target))
        if cluster.tls is None
    ]
    problems += [
        Problem(Reason.INVALID_SPEC, "scope", f"pattern {fault}; correct it in spec.scope")
        for fault in rules.bad_patterns(spec)
    ]
    for side, cluster, identity in (
        ("source", spec.source, spec.replication.identities.source),
        ("target", spec.target, spec.replication.identities.target),
    ):
        if cluster.authentication.principal_name == identity.authentication.principal_name:
            problems.append(
                Problem(
                    Reason.PRINCIPAL_CONFLICT,
                    f"cluster/{side}",
                    f"the mirror uses the operator's principal on the {side}; give "
                    f"spec.replication.identities.{side} a principal of its own",
                )
            )
    return fail(problems)


def clusters_are_not_as_pinned(context: MigrationContext) -> Verdict:
    """Both answer, they are two, and they are those of the inventory."""
    source = context.facts[facts.SOURCE_CLUSTER].cluster_id
    target = context.facts[facts.TARGET_CLUSTER].cluster_id
    if source == target:
        text = f"source and target are the same cluster {source}; correct the bootstrap servers"
        return fail([Problem(Reason.SAME_CLUSTER, "cluster/target", text)])
    frozen = context.inventory
    if frozen is None:
        return PASS
    return fail(
        Problem(
            Reason.CLUSTER_IDENTITY_CHANGED,
            f"cluster/{side}",
            f"the {side} is cluster {now}, but {was} was frozen; point spec.{side} back to it",
        )
        for side, now, was in (
            ("source", source, frozen.source_id),
            ("target", target, frozen.target_id),
        )
        if now != was
    )


def way_back_is_not_as_planned(context: MigrationContext) -> Verdict:
    """The schema freezes it; an object restored from a copy may say otherwise."""
    frozen = context.inventory
    if frozen is None or frozen.plan.way_back == context.spec.has_way_back:
        return PASS
    was = "Enabled" if frozen.plan.way_back else "Disabled"
    text = (
        f"spec.replication.reverse was {was} when the inventory was frozen, and the plan has been "
        "made for that; set it back, or create another KafkaMigration"
    )
    return fail([Problem(Reason.INVALID_SPEC, "spec.replication.reverse", text)])


def our_acl_would_be_the_first(context: MigrationContext) -> Verdict:
    """A topic without any ACL may be everybody's; the first one shuts everybody out (1.5)."""
    if context.inventory is not None:
        return PASS
    settings = context.facts[facts.SOURCE_CLUSTER].settings
    # A broker hides the value as soon as it is set; not set at all means false.
    if settings and settings.get("allow.everyone.if.no.acl.found", "false") == "false":
        return PASS
    present = context.facts[facts.SOURCE_ACLS]
    return fail(
        Problem(
            Reason.WILDCARD_WRITER,
            f"topic/{topic}",
            f"no ACL of the source reaches topic {topic} and the brokers do not say that this "
            "keeps everybody out: ours would be the first and might shut its users out; grant "
            "them by name before",
        )
        for topic in sorted(context.facts[facts.SOURCE_TOPICS])
        if not any(acl.covers_topic(topic) for acl in present)
    )


def inventory_is_not_frozen(context: MigrationContext) -> Verdict:
    """Something is in scope, and it was frozen."""
    if context.inventory is not None:
        return PASS
    if not context.facts[facts.SOURCE_TOPICS]:
        text = "no topic of the source matches spec.scope.topics; correct the patterns"
        return fail([Problem(Reason.NOTHING_IN_SCOPE, "scope", text)])
    return wait(Reason.PROGRESSING, "freezing the inventory")


def freeze(context: MigrationContext) -> Work | None:
    """The inventory and its plan as the first entry."""
    readings = rules.Readings(
        context.facts[facts.SOURCE_CLUSTER],
        context.facts[facts.TARGET_CLUSTER],
        context.facts[facts.SOURCE_TOPICS],
        context.facts[facts.SOURCE_GROUPS],
        context.facts[facts.SOURCE_ACLS],
    )
    frozen = rules.freeze(context.spec, readings, context.short_uid)
    return Entry(EntryKind.INVENTORY_FROZEN, 1, frozen.as_json())


TASKS: tuple[Task[MigrationContext], ...] = (
    Task("spec can work", (), spec_cannot_work),
    Task("way back as planned", (), way_back_is_not_as_planned),
    Task(
        "clusters answer",
        (facts.SOURCE_CLUSTER, facts.TARGET_CLUSTER),
        clusters_are_not_as_pinned,
    ),
    Task(
        "not the first ACL",
        (facts.SOURCE_CLUSTER, facts.SOURCE_TOPICS, facts.SOURCE_ACLS),
        our_acl_would_be_the_first,
    ),
    Task(
        "inventory frozen",
        (
            facts.SOURCE_CLUSTER,
            facts.TARGET_CLUSTER,
            facts.SOURCE_TOPICS,
            facts.SOURCE_GROUPS,
            facts.SOURCE_ACLS,
        ),
        inventory_is_not_frozen,
        freeze,
    ),
)
