"""What the mirrors need on the clusters: names, internal topics, least privilege. Pure.

Names carry the migration's UID (protocol 5.4): Connect keys stored offsets by connector name and
source alias, so a second migration on the same target can never meet them.
"""

from __future__ import annotations

from collections.abc import Collection

from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.model.entries import canonical, digest
from kafka_migration.model.kafka import Acl, NewTopic, PatternType, Permission, ResourceType

_ENDLESS = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
_COMPACT = {"cleanup.policy": "compact"}


def group_id(short_uid: str) -> str:
    """The Connect cluster's group.id; prefix of its transactional ids and topics."""
    return f"kmig-{short_uid}-forward"


def source_alias(short_uid: str) -> str:
    """source.cluster.alias: part of every stored offset's key."""
    return f"s{short_uid}"


def target_alias(short_uid: str) -> str:
    """target.cluster.alias."""
    return f"t{short_uid}"


def syncs_topic(short_uid: str) -> str:
    """Where MirrorMaker writes offset syncs (offset-syncs.topic.location=target)."""
    return f"mm2-offset-syncs.{source_alias(short_uid)}.internal"


def internal_topics(short_uid: str, replication_factor: int) -> tuple[NewTopic, ...]:
    """Connect's three topics and the offset-syncs topic, made before the workers start.

    The syncs topic keeps every sync: compaction would take away the history that exact
    translation needs.
    """
    group = group_id(short_uid)
    return (
        NewTopic(f"{group}-config", 1, replication_factor, _COMPACT),
        NewTopic(f"{group}-offsets", 5, replication_factor, _COMPACT),
        NewTopic(f"{group}-status", 2, replication_factor, _COMPACT),
        NewTopic(syncs_topic(short_uid), 1, replication_factor, _ENDLESS),
    )


def source_acls(principal: str, topics: Collection[str]) -> tuple[Acl, ...]:
    """The mirror reads the topics in scope; it needs no group (assign)."""
    return tuple(
        _allow(ResourceType.TOPIC, topic, PatternType.LITERAL, principal, "READ")
        for topic in sorted(topics)
    )


def target_acls(principal: str, topics: Collection[str], short_uid: str) -> tuple[Acl, ...]:
    """The mirror writes the topics in scope and the syncs, uses its own topics and transactions.

    The least that runs: what each is for was found by leaving it out
    (measured on StandardAuthorizer with Connect 4.3.1, tests/contract/connect).
    """
    group = group_id(short_uid)
    literal, prefixed = PatternType.LITERAL, PatternType.PREFIXED
    written = [*sorted(topics), syncs_topic(short_uid)]
    entries = [_allow(ResourceType.TOPIC, t, literal, principal, "WRITE") for t in written]
    entries += [
        _allow(ResourceType.TOPIC, topic.name, literal, principal, operation)
        for topic in internal_topics(short_uid, 1)
        if topic.name != syncs_topic(short_uid)
        for operation in ("READ", "WRITE")
    ]
    entries.append(_allow(ResourceType.GROUP, group, literal, principal, "READ"))
    entries += [
        _allow(ResourceType.TRANSACTIONAL_ID, name, pattern, principal, "WRITE")
        for name, pattern in ((f"connect-cluster-{group}", literal), (f"{group}-", prefixed))
    ]
    return tuple(sorted(entries))


def workers_hash(spec: KafkaMigrationSpec) -> str:
    """Changes when the workers must be made anew; holds no secret."""
    described = spec.model_dump(
        mode="json", include={"source", "target", "replication"}, by_alias=True
    )
    return digest(canonical(described))[7:23]


def _allow(
    kind: ResourceType, resource: str, pattern: PatternType, principal: str, operation: str
) -> Acl:
    return Acl(kind, resource, pattern, principal, "*", operation, Permission.ALLOW)
