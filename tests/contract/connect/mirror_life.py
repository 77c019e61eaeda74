"""One mirror from its workers' start to its deletion on the sandbox, with what was seen.

The tests read the facts; running it once serves them all. It uses the mirror's principal with
nothing but the rights of the plan.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from kafka_migration.adapters.connect import ConnectClient
from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.adapters.kubernetes.workers import ConnectWorkers
from kafka_migration.adapters.replication import manifests
from kafka_migration.adapters.replication.mirrormaker2 import MirrorSpec, connector_config
from kafka_migration.adapters.replication.settings import MirrorConnection
from kafka_migration.decide.rules import mirror_names as names
from kafka_migration.model.connect import Connector
from kafka_migration.model.kafka import Connection, Partition
from kafka_migration.model.sides import Direction

PARTITIONS = 3
RECORDS = 3000
IMAGE = "kmig.local/kafka:4.3.1"


@dataclass
class Life:
    """Facts in the order in which they were seen; seconds are measured."""

    topic: str
    uid: str
    config: Mapping[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    patched: dict[Partition, int] = field(default_factory=dict)

    def timed(self, name: str, act: Callable[[], Any]) -> Any:
        """Run `act` and note how long it took."""
        began = time.monotonic()
        answer = act()
        self.seconds[name] = round(time.monotonic() - began, 2)
        return answer


def until(what: str, look: Callable[[], Any], seconds: float = 240) -> Any:
    """First truthy answer of `look`; a deadline that names what did not happen."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        threading.Event().wait(0.1)
    return seen


@dataclass
class Stage:
    """Where the life takes place."""

    api: Api
    namespace: str
    source: Connection
    target: Connection
    life: Life
    direction: Direction = "forward"

    @property
    def name(self) -> str:
        """Name of the workers and of their Service."""
        return f"kmig-{self.life.uid}-{self.direction}"

    @property
    def connector(self) -> str:
        """Name of the mirror."""
        return f"kmig-{self.life.uid}-{self.direction}-mirror"

    @property
    def alias(self) -> str:
        """Alias under which its offsets are stored."""
        return names.alias(self.life.uid, self.direction, side="source")

    @property
    def ends(self) -> tuple[Connection, Connection]:
        """What the mirror reads, and what it writes."""
        both = (self.source, self.target)
        return both if self.direction == "forward" else both[::-1]

    def worker_manifests(self, rest_password: str) -> list[dict[str, Any]]:
        """Manifests of one worker."""
        spec = manifests.WorkerSpec(
            migration_uid=self.life.uid + "-0000-4000-8000-" + uuid4().hex[:12],
            migration_name="contract",
            namespace=self.namespace,
            name=self.name,
            image=IMAGE,
            direction=self.direction,
            target=MirrorConnection.of(self.ends[1]),
        )
        secrets = manifests.WorkerSecrets(*self.ends, rest_password)
        return manifests.worker_manifests(spec, secrets)

    def mirror_config(self) -> dict[str, str]:
        """Configuration of the mirror."""
        return connector_config(
            MirrorSpec(
                name=self.connector,
                uid=self.life.uid,
                direction=self.direction,
                source=MirrorConnection.of(self.ends[0]),
                target=MirrorConnection.of(self.ends[1]),
                topics=frozenset({self.life.topic}),
                tasks_max=2,
            )
        )

    def url(self) -> str:
        """REST address that this machine reaches: the Service's cluster IP."""
        body = self.api.get(paths.core(self.namespace, "services", self.name))
        assert body is not None
        return f"http://{body['spec']['clusterIP']}:{manifests.rest_url('a', 'b').split(':')[-1]}"


@contextmanager
def running_workers(stage: Stage) -> Iterator[tuple[ConnectClient, ConnectWorkers]]:
    """One worker for the length of a block; what it told of itself is a fact."""
    password = uuid4().hex
    workers = ConnectWorkers(stage.api)
    built = stage.worker_manifests(password)
    workers.apply(stage.namespace, stage.name, built)
    life = stage.life
    life.facts["spec_hash"] = manifests.spec_hash(built)
    until("the Service", stage.url, 10)
    client = ConnectClient(stage.url(), manifests.REST_USER, password)
    try:
        life.timed("workers ready", lambda: until("workers ready", client.ready))
        until("pod ready", lambda: workers.read(stage.namespace, stage.name).ready == 1, 30)
        life.facts["workers"] = workers.read(stage.namespace, stage.name)
        life.facts["anonymous"] = httpx.get(
            f"{stage.url()}/connectors", trust_env=False
        ).status_code
        yield client, workers
    finally:
        client.close()
        workers.remove(stage.namespace, stage.name)


