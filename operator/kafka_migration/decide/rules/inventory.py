"""From what the source says to the frozen inventory and the plan. Pure arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from kafka_migration.api.migration import KafkaMigrationSpec, Selection
from kafka_migration.decide.rules import acls as acl_rules
from kafka_migration.decide.rules import mirror
from kafka_migration.decide.rules.mirror_names import FORWARD, REVERSE
from kafka_migration.model.inventory import FrozenTopic, Inventory, Plan
from kafka_migration.model.kafka import Acl, Cluster, Group, NewTopic, Topic

# Topic configs that decide what the copy means; the rest keeps the target's own defaults.
CARRIED = (
    "cleanup.policy",
    "retention.ms",
    "retention.bytes",
    "max.message.bytes",
    "min.insync.replicas",
    "compression.type",
    "segment.bytes",
    "segment.ms",
    "delete.retention.ms",
    "min.compaction.lag.ms",
    "max.compaction.lag.ms",
)
# Long.MAX: the broker default refuses records from more than an hour ahead and the task dies.
ANY_TIMESTAMP = {"message.timestamp.after.max.ms": "9223372036854775807"}


@dataclass(frozen=True)
class Readings:
    """What one look at both clusters gave."""

    source: Cluster
    target: Cluster
    topics: Mapping[str, Topic]  # of the source, in scope
    groups: Mapping[str, Group]
    acls: tuple[Acl, ...]  # of the source, all


def selected(names: Iterable[str], selection: Selection | None) -> list[str]:
    """Names that match one include pattern in full and no exclude pattern."""
    if selection is None:
        return []
    include = [re.compile(p) for p in selection.include]
    exclude = [re.compile(p) for p in selection.exclude]
    return sorted(
        n
        for n in names
        if any(p.fullmatch(n) for p in include) and not any(p.fullmatch(n) for p in exclude)
    )


def bad_patterns(spec: KafkaMigrationSpec) -> list[str]:
    """Patterns that are not regular expressions, with the reason."""
    selections = [spec.scope.topics, spec.scope.consumer_groups]
    faults = []
    for pattern in [p for s in selections if s for p in (*s.include, *s.exclude)]:
        try:
            re.compile(pattern)
        except re.error as fault:
            faults.append(f"{pattern!r}: {fault}")
    return faults


def freeze(spec: KafkaMigrationSpec, readings: Readings, short_uid: str) -> Inventory:
    """The inventory of these readings, with its plan."""
    topics = {
        name: FrozenTopic(
            name,
            topic.topic_id,
            len(topic.partitions),
            {k: topic.config[k] for k in sorted(topic.overrides) if k in topic.config},
            topic.config.get("message.timestamp.type", "CreateTime"),
        )
        for name, topic in readings.topics.items()
    }
    transactional = acl_rules.transactional(readings.acls, topics)
    reaching = tuple(
        sorted(
            a
            for a in readings.acls
            if any(a.covers_topic(t) for t in topics)
            or any(a.covers_group(g) for g in readings.groups)
            or a in transactional
        )
    )
    plan = _plan(spec, readings, reaching, short_uid)
    return Inventory(
        readings.source.cluster_id,
        readings.target.cluster_id,
        topics,
        tuple(sorted(readings.groups)),
        reaching,
        plan,
    )


def _plan(
    spec: KafkaMigrationSpec, readings: Readings, reaching: tuple[Acl, ...], short_uid: str
) -> Plan:
    names = sorted(readings.topics)
    mapping = {m.source: m.target for m in spec.principal_mappings}
    identities = spec.replication.identities
    mirror_source = identities.source.authentication.principal_name
    mirror_target = identities.target.authentication.principal_name
    left_out = {mirror_source, spec.source.authentication.principal_name}
    applications = acl_rules.copied(reaching, names, sorted(readings.groups), mapping, left_out)
    factor = spec.target_topics.replication_factor
    plan = Plan(
        topics=tuple(_new_topic(spec, readings.topics[n]) for n in names),
        internal_topics=mirror.internal_topics(short_uid, FORWARD, factor),
        source_acls=mirror.reading_acls(mirror_source, names),
        target_acls=_sorted(
            applications,
            mirror.writing_acls(mirror_target, names),
            mirror.runtime_acls(mirror_target, short_uid, FORWARD),
        ),
    )
    if not spec.has_way_back:
        return plan
    replicas = _most_replicas(readings.topics.values())
    runtime = mirror.runtime_acls(mirror_source, short_uid, REVERSE)
    return replace(
        plan,
        source_acls=_sorted(plan.source_acls, runtime),
        target_acls=_sorted(plan.target_acls, mirror.reading_acls(mirror_target, names)),
        source_internal_topics=mirror.internal_topics(short_uid, REVERSE, replicas),
        reverse_rights=mirror.reverse_write_acls(mirror_source, names),
    )


def _sorted(*parts: Iterable[Acl]) -> tuple[Acl, ...]:
    return tuple(sorted(chain.from_iterable(parts)))


def _most_replicas(topics: Iterable[Topic]) -> int:
    """What the source grants a topic in scope it grants ours."""
    return max((len(p.replicas) for t in topics for p in t.partitions.values()), default=1)


def _new_topic(spec: KafkaMigrationSpec, topic: Topic) -> NewTopic:
    carried = {k: topic.config[k] for k in CARRIED if k in topic.overrides and k in topic.config}
    return NewTopic(
        topic.name,
        len(topic.partitions),
        spec.target_topics.replication_factor,
        {**carried, **ANY_TIMESTAMP, **spec.target_topics.config_overrides},
    )


def differences(planned: NewTopic, present: Topic) -> list[str]:
    """How an existing topic differs from the planned one, in words."""
    found = []
    if len(present.partitions) != planned.partitions:
        found.append(f"{len(present.partitions)} partitions instead of {planned.partitions}")
    factors = {len(p.replicas) for p in present.partitions.values()}
    if factors != {planned.replication_factor}:
        found.append(f"replication factor {sorted(factors)} not {planned.replication_factor}")
    found += [
        f"{key}={present.config.get(key)} instead of {value}"
        for key, value in sorted(planned.config.items())
        if present.config.get(key) != value
    ]
    return found
