"""An in-memory world behind the ports."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from typing import Any

from tests.unit.loop.fake_clusters import FakeConnect, FakeKafka
from tests.unit.loop.small_objects import (
    MIGRATION_KEY,
    ORDERS,
    UNIT_KEY,
    cluster_spec,
    inventory,
    loaded,
    migration,
    migration_spec,
    topic,
    unit,
    unit_spec,
)

from kafka_migration.errors import Conflict, Refused, Unavailable
from kafka_migration.memory import Memory
from kafka_migration.model.connect import OFFSET_RESET
from kafka_migration.model.facts import Fact
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import observe
from kafka_migration.settings import Settings
from kafka_migration.world import World

__all__ = [
    "MIGRATION_KEY",
    "ORDERS",
    "UNIT_KEY",
    "FakeClock",
    "FakeWorld",
    "cluster_spec",
    "inventory",
    "loaded",
    "migration",
    "migration_spec",
    "read",
    "topic",
    "unit",
    "unit_spec",
]


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
        self.copied: Mapping[str, Any] = {}  # the other document

    def read(self, namespace, name):
        if name == "leave-copied":
            return self.copied, "1" if self.copied else ""
        assert (namespace, name) == ("platform", "leave-fences")
        return self.document, str(self.version) if self.version else ""

    def write(self, namespace, name, document, version):
        if name == "leave-copied":
            assert version == ("1" if self.copied else "")
            self.copied = document
            return "1"
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


def read(fake: FakeWorld, context: Any, *wanted: Fact[Any]) -> Any:
    return observe(fake.world, context, wanted)
