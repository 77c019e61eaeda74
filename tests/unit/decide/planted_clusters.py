"""Both clusters of a planted world, all that stands beside them, and the logs that mirrors copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

from tests.unit.decide.planted_specs import (
    PARTITIONS,
    SETTINGS,
    acl,
    loaded,
    migration_spec,
    topic,
    unit_spec,
)

from kafka_migration.decide.tasks import Failure
from kafka_migration.model.actions import Direction
from kafka_migration.model.connect import Connector, Workers
from kafka_migration.model.entries import Entry
from kafka_migration.model.facts import Fact, PlaceAnswer, Restarts, Unknown
from kafka_migration.model.kafka import Acl, Commit, Ends, Partition, Permission, Topic
from kafka_migration.model.kubernetes import Loaded, ProbePod
from kafka_migration.model.sides import Side, entered_by, left_by


@dataclass
class Kafka:
    """One cluster."""

    cluster_id: str
    topics: dict[str, Topic] = field(default_factory=dict)
    acls: set[Acl] = field(default_factory=set)
    high: dict[Partition, int] = field(default_factory=dict)
    data: dict[Partition, int | None] = field(default_factory=dict)  # last data record
    records: dict[Partition, list[int]] = field(default_factory=dict)  # all of them
    stable: dict[Partition, int] = field(default_factory=dict)
    commits: dict[str, dict[Partition, Commit]] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    settings: dict[str, str | None] = field(default_factory=lambda: dict(SETTINGS))
    operations: frozenset[str] | None = frozenset({"ALTER"})

    def append(self, partition: Partition, count: int, marker: int = 2) -> None:
        """Data records and, of a transaction, what else takes offsets."""
        first = self.high.get(partition, 0)
        self.records.setdefault(partition, []).extend(range(first, first + count))
        self.data[partition] = first + count - 1
        self.high[partition] = self.high.get(partition, 0) + count + marker

    def ends(self) -> Ends:
        return Ends(dict(self.high), {p: self.stable.get(p, n) for p, n in self.high.items()})

    def may_write(self, principal: str, topic_name: str) -> bool:
        every = [a for a in self.acls if a.covers_topic(topic_name)]
        mine = [a.permission for a in every if a.principal == principal and a.operation == "WRITE"]
        return Permission.ALLOW in mine and Permission.DENY not in mine


@dataclass
class Mind:
    """What the process remembers about one object."""

    answered: frozenset[Any] = frozenset()
    failure: Failure | None = None
    seconds: float = 0.0
    drained_at: float | None = None
    in_step: float = 0.0
    needed: tuple[Fact[Any], ...] = ()  # facts that the last tick of this step asked for


def _source() -> Kafka:
    kafka = Kafka("source-id", {"orders": topic("orders", "s-1")})
    kafka.acls = {acl("writer", "WRITE"), acl("writer", "DESCRIBE"), acl("reader", "READ")}
    kafka.high = dict.fromkeys(PARTITIONS, 10)
    kafka.data = dict.fromkeys(PARTITIONS, 9)
    kafka.records = {p: list(range(10)) for p in PARTITIONS}
    kafka.commits = {"orders": {p: Commit(10) for p in PARTITIONS}}
    return kafka


def direction_of(connector: str) -> Direction:
    return "reverse" if "-reverse-" in connector else "forward"


def in_scope(topic_name: str) -> bool:
    """Not one of the mirrors' own."""
    return not topic_name.startswith(("kmig-", "mm2-"))


