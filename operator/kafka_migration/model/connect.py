"""What Kafka Connect says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kafka_migration.model.kafka import Offsets

OFFSET_RESET = "source.consumer.auto.offset.reset"
# What a mirror does with a partition without a usable stored offset: begin at the log's start, or
# stand still (protocol 5.5).
OffsetReset = Literal["earliest", "none"]


@dataclass(frozen=True)
class Workers:
    """The Connect Deployment of one direction."""

    exists: bool
    image: str | None
    ready: int  # pods
    wanted: int
    problem: str | None = None  # a pod's waiting reason with its message
    spec_hash: str | None = None  # annotation: digest of what it was made from
    credentials: str | None = None  # annotation: keyed digest of the Secrets it was made from
    outdated: bool = False  # those Secrets hold something else now


@dataclass(frozen=True)
class Connector:
    """One connector: state, tasks, configuration as read back (placeholders, no secrets)."""

    name: str
    state: str  # RUNNING, PAUSED, STOPPED, FAILED, UNASSIGNED
    tasks: Mapping[int, str]  # task id -> state
    config: Mapping[str, str]
    trace: str = ""  # first line of the first failure
    topics: frozenset[str] = field(default_factory=frozenset)  # literal names it lists

    @property
    def at_rest(self) -> bool:
        """Stopped, and no task of it is left: it copies nothing."""
        return self.state == "STOPPED" and not self.tasks

    @property
    def offset_reset(self) -> OffsetReset:
        """As read back; a mirror that says nothing begins at the log's start."""
        return "none" if self.config.get(OFFSET_RESET) == "none" else "earliest"


@dataclass(frozen=True)
class ConnectorOffsets:
    """Stored offsets of a mirror: per partition the offset of the last record copied."""

    offsets: Offsets
    foreign: tuple[str, ...] = ()  # entries whose cluster alias is not ours, as text
