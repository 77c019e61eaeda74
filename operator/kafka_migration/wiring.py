"""Adapters put behind the ports: the only importer of adapters.

Called by app when the process starts. It must never decide anything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka_migration.adapters.connect import ConnectClient
from kafka_migration.adapters.kafka import KafkaPool
from kafka_migration.adapters.kubernetes.client import Api, connect
from kafka_migration.adapters.kubernetes.events import Events
from kafka_migration.adapters.kubernetes.jobs import Jobs
from kafka_migration.adapters.kubernetes.lease import Elector
from kafka_migration.adapters.kubernetes.register import Register
from kafka_migration.adapters.kubernetes.secrets import Secrets
from kafka_migration.adapters.kubernetes.shards import Shards
from kafka_migration.adapters.kubernetes.store import Store
from kafka_migration.adapters.kubernetes.workers import ConnectWorkers
from kafka_migration.adapters.kubernetes.workloads import Workloads
from kafka_migration.adapters.replication import manifests, mirrormaker2
from kafka_migration.adapters.replication.settings import MirrorConnection
from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import names
from kafka_migration.memory import Memory
from kafka_migration.model.kafka import Connection
from kafka_migration.model.sides import Direction, entered_by, left_by
from kafka_migration.ports import ConnectPort
from kafka_migration.settings import Settings
from kafka_migration.world import Lease, MirrorOrder, WorkersOrder, World

LEASE = "kmig-operator"

Leadership = Elector


class SystemClock:
    """The machine's clocks. Seconds come from one that runs on in suspend."""

    def now(self) -> datetime:
        """Wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """CLOCK_BOOTTIME where there is one."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class MirrorMaker2:
    """Engine by the builders of adapters/replication."""

    operator_namespace: str  # whose pods reach the workers' REST interface; nobody else's do

    def workers(self, order: WorkersOrder) -> Sequence[Mapping[str, Any]]:
        """Manifests; the Deployment's own annotation tells the decider's hash.

        The pod template keeps the builders' hash, which a changed credential changes too.
        """
        migration = order.migration
        key = migration.loaded.key
        _, written = _ends(order)
        spec = manifests.WorkerSpec(
            migration_uid=migration.loaded.uid,
            migration_name=key.name,
            namespace=key.namespace,
            name=names.workers(migration.short_uid, order.direction),
            image=order.image,
            direction=order.direction,
            target=MirrorConnection.of(written),
            workers=migration.spec.replication.mirror_maker2.workers,
            replication_factor=_replicas(migration, order.direction),
            operator_namespace=self.operator_namespace,
        )
        secrets = _secrets(order)
        built = deepcopy(manifests.worker_manifests(spec, secrets))
        for manifest in built:
            if manifest["kind"] == "Deployment":
                manifest["metadata"]["annotations"][manifests.SPEC_HASH] = order.spec_hash
        return built

    def credentials(self, order: WorkersOrder) -> str:
        """Keyed digest of what the workers' Secret holds."""
        return manifests.credentials_digest(_secrets(order))

    def mirror(self, order: MirrorOrder) -> Mapping[str, str]:
        """A mirror's whole configuration."""
        migration = order.migration
        read, written = _ends(order)
        return mirrormaker2.connector_config(
            mirrormaker2.MirrorSpec(
                name=order.name,
                uid=migration.short_uid,
                direction=order.direction,
                source=MirrorConnection.of(read),
                target=MirrorConnection.of(written),
                topics=frozenset(order.topics),
                tasks_max=migration.spec.replication.mirror_maker2.tasks_max,
                replication_factor=_replicas(migration, order.direction),
                offset_reset=order.offset_reset,
            )
        )


def _ends(order: WorkersOrder | MirrorOrder) -> tuple[Connection, Connection]:
    """What mirrors of the order's direction read, and what they write."""
    ends = {"source": order.source, "target": order.target}
    return ends[left_by(order.direction)], ends[entered_by(order.direction)]


def _replicas(migration: MigrationContext, direction: Direction) -> int:
    """Of the mirrors' own topics, which exist by then: a broker may refuse another number."""
    inventory = migration.inventory
    own = inventory.plan.source_internal_topics if inventory else ()
    if direction == "reverse" and own:
        return own[0].replication_factor
    return migration.spec.target_topics.replication_factor


def _secrets(order: WorkersOrder) -> manifests.WorkerSecrets:
    read, written = _ends(order)
    return manifests.WorkerSecrets(read, written, order.rest_password)


class ConnectPool:
    """REST clients by address and password; one per Connect cluster."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[str, tuple[str, ConnectClient]] = {}

    def cluster(self, namespace: str, name: str, password: str) -> ConnectPort:
        """The client of these workers; a changed password replaces it."""
        url = manifests.rest_url(namespace, name)
        with self._lock:
            known = self._clients.get(url)
            if known is not None and known[0] == password:
                return known[1]
            client = ConnectClient(url, manifests.REST_USER, password)
            self._clients[url] = (password, client)
            return client


def build_world(settings: Settings, api: Api, lease: Lease) -> World:
    """The world as this installation sees it."""
    clock = SystemClock()
    return World(
        settings=settings,
        clock=clock,
        memory=Memory(),
        lease=lease,
        executor=ThreadPoolExecutor(settings.observe_threads, thread_name_prefix="observe"),
        secrets=Secrets(api),
        kafka=KafkaPool().cluster,
        connect=ConnectPool().cluster,
        engine=MirrorMaker2(settings.namespace),
        store=Store(api, Events(api, settings.identity, clock.now)),
        shards=Shards(api),
        register=Register(api),
        workers=ConnectWorkers(api),
        workloads=Workloads(api, settings.image),
        jobs=Jobs(api, settings.image),
    )


def assemble(settings: Settings) -> tuple[World, Leadership]:
    """The world and the Lease behind it, not started; Refused without a way to Kubernetes."""
    api = connect()
    elector = Elector(api, settings.namespace, LEASE, settings.identity)
    return build_world(settings, api, elector), elector
