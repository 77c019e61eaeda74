"""What the mirrors need on the clusters: names, internal topics, least privilege. Pure.

Names carry the migration's UID (protocol 5.4): Connect keys stored offsets by connector name and
source alias, so a second migration on the same target can never meet them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.rules import mirror_names
from kafka_migration.decide.rules.mirror_names import (
    FORWARD,
    group_id,
    leader_transaction,
    storage_topic,
    syncs_topic,
)
from kafka_migration.model.entries import canonical, digest
from kafka_migration.model.kafka import Acl, NewTopic, PatternType, Permission, ResourceType
from kafka_migration.model.sides import Direction

_ENDLESS = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
_COMPACT = {"cleanup.policy": "compact"}
_STORAGE = (("config", 1), ("offsets", 5), ("status", 2))  # Connect's topics and partitions


def source_alias(short_uid: str, direction: Direction) -> str:
    """source.cluster.alias of a direction's mirrors: part of every stored offset's key."""
    return mirror_names.alias(short_uid, direction, side="source")


def internal_topics(short_uid: str, replication_factor: int) -> tuple[NewTopic, ...]:
    """Connect's three topics and the offset-syncs topic, made before the workers start.

    The syncs topic keeps every sync: compaction would take away the history that exact
    translation needs.
    """
    storage = tuple(
        NewTopic(storage_topic(short_uid, FORWARD, kind), count, replication_factor, _COMPACT)
        for kind, count in _STORAGE
    )
    syncs = NewTopic(syncs_topic(short_uid, FORWARD), 1, replication_factor, _ENDLESS)
    return (*storage, syncs)


def source_acls(principal: str, topics: Collection[str]) -> tuple[Acl, ...]:
    """The mirror reads the topics in scope; it needs no group (assign)."""
    return tuple(_allow(ResourceType.TOPIC, topic, principal, "READ") for topic in sorted(topics))


def target_acls(principal: str, topics: Collection[str], short_uid: str) -> tuple[Acl, ...]:
    """The mirror writes the topics in scope and the syncs, uses its own topics and transactions.

    The least that runs: what each is for was found by leaving it out
    (measured on StandardAuthorizer with Connect 4.3.1, tests/contract/connect).
    """
    group = group_id(short_uid, FORWARD)
    written = [*sorted(topics), syncs_topic(short_uid, FORWARD)]
    entries = [_allow(ResourceType.TOPIC, topic, principal, "WRITE") for topic in written]
    entries += [
        _allow(ResourceType.TOPIC, storage_topic(short_uid, FORWARD, kind), principal, operation)
        for kind, _ in _STORAGE
        for operation in ("READ", "WRITE")
    ]
    entries.append(_allow(ResourceType.GROUP, group, principal, "READ"))
    leader = leader_transaction(short_uid, FORWARD)
    tasks = _allow(ResourceType.TRANSACTIONAL_ID, f"{group}-", principal, "WRITE")
    entries.append(_allow(ResourceType.TRANSACTIONAL_ID, leader, principal, "WRITE"))
    entries.append(replace(tasks, pattern=PatternType.PREFIXED))
    return tuple(sorted(entries))


def workers_hash(spec: KafkaMigrationSpec) -> str:
    """Changes when the workers must be made anew; holds no secret."""
    described = spec.model_dump(
        mode="json", include={"source", "target", "replication"}, by_alias=True
    )
    return digest(canonical(described))[7:23]


def _allow(kind: ResourceType, resource: str, principal: str, operation: str) -> Acl:
    return Acl(kind, resource, PatternType.LITERAL, principal, "*", operation, Permission.ALLOW)
