"""Two real Kafkas for the verifier's contract tests: topics, records, and a run of `verify`.

The sandbox must be up (`make sandbox-up`): its addresses come from `.sandbox/env`. Records are
"mirrored" by these tests themselves, so that every fault can be planted.
"""

from __future__ import annotations

import json
import os
import shlex
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from kafka_migration.model.kafka import Connection, Partition
from kafka_migration.verifier.bounds import ask_bounds
from kafka_migration.verifier.main import verify
from kafka_migration.verifier.reader import settings
from kafka_migration.verifier.reading import Bounds, Log
from kafka_migration.verifier.spec import Spec

NOW = int(time.time() * 1000)  # older records would fall to retention while a test runs
ENV = Path(__file__).parents[3] / ".sandbox" / "env"


def _environment() -> Mapping[str, str]:
    if not ENV.exists():
        pytest.fail(f"{ENV} is missing: run `make sandbox-up` first")
    words = (shlex.split(line) for line in ENV.read_text().splitlines())
    return {**dict(w[1].split("=", 1) for w in words if len(w) == 2), **os.environ}


def _connection(
    env: Mapping[str, str], log: Log, user: str, mechanism: str = "PLAIN"
) -> Connection:
    prefix = f"KMIG_{log.value.upper()}"
    passwords = json.loads(Path(env["KMIG_CREDENTIALS"]).read_text())[log.value]
    ca = Path(env[f"{prefix}_CA"]).read_text()
    return Connection(env[f"{prefix}_BOOTSTRAP"], mechanism, user, passwords[user], ca)


@dataclass(frozen=True)
class Record:
    """A record as a test writes it."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp: int = NOW


@dataclass
class Maps:
    """The Job's two ConfigMaps, in memory, with the moment of the last write."""

    report: dict[str, Any] = field(default_factory=dict)
    document: str | None = None
    written_at: float = 0.0
    seen: threading.Event = field(default_factory=threading.Event)

    def write(self, name: str, key: str, text: str) -> None:
        self.report = json.loads(text)
        self.written_at = time.monotonic()
        self.seen.set()

    def read(self, name: str, key: str) -> str | None:
        return self.document


def until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        pause.wait(0.02)


@dataclass
class Clusters:
    """Source and target of one test, with a topic of its own."""

    env: Mapping[str, str]
    topic: str
    admins: Mapping[Log, AdminClient]

    now = NOW
    record = staticmethod(Record)
    maps = staticmethod(Maps)
    until = staticmethod(until)

    def connection(self, log: Log, user: str = "kmig", mechanism: str = "PLAIN") -> Connection:
        return _connection(self.env, log, user, mechanism)

    def create(self, partitions: int, **target_config: str) -> None:
        for log, admin in self.admins.items():
            config = {key.replace("_", "."): value for key, value in target_config.items()}
            new = NewTopic(self.topic, partitions, 1, config=config if log is Log.TARGET else {})
            admin.create_topics([new])[self.topic].result(30)

    def producer(self, log: Log, **more: Any) -> Producer:
        config = settings(self.connection(log, "admin"), "test")
        return Producer({**config, "enable.idempotence": True, "linger.ms": 5, **more})

    def write(self, log: Log, partition: int, records: Sequence[Record]) -> None:
        producer = self.producer(log)
        for record in records:
            self.send(producer, partition, record)
        assert producer.flush(30) == 0

    def write_transaction(
        self, log: Log, partition: int, records: Sequence[Record], *, commit: bool = True
    ) -> None:
        producer = self.producer(log, **{"transactional.id": f"{self.topic}-{uuid.uuid4()}"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for record in records:
            self.send(producer, partition, record)
        assert producer.flush(30) == 0
        (producer.commit_transaction if commit else producer.abort_transaction)(30)

    def send(self, producer: Producer, partition: int, record: Record) -> None:
        producer.produce(
            self.topic,
            value=record.value,
            key=record.key,
            partition=partition,
            timestamp=record.timestamp,
            headers=list(record.headers) or None,
        )
        producer.poll(0)

    def end(self, log: Log, partition: int) -> int:
        found = ask_bounds(self.admins[log], [Partition(self.topic, partition)])
        [bounds] = found.values()
        assert isinstance(bounds, Bounds), bounds
        return bounds.end

    def spec(self, mode: str, partitions: Sequence[int], **more: Any) -> Spec:
        tasks = [
            {
                "topic": self.topic,
                "partition": number,
                "sourceFrom": 0,
                "sourceTo": self.end(Log.SOURCE, number),
                "targetFrom": 0,
            }
            for number in partitions
        ]
        side = {"bootstrap": "from the connection"}
        return Spec.model_validate(
            {
                "mode": mode,
                "owner": {"name": "test", "uid": uuid.uuid4().hex},
                "source": side,
                "target": side,
                "partitions": tasks,
                "stallSeconds": 4,
                "settleSeconds": 1,
                **more,
            }
        )

    def verify(
        self, spec: Spec, maps: Maps | None = None, target: Connection | None = None
    ) -> dict[str, Any]:
        maps = maps or Maps()
        connections = {
            Log.SOURCE: self.connection(Log.SOURCE),
            Log.TARGET: target or self.connection(Log.TARGET),
        }
        assert verify(spec, connections, maps, ("report", "input")) == 0
        assert maps.report["state"] == "finished"
        return maps.report


@pytest.fixture(scope="session")
def environment() -> Mapping[str, str]:
    return _environment()


@pytest.fixture(scope="session")
def admins(environment: Mapping[str, str]) -> Mapping[Log, AdminClient]:
    return {
        log: AdminClient(settings(_connection(environment, log, "admin"), "test")) for log in Log
    }


@pytest.fixture
def clusters(
    environment: Mapping[str, str], admins: Mapping[Log, AdminClient]
) -> Iterator[Clusters]:
    found = Clusters(environment, f"verifier-{uuid.uuid4().hex[:12]}", admins)
    yield found
    for admin in admins.values():
        if found.topic in admin.list_topics(timeout=30).topics:
            admin.delete_topics([found.topic])[found.topic].result(30)
