"""What a decision is made from: the object, its journal, its facts, elapsed seconds.

Built by reconcile; read by stages, steps and gates. Nothing here looks at the world or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kafka_migration.api.cutover import Workload, WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.rules import names
from kafka_migration.decide.tasks import Failure
from kafka_migration.model.actions import Direction, Side, Work
from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.facts import Facts
from kafka_migration.model.inventory import Inventory
from kafka_migration.model.kafka import Partition
from kafka_migration.model.kubernetes import Loaded
from kafka_migration.model.sides import entered_by, left_by, opposite


@dataclass(frozen=True)
class Elapsed:
    """Seconds on the monotonic clock; a restart begins from the recorded wall time."""

    in_step: float = 0.0  # since the working stage or step was entered
    in_pause: float = 0.0  # since the first workload was scaled down; 0 = no pause
    observing: float = 0.0  # since the Resumed entry
    since_freeing: float = 0.0  # since the return mirror was freed in this leg
    to_restored: float | None = None  # first scale-down to replicas restored; None = not seen


@dataclass(frozen=True)
class MigrationContext:
    """One KafkaMigration at one tick."""

    loaded: Loaded
    spec: KafkaMigrationSpec
    journal: Journal
    facts: Facts = field(default_factory=Facts)
    elapsed: Elapsed = field(default_factory=Elapsed)
    answered: frozenset[Work] = frozenset()  # acts that answered well since the last move
    failure: Failure | None = None  # of the last act

    @property
    def short_uid(self) -> str:
        """Eight characters of the UID, used in names outside Kubernetes."""
        return self.loaded.uid.replace("-", "")[:8]

    @cached_property
    def inventory(self) -> Inventory | None:
        """The frozen inventory with its plan; None before it is frozen."""
        entry = self.journal.last(EntryKind.INVENTORY_FROZEN)
        return None if entry is None else Inventory.parse(entry.data)


@dataclass(frozen=True)
class UnitContext:
    """One WorkloadCutover at one tick, with the migration that it names."""

    loaded: Loaded
    spec: WorkloadCutoverSpec
    journal: Journal
    migration: MigrationContext
    facts: Facts = field(default_factory=Facts)
    elapsed: Elapsed = field(default_factory=Elapsed)
    answered: frozenset[Work] = frozenset()
    failure: Failure | None = None
    attempt: int = 1  # the attempt being worked on; spec.attempt is adopted only at rest
    changed: bool = False  # spec is the plan of the critical section; the object says otherwise
    direction: Direction = "forward"  # of this leg

    @property
    def short_uid(self) -> str:
        """Eight characters of the UID, used in names outside Kubernetes."""
        return self.loaded.uid.replace("-", "")[:8]

    @property
    def leaving(self) -> Side:
        """The side that the unit moves away from in this leg."""
        return left_by(self.direction)

    @property
    def entering(self) -> Side:
        """The side that it moves to."""
        return entered_by(self.direction)

    @property
    def onward(self) -> Direction:
        """Of the mirror from the leaving to the entering side."""
        return self.direction

    @property
    def homeward(self) -> Direction:
        """Of the return mirror, from the entering to the leaving side."""
        return opposite(self.direction)

    @property
    def onward_connector(self) -> str:
        """Name of the unit's own mirror to the entering side."""
        return names.unit_connector(self.migration.short_uid, self.short_uid, self.onward)

    @property
    def return_connector(self) -> str:
        """Name of the unit's own mirror back to the leaving side."""
        return names.unit_connector(self.migration.short_uid, self.short_uid, self.homeward)

    @property
    def tail_job(self) -> str:
        """Name of the verifier Job that follows the unit's topics in this leg."""
        return names.tail_job(self.short_uid, self.attempt, self.direction)

    @property
    def audit_job(self) -> str:
        """Name of the one that follows them from this leg's seam on: the way back's tail."""
        return names.tail_job(self.short_uid, self.attempt, self.homeward)

    @property
    def reversible(self) -> bool:
        """The unit can come back: the migration mirrors both ways."""
        return self.direction == "reverse" or self.migration.spec.has_way_back

    @property
    def writers(self) -> tuple[Workload, ...]:
        """Workloads that write."""
        return tuple(w for w in self.spec.workloads if w.role != "Reader")

    @property
    def readers(self) -> tuple[Workload, ...]:
        """Workloads whose position in what they read moves with them."""
        return tuple(w for w in self.spec.workloads if w.role != "Writer")

    @property
    def processors(self) -> tuple[Workload, ...]:
        """Workloads that read and write."""
        return tuple(w for w in self.spec.workloads if w.role == "Both")

    @property
    def writes(self) -> tuple[str, ...]:
        """Topics whose authority the unit moves."""
        return tuple(sorted(self.spec.topics.writes))

    def partitions(self, topics: tuple[str, ...]) -> tuple[Partition, ...]:
        """All partitions of topics, as frozen in the inventory."""
        inventory = self.migration.inventory
        if inventory is None:
            return ()
        return tuple(p for topic in topics for p in inventory.partitions(topic))

    def recorded(self, kind: EntryKind) -> dict[str, Any] | None:
        """Data of the newest entry of a kind in this leg."""
        entry = self.journal.last(kind, self.attempt, self.direction)
        return None if entry is None else dict(entry.data)

    def entry(self, kind: EntryKind, data: dict[str, Any]) -> Entry:
        """A new entry of this leg."""
        return Entry(kind, self.attempt, data, direction=self.direction)


def moves_authority(context: UnitContext) -> bool:
    """The unit writes topics: write authority moves with it."""
    return bool(context.spec.topics.writes)


def moves_groups(context: UnitContext) -> bool:
    """The unit has consumer groups whose positions move with it."""
    return bool(context.spec.consumer_groups)
