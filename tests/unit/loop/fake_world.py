"""An in-memory world behind the ports, and contexts of a small migration and unit."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.errors import Conflict, KmigError, Refused, Unavailable
from kafka_migration.memory import Memory
from kafka_migration.model.connect import OFFSET_RESET, Connector, ConnectorOffsets
from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.inventory import FrozenTopic, Inventory, Plan
from kafka_migration.model.kafka import (
    Acl,
    Cluster,
    Commit,
    Connection,
    Ends,
    NewTopic,
    Partition,
    PartitionState,
    Probe,
    ProbeResult,
    Topic,
)
from kafka_migration.model.kubernetes import Key, Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Direction
from kafka_migration.settings import Settings
from kafka_migration.world import World

ORDERS = Partition("orders", 0)
MIGRATION_KEY = Key("KafkaMigration", "platform", "leave")
UNIT_KEY = Key("WorkloadCutover", "orders", "writer")


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class FakeLease:
    def __init__(self) -> None:
        self.held = True
        self.is_settled = True

    def check(self, seconds: float = 0.0) -> None:
        if not self.held:
            raise Unavailable(Reason.PROGRESSING, "the Lease is lost; nothing was sent")

    def settled(self, request_seconds: float) -> bool:
        return self.is_settled


class Inline(Executor):
    """Runs at once, in the caller's thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as a pool does
            future.set_exception(error)
        return future


class FakeSecrets:
    def __init__(self) -> None:
        self.values: dict[tuple[str, str, str], str] = {}
        self.reads: list[tuple[str, str, str]] = []

    def value(self, namespace: str, name: str, key: str) -> str:
        self.reads.append((namespace, name, key))
        try:
            return self.values[namespace, name, key]
        except KeyError:
            text = f"Secret {namespace}/{name} has no key {key!r}; add it"
            raise Refused(Reason.SECRET_MISSING, text) from None


@dataclass
class FakeKafka:
    """One cluster; `seen` are the connections that probes came with."""

    present: dict[str, Topic] = field(default_factory=dict)
    entries: set[Acl] = field(default_factory=set)
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
        return dict.fromkeys(partitions, 0)

    def last_data(self, below):
        self.calls.append(("last_data", dict(below)))
        return {p: self.data.get(p) for p in below}

    def probe_writes(self, connection, principal, partitions):
        self.seen.append(connection)
        return tuple(Probe(principal, 1, p, self.probed) for p in partitions)

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


class FakeEngine:
    def credentials(self, order):
        return f"{order.source.password} {order.target.ca_pem} {order.rest_password}"

    def workers(self, order):
        return [{"image": order.image, "hash": order.spec_hash, "password": order.rest_password}]

    def mirror(self, order):
        topics = "|".join(order.topics)
        return {"name": order.name, "topics": topics, OFFSET_RESET: order.offset_reset}


class FakeRegister:
    def __init__(self) -> None:
        self.document: Mapping[str, Any] = {}
        self.version = 0
        self.states: list[str] = []
        self.interfere = False

    def read(self, namespace, name):
        assert (namespace, name) == ("platform", "leave-fences")
        return self.document, str(self.version) if self.version else ""

    def write(self, namespace, name, document, version):
        if self.interfere or version != (str(self.version) if self.version else ""):
            raise Conflict(Reason.PROGRESSING, "another version")
        self.document, self.version = document, self.version + 1
        self.states.append(",".join(sorted({e["state"] for e in document["entries"]})))
        return str(self.version)


