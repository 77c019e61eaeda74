"""MirrorMaker 2 as the engine: connectors, their internal topics, and the rights they need.

Called by act through the app's composition. Pure builders: no I/O, no credential; a connector's
configuration holds placeholders only. Worker manifests: `manifests`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kafka_migration.adapters.replication import names
from kafka_migration.adapters.replication.settings import MirrorConnection, literal, security
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Acl, NewTopic, PatternType, Permission, ResourceType
from kafka_migration.model.reasons import Reason

CONNECTOR_CLASS = "org.apache.kafka.connect.mirror.MirrorSourceConnector"
BYTE_ARRAYS = "org.apache.kafka.connect.converters.ByteArrayConverter"
_IDENTITY = "org.apache.kafka.connect.mirror.IdentityReplicationPolicy"
_MEBIBYTE = 1024 * 1024

# What every mirror of ours is; see knowledge of each trap in design 8 and 9.
_FIXED = {
    "connector.class": CONNECTOR_CLASS,
    "replication.policy.class": _IDENTITY,
    "topics.exclude": "",
    "key.converter": BYTE_ARRAYS,
    "value.converter": BYTE_ARRAYS,
    "header.converter": BYTE_ARRAYS,  # the default one turns bytes into text
    "errors.tolerance": "none",
    "exactly.once.support": "required",
    "transaction.boundary": "poll",
    # Only `source.consumer.*` reaches the consumer; `source.cluster.*` would be dropped silently.
    "source.consumer.isolation.level": "read_committed",
    "source.consumer.max.poll.records": "5000",
    "source.consumer.max.partition.fetch.bytes": str(4 * _MEBIBYTE),
    "emit.heartbeats.enabled": "false",
    "heartbeats.replication.enabled": "false",
    "sync.topic.acls.enabled": "false",
    "sync.topic.configs.enabled": "false",
    "refresh.topics.enabled": "true",
    "offset-syncs.topic.location": "target",
    "offset.lag.max": "0",
}


@dataclass(frozen=True)
class MirrorSpec:
    """One mirror connector: `source` and `target` as its direction sees them."""

    name: str
    uid: str  # names.uid8 of the migration
    direction: str  # names.FORWARD | names.REVERSE
    source: MirrorConnection
    target: MirrorConnection
    topics: frozenset[str]
    tasks_max: int = 1
    replication_factor: int = 1
    offset_reset: str = "earliest"  # or "none" once every key is stored (protocol 5.5)
    refresh_seconds: int = 30


def connector_config(spec: MirrorSpec) -> dict[str, str]:
    """Whole configuration of the connector, as Connect reads it back."""
    return {
        **_FIXED,
        "name": spec.name,
        "tasks.max": str(spec.tasks_max),
        "topics": _topics(spec.topics),
        "source.cluster.alias": names.alias(spec.uid, spec.direction, side="source"),
        "target.cluster.alias": names.alias(spec.uid, spec.direction, side="target"),
        **_cluster("source", spec.source),
        **_cluster("target", spec.target),
        "source.consumer.auto.offset.reset": spec.offset_reset,
        "refresh.topics.interval.seconds": str(spec.refresh_seconds),
        "replication.factor": str(spec.replication_factor),
        "offset-syncs.topic.replication.factor": str(spec.replication_factor),
    }


def internal_topics(uid: str, direction: str, replication_factor: int) -> list[NewTopic]:
    """Topics to create on the cluster that the direction ends at, before workers start."""
    compact = {"cleanup.policy": "compact"}
    # Compaction of the syncs topic would drop the anchors of exact translation.
    forever = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
    wanted = (
        (names.storage_topic(uid, direction, "config"), 1, compact),
        (names.storage_topic(uid, direction, "offsets"), 5, compact),
        (names.storage_topic(uid, direction, "status"), 3, compact),
        (names.syncs_topic(uid, direction), 1, forever),
    )
    return [NewTopic(name, count, replication_factor, config) for name, count, config in wanted]


@dataclass(frozen=True)
class MirrorPrincipals:
    """The mirror's principals of one direction, each in the form `User:name`."""

    source: str
    target: str


def mirror_acls(
    principals: MirrorPrincipals, uid: str, direction: str, topics: Collection[str]
) -> tuple[tuple[Acl, ...], tuple[Acl, ...]]:
    """The least that mirrors of one direction need: (at its source, at its target)."""
    source = tuple(_allow(principals.source, _TOPIC, name, "READ") for name in sorted(topics))
    target = [_allow(principals.target, _TOPIC, name, "WRITE") for name in sorted(topics)]
    group = names.group_id(uid, direction)
    target.append(_allow(principals.target, ResourceType.GROUP, group, "READ"))
    for kind in ("config", "offsets", "status"):
        topic = names.storage_topic(uid, direction, kind)
        target += [_allow(principals.target, _TOPIC, topic, right) for right in ("READ", "WRITE")]
    target.append(_allow(principals.target, _TOPIC, names.syncs_topic(uid, direction), "WRITE"))
    leader = names.leader_transaction(uid, direction)
    target.append(_allow(principals.target, ResourceType.TRANSACTIONAL_ID, leader, "WRITE"))
    tasks = Acl(
        ResourceType.TRANSACTIONAL_ID,
        f"{group}-",
        PatternType.PREFIXED,
        principals.target,
        "*",
        "WRITE",
        Permission.ALLOW,
    )
    return source, (*target, tasks)


_TOPIC = ResourceType.TOPIC


def _allow(principal: str, kind: ResourceType, resource: str, operation: str) -> Acl:
    return Acl(kind, resource, PatternType.LITERAL, principal, "*", operation, Permission.ALLOW)


def _topics(topics: Collection[str]) -> str:
    r"""Quoted names joined by `|`; an empty list would mean every topic there is."""
    if not topics:
        raise Invalid(Reason.NOTHING_IN_SCOPE, "a mirror without topics would copy all of them")
    for name in topics:
        if not names.mirrorable(name):
            message = f"MirrorMaker 2 never copies a topic named {name!r}; exclude it"
            raise Invalid(Reason.NOT_SUPPORTED, message)
    return "|".join(rf"\Q{literal(name, 'a topic name')}\E" for name in sorted(topics))


def _cluster(side: str, connection: MirrorConnection) -> dict[str, str]:
    bootstrap = literal(connection.bootstrap_servers, "bootstrapServers")
    settings = {"bootstrap.servers": bootstrap, **security(connection, side)}
    return {f"{side}.cluster.{key}": value for key, value in settings.items()}
