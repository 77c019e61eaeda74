"""What the bench makes on the sandbox, and takes away again.

Called by the entry point. Every name carries the session's eight digits, which are written to a
file before anything is made: a killed session is removed by the next one. It must never touch
what carries other digits.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka_migration.adapters.kafka import KafkaCluster
from kafka_migration.adapters.kafka.config import client_config
from kafka_migration.adapters.kafka.rdkafka import AdminClient, KafkaError, KafkaException
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.decide.rules import mirror as rules
from kafka_migration.model.kafka import Connection, NewTopic, Partition
from kmig_bench.configs import Names
from kmig_bench.parameters import PARTITIONS
from kmig_bench.place import MIRROR, Place
from kmig_bench.waiting import wait_until

PRINCIPAL = f"User:{MIRROR}"
_SECONDS = 30.0
_NAMESPACE_SECONDS = 120.0  # a Connect worker gets 30 s to end
# Records that are never deleted while they are measured.
KEPT = {"retention.ms": "-1"}


@dataclass
class Cluster:
    """One Kafka as its administrator sees it: the product's port, and deletion of topics."""

    connection: Connection
    port: KafkaCluster

    def make(self, topic: str) -> None:
        """A topic of the bench, visible when this returns."""
        self.port.create_topic(NewTopic(topic, PARTITIONS, 1, KEPT))

    def names(self) -> set[str]:
        """Every topic."""
        return set(self._client().list_topics(timeout=_SECONDS).topics)

    def drop(self, topics: Collection[str]) -> None:
        """Delete topics; returns when they are gone. Absent ones are no error."""
        doomed = sorted(self.names() & set(topics))
        if not doomed:
            return
        client = self._client()  # held until the answers are there: they die with it
        for future in client.delete_topics(doomed).values():
            try:
                future.result(timeout=_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
        wait_until(
            "deletion of topics", _SECONDS, lambda: ", ".join(sorted(self.names() & set(doomed)))
        )

    def _client(self) -> AdminClient:
        return AdminClient({**client_config(self.connection)})


@dataclass
class Ground:
    """A session's place, clusters and names."""

    place: Place
    api: Api
    names: Names
    source: Cluster
    target: Cluster

    def partitions(self, topic: str) -> list[Partition]:
        """All of a topic's."""
        return [Partition(topic, number) for number in range(PARTITIONS)]

    def allow(self, topic: str) -> None:
        """What the product grants its mirror for a topic."""
        self.source.port.create_acls(rules.reading_acls(PRINCIPAL, {topic}))
        self.target.port.create_acls(rules.writing_acls(PRINCIPAL, {topic}))


@contextmanager
def session(place: Place, api: Api) -> Iterator[Ground]:
    """A ground with a namespace and the internal topics of the product's mirror."""
    uid = secrets.token_hex(4)
    clusters = [Cluster(end, KafkaCluster(end)) for end in (place.admin.source, place.admin.target)]
    ground = Ground(place, api, Names(uid), clusters[0], clusters[1])
    owned = Owned(place.folder / "bench-owned.json")
    try:
        for earlier in owned.read():
            _remove(ground, Names(earlier))
            owned.drop(earlier)
        owned.add(uid)
        _prepare(ground)
        yield ground
    finally:
        try:
            if uid in owned.read():
                _remove(ground, ground.names)
                owned.drop(uid)
        finally:
            for cluster in clusters:
                cluster.port.close()


@dataclass(frozen=True)
class Owned:
    """Digits of sessions whose things may still be there."""

    path: Path

    def read(self) -> list[str]:
        """All of them."""
        if not self.path.exists():
            return []
        found: list[str] = json.loads(self.path.read_text(encoding="utf-8"))
        return found

    def add(self, uid: str) -> None:
        """Before anything of it is made."""
        self._write([*self.read(), uid])

    def drop(self, uid: str) -> None:
        """After everything of it is gone."""
        self._write([other for other in self.read() if other != uid])

    def _write(self, uids: list[str]) -> None:
        if not uids:
            self.path.unlink(missing_ok=True)
            return
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(uids) + "\n", encoding="utf-8")
        unfinished.replace(self.path)


def _prepare(ground: Ground) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": ground.names.namespace, "labels": labels}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    ground.api.create("/api/v1/namespaces", body)
    uid = ground.names.uid
    for topic in rules.internal_topics(uid, "forward", 1):
        ground.target.port.create_topic(topic)
    ground.target.port.create_acls(rules.runtime_acls(PRINCIPAL, uid, "forward"))


def _remove(ground: Ground, names: Names) -> None:
    """Workers first, for they would make topics again; then groups, topics and ACLs."""
    path = f"/api/v1/namespaces/{names.namespace}"
    ground.api.delete(path)
    wait_until(
        f"deletion of namespace {names.namespace}",
        _NAMESPACE_SECONDS,
        lambda: "it is still there" if ground.api.get(path) is not None else "",
    )
    for cluster in (ground.source, ground.target):
        for group in cluster.port.groups():
            if names.uid in group:
                _remove_group(cluster, group)
        cluster.drop([topic for topic in cluster.names() if names.uid in topic])
        doomed = [acl for acl in cluster.port.acls() if names.uid in acl.resource]
        cluster.port.delete_acls(doomed)


def _remove_group(cluster: Cluster, group: str) -> None:
    def members() -> str:
        found = cluster.port.groups([group]).get(group)
        return ", ".join(found.members) if found else ""

    # A worker that was killed stays a member until its session times out.
    wait_until(f"group {group} without members", _NAMESPACE_SECONDS, members)
    cluster.port.delete_group(group)
