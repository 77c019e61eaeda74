"""Named, typed facts and the bag that carries them from observe to decide.

A fact that could not be read is an Unknown with a reason; a check only ever sees known facts,
because the machine turns a needed Unknown into the verdict Unknown before the check runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from kafka_migration.model.connect import Connector, ConnectorOffsets, Workers
from kafka_migration.model.kafka import (
    Acl,
    Cluster,
    Commit,
    Ends,
    Group,
    Offsets,
    Partition,
    Probe,
    Topic,
)
from kafka_migration.model.kubernetes import JobState, Loaded, ProbePod, Workload
from kafka_migration.model.positions import Position
from kafka_migration.model.reasons import Reason

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)  # a fact of a tuple is also a fact of an iterable


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be read, and why. `refused`: the other side said no."""

    reason: Reason
    message: str
    refused: bool = False


class Fact(Generic[T_co]):
    """A name for something observed; the type parameter is what it yields."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        """Show the name."""
        return f"Fact({self.name})"


@dataclass(frozen=True)
class Facts:
    """What was read in this tick, and what a decision looked for in it.

    `asked` lets the next tick of the same step read the same facts at once; no decision sees it.
    """

    values: Mapping[str, Any | Unknown] = field(default_factory=dict)
    asked: dict[str, Fact[Any]] = field(default_factory=dict, compare=False)

    def has(self, fact: Fact[Any]) -> bool:
        """True if the fact was read in this tick, successfully or not."""
        self.asked[fact.name] = fact
        return fact.name in self.values

    def unknown(self, fact: Fact[Any]) -> Unknown | None:
        """The fault if the fact could not be read."""
        value = self.values[fact.name]
        return value if isinstance(value, Unknown) else None

    def __getitem__(self, fact: Fact[T]) -> T:
        """The value; asking for an Unknown one is a programming error."""
        value = self.values[fact.name]
        if isinstance(value, Unknown):
            raise TypeError(f"{fact.name} is unknown and was used as if known")
        return cast("T", value)


@dataclass(frozen=True)
class Settled:
    """Ends looked at more than once: how long they, and ISR, have been good without a break."""

    ends: Ends
    unchanged_seconds: float  # high watermarks equal to those of the first look
    stable_seconds: float  # HW == LSO and ISR >= min.insync.replicas, without a break
    moved: tuple[Partition, ...] = ()  # partitions whose end moved since the look before
    under_replicated: tuple[Partition, ...] = ()


@dataclass(frozen=True)
class CopyBounds:
    """What the source holds and what was copied, read in the order that makes them comparable.

    Log starts first, then the stored offsets, then the ends (protocol 5.5): read the other way
    round, a healthy live copy looks like a gap.
    """

    starts: Offsets
    copied: Offsets
    ends: Offsets  # high watermarks
    highest: Offsets = field(default_factory=dict)  # stored offsets seen before
    covered: Offsets = field(default_factory=dict)  # ends below which all data was copied
    in_a_row: Offsets = field(default_factory=dict)  # looks in which a partition was wrong


@dataclass(frozen=True)
class KeepingUp:
    """How long copy and comparison of a unit have been within the allowed lag without a break.

    `late` is a partition that was behind when last looked at; offsets are of records.
    """

    seconds: float
    late: Partition | None = None
    wanted: int = -1  # its last record on the leaving side `age` seconds ago
    copied: int = -1
    compared: int = -1
    age: float = 0.0


@dataclass(frozen=True)
class Restarts:
    """Restarts of a mirror's failed tasks that this process sent."""

    count: int
    seconds_ago: float  # the last one


@dataclass(frozen=True)
class BindingView:
    """A binding Secret without its secrets: which side's connection it holds."""

    present: bool
    matches: str | None  # "source", "target" or None = neither
    hash: str | None  # binding-hash in the Secret
    source_hash: str  # binding-hash that it has when written for the source
    target_hash: str


@dataclass(frozen=True)
class PlaceAnswer:
    """What a place probe's pod says so far."""

    probe: ProbePod
    seconds_ago: float | None = None  # since it ended; None = it has not, or does not tell


@dataclass(frozen=True)
class UnitView:
    """Another object of ours, as far as this one needs it."""

    loaded: Loaded
    entries: tuple[Any, ...] = ()  # journal entries, oldest first


@dataclass(frozen=True)
class AuditView:
    """The comparison that follows what comes back from a unit; report None = none yet."""

    name: str
    exists: bool
    report: Mapping[str, Any] | None


# both kinds
SOURCE_CLUSTER: Fact[Cluster] = Fact("source-cluster")
TARGET_CLUSTER: Fact[Cluster] = Fact("target-cluster")
SOURCE_TOPICS: Fact[Mapping[str, Topic]] = Fact("source-topics")
TARGET_TOPICS: Fact[Mapping[str, Topic]] = Fact("target-topics")
SOURCE_ACLS: Fact[tuple[Acl, ...]] = Fact("source-acls")
TARGET_ACLS: Fact[tuple[Acl, ...]] = Fact("target-acls")
CONNECTORS: Fact[Mapping[str, Connector]] = Fact("connectors")
MIRROR_OFFSETS: Fact[Mapping[str, ConnectorOffsets]] = Fact("mirror-offsets")
REGISTER: Fact[Mapping[str, Any]] = Fact("register")
UNITS: Fact[tuple[UnitView, ...]] = Fact("units")

