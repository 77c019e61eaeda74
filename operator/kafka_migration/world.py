"""What observers and acts are given: the ports, the settings, the memory, one tick long.

Built by wiring, handed out per tick by app; used by reconcile, observe and act. It must never
be kept beyond its tick: it holds the Secrets read in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from kafka_migration.connections import (
    SecretsOfTick,
    SecretValues,
    mirror_connection,
    operator_connection,
)
from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.decide.rules import mirror, names
from kafka_migration.errors import KmigError, Unavailable
from kafka_migration.memory import KeyMemory, Memory
from kafka_migration.model.actions import Direction, Side
from kafka_migration.model.connect import OffsetReset
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason
from kafka_migration.ports import (
    Clock,
    ConnectPort,
    KafkaPort,
    RegisterPort,
    ShardStore,
    StorePort,
    WorkersPort,
)
from kafka_migration.ports_kubernetes import JobPort, WorkloadPort
from kafka_migration.settings import Settings

Context = MigrationContext | UnitContext

REST_PASSWORD_KEY = "rest-password"  # noqa: S105 - the name of a key in the workers' Secret


@dataclass(frozen=True)
class WorkersOrder:
    """Connect workers to describe: everything that their manifests are made from.

    `source` and `target` are the migration's, whatever the direction.
    """

    direction: Direction
    migration: MigrationContext
    image: str
    source: Connection
    target: Connection
    rest_password: str = field(repr=False)
    spec_hash: str


@dataclass(frozen=True)
class MirrorOrder:
    """A mirror to describe; its configuration holds placeholders, no secrets.

    `source` and `target` are the migration's, whatever the direction.
    """

    direction: Direction
    migration: MigrationContext
    name: str
    topics: tuple[str, ...]
    source: Connection
    target: Connection
    offset_reset: OffsetReset = "earliest"


class Engine(Protocol):
    """The replication engine's own words; pure builders."""

    def workers(self, order: WorkersOrder) -> Sequence[Mapping[str, Any]]:
        """Manifests; the Deployment carries `spec_hash` as its annotation."""
        ...

    def credentials(self, order: WorkersOrder) -> str:
        """What the Deployment carries as long as it was made from these connections."""
        ...

    def mirror(self, order: MirrorOrder) -> Mapping[str, str]:
        """A connector's whole configuration."""
        ...


LEASE_SECONDS = 15.0  # duration of the Lease
REQUEST_SECONDS = 10.0  # longest request of a holder before us (protocol 2.5)


class Lease(Protocol):
    """The right to act."""

    def check(self, seconds: float = 0.0) -> None:
        """Raise Unavailable unless the Lease is ours now and for `seconds` more."""
        ...

    def settled(self, request_seconds: float) -> bool:
        """False until an act of the holder before us can no longer arrive (protocol 2.5)."""
        ...


@dataclass(frozen=True)
class World:
    """Ports and settings; `kafka` gives the pooled client of a connection."""

    settings: Settings
    clock: Clock
    memory: Memory
    lease: Lease
    executor: Executor
    secrets: SecretValues
    kafka: Callable[[Connection], KafkaPort]
    connect: Callable[[str, str, str], ConnectPort]  # namespace, workers' name, password
    engine: Engine
    store: StorePort
    shards: ShardStore
    register: RegisterPort
    workers: WorkersPort
    workloads: WorkloadPort
    jobs: JobPort

    def for_tick(self) -> World:
        """The same world with Secrets read at most once, and not yet."""
        return replace(self, secrets=SecretsOfTick(self.secrets))

    def cluster(self, context: Context, side: Side) -> KafkaPort:
        """One side as the operator."""
        return self.kafka(operator_connection(self.secrets, migration_of(context), side))

    def mirror_identity(self, context: Context, side: Side) -> Connection:
        """The mirrors' connection to one side."""
        return mirror_connection(self.secrets, migration_of(context), side)

    def connect_cluster(self, context: Context, direction: Direction) -> ConnectPort:
        """A direction's Connect workers of the migration; Unavailable before they were applied."""
        migration = migration_of(context)
        namespace = migration.loaded.key.namespace
        name = names.workers(migration.short_uid, direction)
        try:
            password = self.secrets.value(namespace, name, REST_PASSWORD_KEY)
        except KmigError as error:
            if error.reason is not Reason.SECRET_MISSING:
                raise
            text = f"the Connect workers {namespace}/{name} have no Secret yet"
            raise Unavailable(Reason.CONNECT_NOT_READY, text) from None
        return self.connect(namespace, name, password)

    def memory_of(self, context: Context) -> KeyMemory:
        """What is remembered about the object."""
        return self.memory.for_key(context.loaded.key, context.loaded.uid)


def migration_of(context: Context) -> MigrationContext:
    """The migration itself, or the one that a unit names."""
    return context if isinstance(context, MigrationContext) else context.migration


def unit_of(context: Context) -> UnitContext:
    """The unit; asking on a migration is a programming error."""
    if not isinstance(context, UnitContext):
        raise TypeError("what belongs to a unit was asked of a KafkaMigration")
    return context


def home(context: Context) -> str:
    """The migration's namespace: workers, Jobs, register and journal live there."""
    return migration_of(context).loaded.key.namespace


def source_alias(context: Context, direction: Direction) -> str:
    """The alias under which the offsets of a direction's mirrors are stored."""
    return mirror.source_alias(migration_of(context).short_uid, direction)
