"""MirrorMaker 2 as the engine: connectors, their internal topics, and the rights they need.

Called by act through the app's composition. Pure builders: no I/O, no credential; a connector's
configuration holds placeholders only. Worker manifests: `manifests`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kafka_migration.adapters.replication.settings import MirrorConnection, literal, security
from kafka_migration.decide.rules import mirror_names as names
from kafka_migration.errors import Invalid
from kafka_migration.model.connect import OFFSET_RESET, OffsetReset
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Direction

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
    direction: Direction
    source: MirrorConnection
    target: MirrorConnection
    topics: frozenset[str]
    tasks_max: int = 1
    replication_factor: int = 1
    offset_reset: OffsetReset = "earliest"  # "none" once every key is stored (protocol 5.5)
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
        OFFSET_RESET: spec.offset_reset,
        "refresh.topics.interval.seconds": str(spec.refresh_seconds),
        "replication.factor": str(spec.replication_factor),
        "offset-syncs.topic.replication.factor": str(spec.replication_factor),
    }


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