# KafkaMigration
SOURCE_GROUPS: Fact[Mapping[str, Group]] = Fact("source-groups")
INTERNAL_TOPICS: Fact[Mapping[str, Topic]] = Fact("internal-topics")
SOURCE_INTERNAL_TOPICS: Fact[Mapping[str, Topic]] = Fact("source-internal-topics")
WORKERS: Fact[Workers] = Fact("workers")
REVERSE_WORKERS: Fact[Workers] = Fact("reverse-workers")
REVERSE_CONNECTORS: Fact[Mapping[str, Connector]] = Fact("reverse-connectors")
REVERSE_OFFSETS: Fact[Mapping[str, ConnectorOffsets]] = Fact("reverse-offsets")
SOURCE_ENDS: Fact[Ends] = Fact("source-ends")
SOURCE_STARTS: Fact[Offsets] = Fact("source-starts")
TARGET_STARTS: Fact[Offsets] = Fact("target-starts")
TARGET_HELD: Fact[Mapping[str, int]] = Fact("target-held")  # topic -> offsets ever used there
COPY_BOUNDS: Fact[CopyBounds] = Fact("copy-bounds")
LAST_DATA: Fact[Mapping[Partition, int | None]] = Fact("last-data")
RESTARTS: Fact[Mapping[str, Restarts]] = Fact("restarts")
PATCH_QUIET_SECONDS: Fact[float] = Fact("patch-quiet-seconds")
LAG_SECONDS: Fact[float] = Fact("lag-seconds")
REVERSE_COPY_BOUNDS: Fact[CopyBounds] = Fact("reverse-copy-bounds")
REVERSE_RESTARTS: Fact[Mapping[str, Restarts]] = Fact("reverse-restarts")
REVERSE_LAG_SECONDS: Fact[float] = Fact("reverse-lag-seconds")
WITHIN_LAG_SECONDS: Fact[float] = Fact("within-lag-seconds")
COMPARISON: Fact[JobState | None] = Fact("comparison")
AUDITS: Fact[Mapping[str, AuditView]] = Fact("audits")  # by uid of units on the target
COMPARISON_REPORT: Fact[Mapping[str, Any] | None] = Fact("comparison-report")

# WorkloadCutover
MIGRATION: Fact[UnitView | None] = Fact("migration")
WORKLOADS: Fact[Mapping[str, Workload | None]] = Fact("workloads")
BINDINGS: Fact[Mapping[str, BindingView]] = Fact("bindings")
LEAVING_TOPICS: Fact[Mapping[str, Topic]] = Fact("leaving-topics")
ENTERING_TOPICS: Fact[Mapping[str, Topic]] = Fact("entering-topics")
LEAVING_ACLS: Fact[tuple[Acl, ...]] = Fact("leaving-acls")
ENTERING_ACLS: Fact[tuple[Acl, ...]] = Fact("entering-acls")
LEAVING_ENDS: Fact[Settled] = Fact("leaving-ends")
ENTERING_ENDS: Fact[Settled] = Fact("entering-ends")
LEAVING_LAST_DATA: Fact[Mapping[Partition, int | None]] = Fact("leaving-last-data")
LEAVING_PROBES: Fact[tuple[Probe, ...]] = Fact("leaving-probes")
ENTERING_PROBES: Fact[tuple[Probe, ...]] = Fact("entering-probes")
ONWARD_CONNECTORS: Fact[Mapping[str, Connector]] = Fact("onward-connectors")
ONWARD_OFFSETS: Fact[Mapping[str, ConnectorOffsets]] = Fact("onward-offsets")
ONWARD_MIRROR_PROBES: Fact[tuple[Probe, ...]] = Fact("onward-mirror-probes")  # entering side
RETURN_CONNECTORS: Fact[Mapping[str, Connector]] = Fact("return-connectors")
RETURN_OFFSETS: Fact[Mapping[str, ConnectorOffsets]] = Fact("return-offsets")
RETURN_MIRROR_PROBES: Fact[tuple[Probe, ...]] = Fact("return-mirror-probes")  # leaving side
LEAVING_GROUPS: Fact[Mapping[str, Group]] = Fact("leaving-groups")
LEAVING_COMMITS: Fact[Mapping[str, Mapping[Partition, Commit]]] = Fact("leaving-commits")
ENTERING_GROUPS: Fact[Mapping[str, Group]] = Fact("entering-groups")
ENTERING_COMMITS: Fact[Mapping[str, Mapping[Partition, Commit]]] = Fact("entering-commits")
LEAVING_CLUSTER: Fact[Cluster] = Fact("leaving-cluster")
ENTERING_CLUSTER: Fact[Cluster] = Fact("entering-cluster")
AUDIT: Fact[JobState | None] = Fact("audit")
AUDIT_REPORT: Fact[Mapping[str, Any] | None] = Fact("audit-report")
POSITIONS: Fact[Mapping[str, Mapping[Partition, Position]]] = Fact("positions")  # by group
KEEPING_UP: Fact[KeepingUp] = Fact("keeping-up")
PROPAGATION: Fact[Mapping[str, float] | None] = Fact("propagation")
TAIL: Fact[JobState | None] = Fact("tail")
TAIL_REPORT: Fact[Mapping[str, Any] | None] = Fact("tail-report")
# Transactions open since the first look in this step: partition -> the offset that it holds.
HELD_TRANSACTIONS: Fact[Offsets] = Fact("held-transactions")
PROBE_PODS: Fact[Mapping[str, ProbePod | None]] = Fact("probe-pods")
PLACE_PROBES: Fact[Mapping[str, PlaceAnswer | None]] = Fact("place-probes")
