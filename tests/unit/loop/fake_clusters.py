"""Kafka and Connect behind their ports, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from kafka_migration.errors import KmigError
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.kafka import (
    Acl,
    Cluster,
    Commit,
    Connection,
    Ends,
    Partition,
    Probe,
    ProbeResult,
    Topic,
)


@dataclass
class FakeKafka:
    """One cluster; `seen` are the connections that probes came with."""

    present: dict[str, Topic] = field(default_factory=dict)
    entries: set[Acl] = field(default_factory=set)
    begin: dict[Partition, int] = field(default_factory=dict)  # log starts; 0 unless named
    high: dict[Partition, int] = field(default_factory=dict)
    stable: dict[Partition, int] = field(default_factory=dict)
    data: dict[Partition, int | None] = field(default_factory=dict)
    fault: KmigError | None = None
    probed: ProbeResult = ProbeResult.DENIED
    committed: dict[Partition, Commit] = field(default_factory=dict)
    pending: KmigError | None = None  # a transaction's commit, seen on named partitions only
    forbidden: dict[str, KmigError] = field(default_factory=dict)  # call -> its refusal
    deaf: bool = False  # ACL calls answer and do nothing
    seen: list[Connection] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    propagation: dict[str, float] = field(default_factory=dict)

    def cluster(self):
        return Cluster("id", (1,), None)

    def topics(self, names=None):
        if self.fault:
            raise self.fault
        self.calls.append(("topics", None if names is None else sorted(names)))
        return {n: t for n, t in self.present.items() if names is None or n in names}

    def create_topic(self, topic):
        self.calls.append(("create_topic", topic.name))

    def acls(self):
        return tuple(sorted(self.entries))

    def create_acls(self, acls):
        self.calls.append(("create_acls", len(acls)))
        if not self.deaf:
            self.entries |= set(acls)

    def delete_acls(self, acls):
        self.calls.append(("delete_acls", len(acls)))
        if not self.deaf:
            self.entries -= set(acls)

    def groups(self, names=None):
        return {}

    def commits(self, group, partitions=None):
        if partitions is not None and self.pending:
            raise self.pending
        return {p: c for p, c in self.committed.items() if partitions is None or p in partitions}

    def commit(self, group, offsets):
        if "commit" in self.forbidden:
            raise self.forbidden["commit"]
        self.calls.append(("commit", group, dict(offsets)))
        if group.startswith("kmig-"):
            self.committed |= {p: Commit(offset) for p, offset in offsets.items()}

    def delete_group(self, group):
        self.calls.append(("delete_group", group))
        if "delete_group" in self.forbidden:
            raise self.forbidden["delete_group"]
        self.committed.clear()

    def ends(self, partitions):
        if self.fault:
            raise self.fault
        self.calls.append(("ends", len(partitions)))
        high = {p: self.high[p] for p in partitions}
        return Ends(high, {p: self.stable.get(p, self.high[p]) for p in partitions})

    def starts(self, partitions):
        return {p: self.begin.get(p, 0) for p in partitions}

    def last_data(self, below):
        self.calls.append(("last_data", dict(below)))
        return {p: self.data.get(p) for p in below}

    def probe_writes(self, connection, principal, partitions):
        self.seen.append(connection)
        return tuple(Probe(principal, 1, p, self.probed) for p in partitions)

    def end_transaction(self, connection, transactional_id):
        self.calls.append(("end", connection.username, transactional_id))

    def measure_propagation(self, connection, principal, topic):
        self.calls.append(("measure", principal, topic))
        return self.propagation[principal]


@dataclass
class FakeConnect:
    present: dict[str, Connector] = field(default_factory=dict)
    stored: dict[str, dict[Partition, int]] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def ready(self):
        return True

    def connectors(self):
        return dict(self.present)

    def create(self, name, config):
        self.calls.append(("create", name))
        topics = frozenset(config["topics"].split("|"))
        self.present[name] = Connector(name, "STOPPED", {}, config, topics=topics)

    def configure(self, name, config):
        self.calls.append(("configure", name))
        topics = frozenset(config["topics"].split("|"))
        self.present[name] = replace(self.present[name], config=config, topics=topics)

    def stop(self, name):
        self.calls.append(("stop", name))

    def resume(self, name):
        self.calls.append(("resume", name))

    def restart_failed(self, name):
        self.calls.append(("restart", name))

    def delete(self, name):
        self.calls.append(("delete", name))
        self.present.pop(name, None)

    def offsets(self, name, alias):
        self.calls.append(("offsets", name, alias))
        return ConnectorOffsets(dict(self.stored.get(name, {})))

    def alter_offsets(self, name, alias, offsets):
        self.calls.append(("alter", name, alias, dict(offsets)))

    def fence_producers(self, name, alias):
        self.calls.append(("fence", name, alias))

    def delete_offsets(self, name):
        self.calls.append(("delete_offsets", name))
