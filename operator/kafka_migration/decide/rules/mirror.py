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


def internal_topics(
    short_uid: str, direction: Direction, replication_factor: int
) -> tuple[NewTopic, ...]:
    """Connect's three topics and the offset-syncs topic, made before the workers start.

    They stand on the cluster that the direction ends at. The syncs topic keeps every sync: compaction would take away the history that exact
    translation needs.
    """
    storage = tuple(
        NewTopic(storage_topic(short_uid, direction, kind), count, replication_factor, _COMPACT)
        for kind, count in _STORAGE
    )
    syncs = NewTopic(syncs_topic(short_uid, direction), 1, replication_factor, _ENDLESS)
    return (*storage, syncs)


def reading_acls(principal: str, topics: Collection[str]) -> tuple[Acl, ...]:
    """A mirror reads the topics in scope; it needs no group (assign)."""
    return tuple(_allow(ResourceType.TOPIC, topic, principal, "READ") for topic in sorted(topics))


def writing_acls(principal: str, topics: Collection[str]) -> tuple[Acl, ...]:
    """A mirror writes the topics in scope where its direction ends."""
    return tuple(_allow(ResourceType.TOPIC, topic, principal, "WRITE") for topic in sorted(topics))


def reverse_write_acls(principal: str, topics: Collection[str]) -> tuple[Acl, ...]:
    """What the reverse mirror needs on the source to write these topics.

    The plan lists it apart: a unit's Prepare adds it for its own topics, once the DENY for the
    same principal is read back (protocol 3.1), and nothing else ever does.
    """
    return writing_acls(principal, topics)


def runtime_acls(principal: str, short_uid: str, direction: Direction) -> tuple[Acl, ...]:
    """Syncs, Connect's own topics, group and transactions, on the cluster that mirrors write to.

    The least that runs: what each is for was found by leaving it out
    (measured on StandardAuthorizer with Connect 4.3.1, tests/contract/connect).
    """
    group = group_id(short_uid, direction)
    entries = [_allow(ResourceType.TOPIC, syncs_topic(short_uid, direction), principal, "WRITE")]
    entries += [
        _allow(ResourceType.TOPIC, storage_topic(short_uid, direction, kind), principal, operation)
        for kind, _ in _STORAGE
        for operation in ("READ", "WRITE")
    ]
    entries.append(_allow(ResourceType.GROUP, group, principal, "READ"))
    leader = leader_transaction(short_uid, direction)
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