Meanwhile = Callable[[Stage, ConnectClient], None]


def live(stage: Stage, last_offsets: Mapping[Partition, int], meanwhile: Meanwhile) -> None:
    """Start the workers, then everything that a mirror goes through."""
    with running_workers(stage) as (client, workers):
        created(stage, client)
        copied(stage, client, last_offsets)
        meanwhile(stage, client)
        stopped(stage, client)
        restarted(stage, client, workers)
        deleted(stage, client)


def created(stage: Stage, client: ConnectClient) -> None:
    """Created STOPPED, offsets written, read back and removed."""
    life, name = stage.life, stage.connector
    life.config = stage.mirror_config()
    life.timed("create", lambda: client.create(name, life.config))
    life.timed("created is STOPPED", lambda: until("STOPPED", lambda: is_stopped(client, name)))
    life.facts["created"] = client.connectors()[name]
    life.facts["offsets at creation"] = client.offsets(name, stage.alias)
    one = Partition(life.topic, 0)
    life.timed("PATCH offset", lambda: client.alter_offsets(name, stage.alias, {one: 41}))
    life.facts["offsets after PATCH"] = client.offsets(name, stage.alias)
    client.alter_offsets(name, "another", {one: 7})
    life.facts["offsets with foreign"] = client.offsets(name, stage.alias)
    client.delete_offsets(name)
    life.facts["offsets after DELETE"] = client.offsets(name, stage.alias)
    client.configure(name, life.config)
    life.facts["configured"] = client.connectors()[name]


def copied(stage: Stage, client: ConnectClient, last_offsets: Mapping[Partition, int]) -> None:
    """Resumed until every stored offset is that of the last record."""
    name = stage.connector

    def caught_up() -> bool:
        stored = client.offsets(name, stage.alias).offsets
        return all(stored.get(key, -1) >= last for key, last in last_offsets.items())

    def resume() -> None:
        client.resume(name)
        until("the stored offsets are the last ones", caught_up)

    stage.life.timed("resume to caught up", resume)
    stage.life.facts["running"] = client.connectors()[name]
    stage.life.facts["offsets caught up"] = client.offsets(name, stage.alias)


def stopped(stage: Stage, client: ConnectClient) -> None:
    """Stopped, its producers fenced; nothing stored changes."""
    name = stage.connector

    def halt() -> None:
        client.stop(name)
        until("STOPPED without tasks", lambda: is_stopped(client, name))

    stage.life.timed("stop to STOPPED without tasks", halt)
    before = client.offsets(name, stage.alias)
    for what in ("null-PATCH", "null-PATCH again"):
        stage.life.timed(what, lambda: client.fence_producers(name, stage.alias))
    stage.life.facts["offsets unchanged"] = before == client.offsets(name, stage.alias)


def restarted(stage: Stage, client: ConnectClient, workers: ConnectWorkers) -> None:
    """Worker pods replaced: a STOPPED mirror comes back STOPPED, its offsets kept."""
    name = stage.connector
    before = client.offsets(name, stage.alias)
    workers.restart(stage.namespace, stage.name)
    until("the restart began", lambda: not client.ready(), 60)
    stage.life.timed("restart to ready", lambda: until("workers ready", client.ready))
    until("STOPPED again", lambda: is_stopped(client, name))
    stage.life.facts["offsets kept"] = before == client.offsets(name, stage.alias)


def deleted(stage: Stage, client: ConnectClient) -> None:
    """Offsets and connector deleted, the latter twice."""
    client.delete_offsets(stage.connector)
    client.delete(stage.connector)
    client.delete(stage.connector)
    until("deleted", lambda: stage.connector not in client.connectors())


def is_stopped(client: ConnectClient, name: str) -> bool:
    """STOPPED and no tasks."""
    found: Connector | None = client.connectors().get(name)
    return found is not None and found.state == "STOPPED" and not found.tasks
