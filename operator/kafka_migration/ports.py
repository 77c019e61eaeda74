"""What the loop needs from the outside world, in domain words; implemented by adapters.

Every method has a timeout inside, raises only errors of `kafka_migration.errors`, and returns
complete answers: a part that could not be read raises Unavailable, it is never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from kafka_migration.model.connect import Connector, ConnectorOffsets, Workers
from kafka_migration.model.kafka import (
    Acl,
    Around,
    Cluster,
    Commit,
    Connection,
    Ends,
    Group,
    NewTopic,
    Offsets,
    Partition,
    Probe,
    Span,
    Sync,
    Topic,
    Visible,
)
from kafka_migration.model.kubernetes import Event, Key, Loaded


class Clock(Protocol):
    """Time, injected so that tests can turn it."""

    def now(self) -> datetime:
        """Wall clock, UTC; for people only, never for deadlines inside one process."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back and run on in suspend."""
        ...


class KafkaPort(Protocol):
    """One Kafka cluster seen through one credential. Cheap calls; clients are pooled."""

    def cluster(self) -> Cluster:
        """Cluster id, brokers, our authorised operations, one broker's settings."""
        ...

    def topics(self, names: Collection[str] | None = None) -> Mapping[str, Topic]:
        """Topics with ids, partitions and effective configs; None = all but internal ones.

        A name that does not exist is absent from the answer.
        """
        ...

    def create_topic(self, topic: NewTopic) -> None:
        """Create and wait (bounded) until metadata shows it; existing = Refused."""
        ...

    def acls(self) -> tuple[Acl, ...]:
        """Every ACL of the cluster; no right to list = Refused(NOT_AUTHORIZED)."""
        ...

    def create_acls(self, acls: Collection[Acl]) -> None:
        """Add entries; adding one that exists is not an error."""
        ...

    def delete_acls(self, acls: Collection[Acl]) -> None:
        """Remove exactly these entries (all seven fields); a missing one is not an error."""
        ...

    def groups(self, names: Collection[str] | None = None) -> Mapping[str, Group]:
        """Consumer groups by name; None = all. A group that does not exist is absent."""
        ...

    def commits(
        self, group: str, partitions: Collection[Partition] | None = None
    ) -> Mapping[Partition, Commit]:
        """Committed offsets, require_stable; a partition without a commit is absent.

        None = all. A transaction's first commit that is pending shows only on named partitions.
        """
        ...

    def commit(self, group: str, offsets: Mapping[Partition, int | Commit]) -> None:
        """Write offsets to an empty group (generation -1); refused for an active one."""
        ...

    def delete_group(self, group: str) -> None:
        """Delete an empty group with its offsets; a missing one is not an error."""
        ...

    def ends(self, partitions: Collection[Partition]) -> Ends:
        """High watermark and LSO of each partition, one request per leader and level."""
        ...

    def starts(self, partitions: Collection[Partition]) -> Offsets:
        """Log start offsets."""
        ...

    def last_data(self, below: Mapping[Partition, int]) -> Mapping[Partition, int | None]:
        """Offset of the last visible data record below each offset (read_committed), or None."""
        ...

    def visible(self, spans: Mapping[Partition, Span], limit: int) -> Mapping[Partition, Visible]:
        """Data records that a read_committed reader sees in each span, at most `limit` each.

        Log start and ends come with them; the ends are read before the records.
        """
        ...

    def syncs(
        self, topic: str, wanted: Mapping[Partition, Around]
    ) -> Mapping[Partition, tuple[Sync, ...]]:
        """Offset syncs of one of our mirrors' topics, nearest to an offset, in order."""
        ...

    def probe_writes(
        self, connection: Connection, principal: str, partitions: Collection[Partition]
    ) -> tuple[Probe, ...]:
        """Oversized produce with `connection`, one fresh producer per leader (protocol 1.10).

        `partitions` name the topics; one partition per (topic, leader) is probed.
        """
        ...

    def measure_propagation(self, connection: Connection, principal: str, topic: str) -> float:
        """Seconds until a DENY, and its removal, is enforced at every leader of a canary topic."""
        ...

    def end_transaction(self, connection: Connection, transactional_id: str) -> None:
        """Abort what was left open under a transactional.id; its producers are fenced for good.

        `connection` is a credential with Write on the id. Returns when the transaction ended.
        """
        ...


