"""Everything that the operator does to the world, as data; act dispatches them by type.

A mirror is named by its direction and its name. An action is idempotent and safe to send again after a lost reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kafka_migration.model import sides
from kafka_migration.model.connect import OffsetReset
from kafka_migration.model.entries import Entry
from kafka_migration.model.kafka import Acl, Commit, NewTopic, Partition

Side = sides.Side
Direction = sides.Direction


@dataclass(frozen=True)
class CreateTopic:
    """Create a planned topic; `side` is the source for the reverse mirrors' own ones only."""

    topic: NewTopic
    side: Side = "target"


@dataclass(frozen=True)
class EnsureAcls:
    """Add ALLOW entries that the plan lists."""

    side: Side
    acls: tuple[Acl, ...]


@dataclass(frozen=True)
class ApplyWorkers:
    """Create or update the Connect workers of a direction."""

    direction: Direction
    spec_hash: str


@dataclass(frozen=True)
class RemoveWorkers:
    """Remove the Connect workers of a direction; what they copied stays."""

    direction: Direction


@dataclass(frozen=True)
class CreateConnector:
    """Create a mirror STOPPED; it lists exactly these topics."""

    direction: Direction
    name: str
    topics: tuple[str, ...]
    offset_reset: OffsetReset = "earliest"


@dataclass(frozen=True)
class ConfigureConnector:
    """PUT a mirror's whole config with exactly these topics."""

    direction: Direction
    name: str
    topics: tuple[str, ...]
    offset_reset: OffsetReset = "earliest"


@dataclass(frozen=True)
class RestartTasks:
    """Start the failed tasks of a mirror again."""

    direction: Direction
    name: str


@dataclass(frozen=True)
class StopConnector:
    """Ask a mirror to stop; sent again whenever it reads RUNNING."""

    direction: Direction
    name: str


@dataclass(frozen=True)
class ResumeConnector:
    """Let a mirror run."""

    direction: Direction
    name: str


@dataclass(frozen=True)
class DeleteConnector:
    """Remove a mirror that would keep no topic, its stored offsets first (protocol 5.4)."""

    direction: Direction
    name: str


@dataclass(frozen=True)
class FenceMirror:
    """PATCH a non-existent entry with null: the last generation's producers end (3.6)."""

    direction: Direction
    name: str


@dataclass(frozen=True)
class AlterOffsets:
    """PATCH stored offsets of a STOPPED mirror; None removes."""

    direction: Direction
    name: str
    offsets: tuple[tuple[Partition, int | None], ...]


@dataclass(frozen=True)
class StartComparison:
    """Start a `kmig verify` Job over these ranges.

    A range is (partition, first offset of the original, end there or None, first of the copy).
    """

    name: str
    original: Side  # whose log is the original; the other side's is the copy
    mode: Literal["bounded", "follow"]
    ranges: tuple[tuple[Partition, int, int | None, int], ...]
    timestamps: Mapping[str, str]  # topic -> compare | ignore


@dataclass(frozen=True)
class InstructComparison:
    """Tell a following Job where the original (`fence`) and its copy (`end`) end."""

    name: str
    fence: tuple[tuple[Partition, int], ...]
    end: tuple[tuple[Partition, int], ...]


@dataclass(frozen=True)
class DeleteComparison:
    """Delete a verifier Job with what belongs to it."""

    name: str


@dataclass(frozen=True)
class HoldDenies:
    """Register, create and read back DENY entries; says who has authority from now on."""

    side: Side
    acls: tuple[Acl, ...]
    authority: tuple[tuple[str, str], ...] = ()  # topic -> source | target | none


@dataclass(frozen=True)
class LiftDenies:
    """Register, delete and read back the absence of DENY entries of ours."""

    side: Side
    acls: tuple[Acl, ...]
    authority: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MeasurePropagation:
    """Measure how long a DENY takes to be enforced on both clusters, per unit credential."""


@dataclass(frozen=True)
class EndTransaction:
    """Abort what a stopped workload left open under its transactional.id, as itself (3.5)."""

    side: Side
    workload: str
    transactional_id: str


@dataclass(frozen=True)
class WriteBinding:
    """Write a workload's binding Secret for one side."""

    workload: str
    side: Side


@dataclass(frozen=True)
class Scale:
    """Set a workload's replicas."""

    workload: str
    replicas: int


@dataclass(frozen=True)
class CommitOffsets:
    """Write an empty group's offsets on one side."""

    side: Side
    group: str
    commits: tuple[tuple[Partition, Commit], ...]


@dataclass(frozen=True)
class ProveCommitRight:
    """Commit for a throw-away group on both sides, read it back and delete the group."""

    group: str
    partitions: tuple[Partition, ...]


@dataclass(frozen=True)
class StartProbePod:
    """Start a pod on a node that reads the workload's binding as mounted there."""

    name: str
    workload: str
    node: str


@dataclass(frozen=True)
class StartPlaceProbe:
    """Start a pod beside a workload's own that asks the entering cluster as the workload will."""

    name: str
    workload: str
    node: str
    service_account: str


@dataclass(frozen=True)
class RemoveProbePod:
    """Remove a probe pod; `again`: its answer does not count, another pod will be asked."""

    name: str
    again: bool = False


Action = (
    CreateTopic
    | EnsureAcls
    | ApplyWorkers
    | RemoveWorkers
    | CreateConnector
    | ConfigureConnector
    | RestartTasks
    | StopConnector
    | ResumeConnector
    | DeleteConnector
    | FenceMirror
    | AlterOffsets
    | StartComparison
    | InstructComparison
    | DeleteComparison
    | HoldDenies
    | LiftDenies
    | MeasurePropagation
    | EndTransaction
    | WriteBinding
    | Scale
    | CommitOffsets
    | ProveCommitRight
    | StartProbePod
    | StartPlaceProbe
    | RemoveProbePod
)

Work = Action | Entry  # what a task asks for: an entry to record, or an act
