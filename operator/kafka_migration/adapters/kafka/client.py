"""`KafkaCluster` answers `KafkaPort` for one connection; `KafkaPool` keeps one for each.

Called by `app` (the pool) and, through the port, by observe and act. Must never share a client
between two passwords.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256

from kafka_migration.adapters.kafka import acls as acl_calls
from kafka_migration.adapters.kafka import canary, probe, topics, transactions
from kafka_migration.adapters.kafka import cluster as cluster_calls
from kafka_migration.adapters.kafka import offsets as offset_calls
from kafka_migration.adapters.kafka.admin import Admin
from kafka_migration.adapters.kafka.group_process import GroupProcess
from kafka_migration.adapters.kafka.reading import Reading
from kafka_migration.adapters.kafka.records import RecordLister
from kafka_migration.adapters.kafka.syncs import SyncReader
from kafka_migration.adapters.kafka.tail import TailReader
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
from kafka_migration.ports import KafkaPort

_TAIL_TIMEOUT = 15.0  # seconds to find the last records; ordinary searches take far less
_LIST_TIMEOUT = 30.0  # seconds to list records, or to read on in a syncs topic
_IDLE = 600.0  # seconds until an unused cluster's threads and connections are given up


class KafkaCluster:
    """One cluster seen through one credential; thread-safe, connects at the first call.

    Kafka hides topics and groups that a principal may not describe instead of refusing: give the
    operator's principal Describe on all of them before "all" is believed.
    """

    def __init__(self, connection: Connection) -> None:
        self._admin = Admin(connection)
        self._reading, self._following = Reading(self._admin), Reading(self._admin)
        self._tail = TailReader(self._admin, self._reading)
        self._records = RecordLister(self._admin, self._reading)
        self._syncs = SyncReader(self._admin, self._following)
        self._groups = GroupProcess(connection)

    def cluster(self) -> Cluster:
        """Identity, brokers, our operations; `settings` is empty if we may not read them."""
        return cluster_calls.read_cluster(self._admin)

    def topics(self, names: Collection[str] | None = None) -> Mapping[str, Topic]:
        """Topics with configuration; None = all but internal ones; absent names are left out."""
        return topics.read_topics(self._admin, names)

    def create_topic(self, topic: NewTopic) -> None:
        """Create and wait until metadata shows its leaders; existing = Refused."""
        topics.create_topic(self._admin, topic)

    def acls(self) -> tuple[Acl, ...]:
        """Every ACL on topics, groups, the cluster and transactional ids."""
        return acl_calls.read_acls(self._admin)

    def create_acls(self, acls: Collection[Acl]) -> None:
        """Add entries; adding one that exists is not an error."""
        acl_calls.create_acls(self._admin, acls)

    def delete_acls(self, acls: Collection[Acl]) -> None:
        """Remove exactly these entries; a missing one is not an error."""
        acl_calls.delete_acls(self._admin, acls)

    def groups(self, names: Collection[str] | None = None) -> Mapping[str, Group]:
        """Consumer groups by name; None = all; absent ones are left out."""
        wanted = None if names is None else tuple(names)
        found: dict[str, Group] = self._groups.call("read_groups", wanted)
        return found

    def commits(
        self, group: str, partitions: Collection[Partition] | None = None
    ) -> Mapping[Partition, Commit]:
        """Committed offsets, require_stable; an open transaction's = Unavailable.

        Only named partitions show a pending first commit; None asks for all committed ones.
        """
        asked = None if partitions is None else tuple(partitions)
        found: dict[Partition, Commit] = self._groups.call("read_commits", group, asked)
        return found

    def commit(self, group: str, offsets: Mapping[Partition, int | Commit]) -> None:
        """Write offsets (with metadata if given) to an empty group; refused for an active one."""
        self._groups.call("write_commits", group, dict(offsets))

    def delete_group(self, group: str) -> None:
        """Delete an empty group with its offsets; a missing one is not an error."""
        self._groups.call("delete_group", group)

    def ends(self, partitions: Collection[Partition]) -> Ends:
        """High watermark and LSO; where they are equal no transaction was open."""
        return offset_calls.read_ends(self._admin, partitions)

    def starts(self, partitions: Collection[Partition]) -> Offsets:
        """Log start offsets."""
        return offset_calls.read_starts(self._admin, partitions)

    def last_data(self, below: Mapping[Partition, int]) -> Mapping[Partition, int | None]:
        """Offset of the last visible data record below each offset, or None; one consumer."""
        return self._tail.last_data(below, _TAIL_TIMEOUT)

    def visible(self, spans: Mapping[Partition, Span], limit: int) -> Mapping[Partition, Visible]:
        """Offsets of data records in each span, at most `limit` each; log start and ends."""
        return self._records.visible(spans, limit, _LIST_TIMEOUT)

    def syncs(
        self, topic: str, wanted: Mapping[Partition, Around]
    ) -> Mapping[Partition, tuple[Sync, ...]]:
        """Offset syncs of a topic of ours, nearest to an offset; its first use reads it whole."""
        return self._syncs.syncs(topic, wanted, _LIST_TIMEOUT)

    def probe_writes(
        self, connection: Connection, principal: str, partitions: Collection[Partition]
    ) -> tuple[Probe, ...]:
        """Oversized produce with `connection` through each leader of each topic (1.10).

        Limits of topics and brokers are read with our own credential.
        """
        names = {partition.topic for partition in partitions}
        known = topics.read_topics(self._admin, names)
        settings = cluster_calls.read_cluster(self._admin).settings
        return probe.probe(connection, principal, probe.plan(partitions, known, settings))

    def measure_propagation(self, connection: Connection, principal: str, topic: str) -> float:
        """Seconds until a DENY and its deletion are in force everywhere, on a canary topic."""
        return canary.measure_propagation(self._admin, connection, principal, topic)

    def end_transaction(self, connection: Connection, transactional_id: str) -> None:
        """Abort what `connection`'s principal left open under an id; fences its producers."""
        transactions.end_transaction(connection, transactional_id)

    def close(self) -> None:
        """Give up threads and connections; a later call opens new ones."""
        self._reading.close()
        self._following.close()
        self._groups.close()
        self._admin.close()


class KafkaPool:
    """Clusters by connection: a client costs threads and a handshake. Thread-safe."""

    def __init__(
        self, idle_seconds: float = _IDLE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._idle = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._clusters: dict[str, tuple[KafkaCluster, float]] = {}
        atexit.register(self.close)

    def cluster(self, connection: Connection) -> KafkaPort:
        """The cluster of this connection; another password is another cluster."""
        key = _key(connection)
        now = self._clock()
        with self._lock:
            known = self._clusters.get(key)
            cluster = known[0] if known is not None else KafkaCluster(connection)
            self._clusters[key] = (cluster, now)
            idle = [name for name, (_, used) in self._clusters.items() if now - used > self._idle]
            evicted = [self._clusters.pop(name)[0] for name in idle]
        for old in evicted:
            old.close()
        return cluster

    def close(self) -> None:
        """Close all clusters."""
        with self._lock:
            clusters = [cluster for cluster, _ in self._clusters.values()]
            self._clusters.clear()
        for cluster in clusters:
            cluster.close()


def _key(connection: Connection) -> str:
    """A digest of every field, so that no password is a key in memory dumps of the pool."""
    fields = (
        connection.bootstrap_servers,
        connection.mechanism,
        connection.username,
        connection.password,
        connection.ca_pem,
    )
    return sha256(repr(fields).encode()).hexdigest()