class ConnectPort(Protocol):
    """REST of one Connect cluster. Names of connectors are ours; topics are literal."""

    def ready(self) -> bool:
        """True if the worker answers and its herder accepts requests."""
        ...

    def connectors(self) -> Mapping[str, Connector]:
        """All connectors with state, tasks and config."""
        ...

    def create(self, name: str, config: Mapping[str, str]) -> None:
        """POST with initial_state STOPPED; an existing name = Refused."""
        ...

    def configure(self, name: str, config: Mapping[str, str]) -> None:
        """PUT the whole config."""
        ...

    def stop(self, name: str) -> None:
        """PUT stop; returns before tasks have ended."""
        ...

    def resume(self, name: str) -> None:
        """PUT resume."""
        ...

    def restart_failed(self, name: str) -> None:
        """Start the connector and its tasks again as far as they FAILED."""
        ...

    def delete(self, name: str) -> None:
        """DELETE the connector; a missing one is not an error."""
        ...

    def offsets(self, name: str, alias: str) -> ConnectorOffsets:
        """Stored offsets of a mirror whose source.cluster.alias is `alias`."""
        ...

    def alter_offsets(self, name: str, alias: str, offsets: Mapping[Partition, int | None]) -> None:
        """PATCH offsets of a STOPPED connector; None removes an entry."""
        ...

    def fence_producers(self, name: str, alias: str) -> None:
        """PATCH a non-existent entry with null: ends the last generation's producers (3.6)."""
        ...

    def delete_offsets(self, name: str) -> None:
        """DELETE all stored offsets of a STOPPED connector."""
        ...


class WorkersPort(Protocol):
    """The Connect Deployment, Service, ConfigMap and Secret of one migration and direction."""

    def read(self, namespace: str, name: str) -> Workers:
        """What runs now."""
        ...

    def apply(self, namespace: str, name: str, manifests: Sequence[Mapping[str, Any]]) -> None:
        """Create or update the objects (server-side apply, our field manager)."""
        ...

    def remove(self, namespace: str, name: str) -> None:
        """Delete all objects of this name; missing ones are not errors."""
        ...


class ShardStore(Protocol):
    """Immutable ConfigMap shards, named by digest, in the migration's namespace (no owner)."""

    def put(self, namespace: str, owner_uid: str, kind: str, payload: bytes) -> str:
        """Write one shard (gzip, immutable), read it back, return its sha256 digest."""
        ...

    def get(self, namespace: str, digest: str) -> bytes:
        """Payload of the shard with this digest; missing = Refused(STATUS_LOST)."""
        ...

    def list_digests(self, namespace: str, owner_uid: str, kind: str) -> Mapping[str, bytes]:
        """All shards of one owner and kind: digest -> payload."""
        ...


class StorePort(Protocol):
    """Our own two kinds: consistent reads, versioned status writes."""

    def load(self, key: Key) -> Loaded | None:
        """A fresh consistent read; None = it does not exist."""
        ...

    def list_keys(self) -> Sequence[Loaded]:
        """Every object of both kinds, all namespaces, consistent list."""
        ...

    def write_status(self, loaded: Loaded, status: Mapping[str, Any]) -> Loaded:
        """PUT /status with the version of `loaded`; another version = Conflict."""
        ...

    def set_finalizers(self, loaded: Loaded, finalizers: Sequence[str]) -> Loaded:
        """Versioned write of metadata.finalizers."""
        ...

    def publish(self, loaded: Loaded, event: Event) -> None:
        """Post an Event about the object."""
        ...


class RegisterPort(Protocol):
    """A versioned JSON document in one ConfigMap without owner (fence register, 1.7)."""

    def read(self, namespace: str, name: str) -> tuple[Mapping[str, Any], str]:
        """Document and version; absent = ({}, "")."""
        ...

    def write(self, namespace: str, name: str, document: Mapping[str, Any], version: str) -> str:
        """Write with the version read before; returns the new one; else Conflict."""
        ...

    def delete(self, namespace: str, name: str) -> None:
        """Remove it; a missing one is not an error."""
        ...