@dataclass
class Clusters:
    """Both clusters, Connect, Kubernetes and our objects, as values."""

    objects: dict[str, Loaded] = field(default_factory=dict)
    journals: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    minds: dict[str, Mind] = field(default_factory=dict)
    source: Kafka = field(default_factory=_source)
    target: Kafka = field(default_factory=lambda: Kafka("target-id"))
    workers: Workers = field(default_factory=lambda: Workers(False, None, 0, 1))
    reverse_workers: Workers = field(default_factory=lambda: Workers(False, None, 0, 1))
    connectors: dict[str, Connector] = field(default_factory=dict)
    stored: dict[str, dict[Partition, int]] = field(default_factory=dict)
    register: dict[str, Any] = field(default_factory=lambda: {"entries": [], "authority": {}})
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    replicas: dict[str, int] = field(default_factory=lambda: {"writer": 1, "reader": 1})
    generation: dict[str, int] = field(default_factory=lambda: {"writer": 0, "reader": 0})
    bindings: dict[str, str | None] = field(
        default_factory=lambda: {"writer": "source", "reader": "source"}
    )
    adopted: set[str] = field(default_factory=set)
    probes: dict[str, ProbePod] = field(default_factory=dict)
    places: dict[str, PlaceAnswer] = field(default_factory=dict)
    place_says: str | None = '{"brokers": 1}'
    place_seconds_ago: float | None = 1.0
    propagation: dict[str, float] | None = None
    window_seconds: float = 100.0  # how long ends have been still
    moved: tuple[Partition, ...] = ()
    lag_seconds: float = 0.0
    return_lag_seconds: float = 0.0
    return_bounds: dict[str, Any] = field(default_factory=dict)  # of REVERSE_COPY_BOUNDS
    patch_quiet_seconds: float = inf
    since_freeing: float = inf
    restarts: dict[str, Restarts] = field(default_factory=dict)
    bounds: dict[str, Any] = field(default_factory=dict)  # fields of CopyBounds, planted
    workload: dict[str, Any] = field(default_factory=dict)  # fields of every Workload, planted
    unknown: dict[str, Unknown] = field(default_factory=dict)  # fact name -> why
    silent: frozenset[Side] = frozenset()  # sides that do not answer, nor the Connect at them
    static_members: tuple[str, ...] = ()  # of the reader's group, while it runs
    proven_groups: list[str] = field(default_factory=list)
    acts: list[tuple[str, Any]] = field(default_factory=list)
    way_back: bool = False
    checked: bool = True  # after each tick; False: the test itself breaks what must hold
    compacted: frozenset[str] = frozenset()  # topics

    def __post_init__(self) -> None:
        """A migration, a writer and a reader, freshly applied."""
        for thing in (
            loaded("KafkaMigration", "platform", "leave", self._migration_spec()),
            loaded("WorkloadCutover", "orders", "writer", unit_spec("writer", "Writer", 10)),
            loaded("WorkloadCutover", "orders", "reader", unit_spec("reader", "Reader", 20)),
        ):
            self.objects.setdefault(thing.key.name, thing)

    def _migration_spec(self) -> dict[str, Any]:
        spec = migration_spec()
        reverse = "Enabled" if self.way_back else "Disabled"
        return {**spec, "replication": {**spec["replication"], "reverse": reverse}}

    def mind(self, name: str) -> Mind:
        return self.minds.setdefault(name, Mind())

    @property
    def last_data(self) -> dict[Partition, int | None]:
        """Of the source."""
        return self.source.data

    def _side(self, side: str) -> Kafka:
        return self.source if side == "source" else self.target

    def copy(self) -> None:
        """Every mirror that runs and may write copies what it has not copied."""
        for name, connector in self.connectors.items():
            if connector.state != "RUNNING" or self.silent:
                continue
            way = direction_of(name)
            left, entered = self._side(left_by(way)), self._side(entered_by(way))
            for partition, last in left.data.items():
                stored = self.stored[name].get(partition, -1)
                if partition.topic in connector.topics and last is not None and last > stored:
                    assert entered.may_write("User:mirror", partition.topic), f"{name} is denied"
                    self.stored[name][partition] = last
                    entered.append(partition, last - stored)

    def read(self) -> None:
        """The reader reads to the end where its binding points."""
        side = self.bindings["reader"]
        assert side is not None
        assert self.replicas["reader"]
        kafka = self._side(side)
        kafka.commits["orders"] = {p: Commit((kafka.data[p] or 0) + 1) for p in PARTITIONS}

    def write(self, count: int = 5) -> None:
        """The writer writes where its binding points, if it runs."""
        side = self.bindings["writer"]
        assert side is not None
        assert self.replicas["writer"]
        kafka = self._side(side)
        assert kafka.may_write("User:writer", "orders")
        for partition in PARTITIONS:
            kafka.append(partition, count, marker=0)
        self.copy()
