"""What Kafka Connect says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_migration.model.kafka import Offsets


@dataclass(frozen=True)
class Workers:
    """The Connect Deployment of one direction."""

    exists: bool
    image: str | None
    ready: int  # pods
    wanted: int
    problem: str | None = None  # a pod's waiting reason with its message
    spec_hash: str | None = None  # annotation: digest of what it was made from


@dataclass(frozen=True)
class Connector:
    """One connector: state, tasks, configuration as read back (placeholders, no secrets)."""

    name: str
    state: str  # RUNNING, PAUSED, STOPPED, FAILED, UNASSIGNED
    tasks: Mapping[int, str]  # task id -> state
    config: Mapping[str, str]
    trace: str = ""  # first line of the first failure
    topics: frozenset[str] = field(default_factory=frozenset)  # literal names it lists


@dataclass(frozen=True)
class ConnectorOffsets:
    """Stored offsets of a mirror: per partition the offset of the last record copied."""

    offsets: Offsets
    foreign: tuple[str, ...] = ()  # entries whose cluster alias is not ours, as text