class Recorder:
    """A port that answers from `answers` by method name and remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.answers: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            answer = self.answers.get(name)
            return answer(*arguments) if callable(answer) else answer

        return call


class FakeWorld:
    """The pieces, and the World made of them."""

    def __init__(self) -> None:
        self.clock, self.lease, self.secrets = FakeClock(), FakeLease(), FakeSecrets()
        self.source, self.target = FakeKafka(), FakeKafka()
        self.connect, self.register = FakeConnect(), FakeRegister()
        self.reverse_connect = FakeConnect()
        self.store, self.shards = Recorder(), Recorder()
        self.workers, self.workloads, self.jobs = Recorder(), Recorder(), Recorder()
        self.memory = Memory()
        self.settings = Settings(connect_images={"4.3": "kafka:test"})
        for side in ("source", "target"):
            self.secrets.values[("platform", f"{side}-ca", "ca.crt")] = f"CA {side}"
            for user in ("kmig", "mirror"):
                name = f"{user}-{side}"
                self.secrets.values[("platform", name, "password")] = f"pw-{name}"
            self.secrets.values[("orders", f"app-{side}", "password")] = f"pw-app-{side}"
        for direction in ("forward", "reverse"):
            workers = ("platform", f"kmig-aaaaaaaa-{direction}", "rest-password")
            self.secrets.values[workers] = "rest"
        self.rest_passwords: list[str] = []

    def kafka(self, connection: Connection) -> FakeKafka:
        return self.source if connection.bootstrap_servers.startswith("source") else self.target

    def connect_cluster(self, namespace: str, name: str, password: str) -> FakeConnect:
        self.rest_passwords.append(password)
        return self.reverse_connect if name.endswith("-reverse") else self.connect

    @property
    def world(self) -> World:
        parts: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                *("settings", "clock", "memory", "lease", "secrets", "store", "shards"),
                *("register", "workers", "workloads", "jobs", "kafka"),
            )
        }
        return World(**parts, executor=Inline(), connect=self.connect_cluster, engine=FakeEngine())


def authentication(user: str, secret: str) -> dict[str, Any]:
    reference = {"secretName": secret, "password": "password"}
    return {"type": "plain", "username": user, "passwordSecret": reference}


def cluster_spec(side: str) -> dict[str, Any]:
    return {
        "bootstrapServers": f"{side}:9092",
        "authentication": authentication("kmig", f"kmig-{side}"),
        "tls": {"trustedCertificates": [{"secretName": f"{side}-ca", "certificate": "ca.crt"}]},
    }


def migration_spec(**changes: Any) -> dict[str, Any]:
    identities = {
        side: {"authentication": authentication("mirror", f"mirror-{side}")}
        for side in ("source", "target")
    }
    return {
        "source": cluster_spec("source"),
        "target": cluster_spec("target"),
        "scope": {"topics": {"include": ["ord.*"], "exclude": ["orders-private"]}},
        "targetTopics": {"replicationFactor": 1},
        "replication": {
            "identities": identities,
            "mirrorMaker2": {"version": "4.3"},
            "reverse": "Disabled",
        },
        "desiredStage": "Replicating",
        **changes,
    }


def unit_spec() -> dict[str, Any]:
    binding = {
        "secretName": "binding",
        "source": {"authentication": authentication("app", "app-source")},
        "target": {"authentication": authentication("app", "app-target")},
    }
    return {
        "migrationRef": {"namespace": "platform", "name": "leave"},
        "workloads": [{"name": "writer", "role": "Writer", "binding": binding}],
        "topics": {"writes": ["orders"], "reads": ["orders"]},
        "consumerGroups": [{"name": "group"}],
        "pauseBudgetSeconds": 60,
        "wave": 1,
        "desiredCluster": "ByWave",
    }


def loaded(key: Key, uid: str, spec: Mapping[str, Any], status: Any = None) -> Loaded:
    return Loaded(key, uid, 1, "7", False, (), spec, status or {})


def inventory() -> Inventory:
    plan = Plan((NewTopic("orders", 1, 1, {"cleanup.policy": "delete"}),), (), (), ())
    frozen = FrozenTopic("orders", "id", 1, {}, "CreateTime")
    return Inventory("s", "t", {"orders": frozen}, (), (), plan)


def migration(*, frozen: bool = True, spec: Mapping[str, Any] | None = None) -> MigrationContext:
    raw = dict(spec or migration_spec())
    entries = (Entry(EntryKind.INVENTORY_FROZEN, 1, inventory().as_json()),) if frozen else ()
    return MigrationContext(
        loaded(MIGRATION_KEY, "aaaaaaaa-1111", raw),
        KafkaMigrationSpec.model_validate(raw),
        Journal(entries),
    )


def unit(of: MigrationContext | None = None, direction: Direction = "forward") -> UnitContext:
    raw = unit_spec()
    return UnitContext(
        loaded(UNIT_KEY, "bbbbbbbb-2222", raw),
        WorkloadCutoverSpec.model_validate(raw),
        Journal(),
        of or migration(),
        direction=direction,
    )


def topic(name: str, in_sync: int = 1, needed: int = 1) -> Topic:
    state = PartitionState(1, (1,), tuple(range(1, in_sync + 1)))
    return Topic(name, f"id-{name}", {0: state}, {"min.insync.replicas": str(needed)})
