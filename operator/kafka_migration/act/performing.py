"""What an act is given: the world, the object's context, and the right to send.

Used by the acts. `check` stands before every request that changes something (protocol 2.5).
"""

from __future__ import annotations

from dataclasses import dataclass

from kafka_migration.api.cutover import Workload
from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.errors import Invalid
from kafka_migration.model.actions import Direction, Side
from kafka_migration.model.reasons import Reason
from kafka_migration.ports import ConnectPort, KafkaPort
from kafka_migration.world import Context, World, home, migration_of, source_alias, unit_of

REQUEST_SECONDS = 5.0  # of Lease that must be left when a request is sent


@dataclass(frozen=True)
class Scene:
    """One act at one tick."""

    world: World
    context: Context

    def check(self) -> None:
        """Raise Unavailable if the Lease may end before an answer; nothing was sent then."""
        self.world.lease.check(REQUEST_SECONDS)

    @property
    def migration(self) -> MigrationContext:
        """The migration itself, or the one that the unit names."""
        return migration_of(self.context)

    @property
    def unit(self) -> UnitContext:
        """The unit; asking on a migration is a programming error."""
        return unit_of(self.context)

    @property
    def home(self) -> str:
        """The migration's namespace."""
        return home(self.context)

    def alias(self, direction: Direction) -> str:
        """The alias under which the offsets of a direction's mirrors are stored."""
        return source_alias(self.context, direction)

    def kafka(self, side: Side) -> KafkaPort:
        """One side as the operator."""
        return self.world.cluster(self.context, side)

    def connect(self, direction: Direction) -> ConnectPort:
        """A direction's Connect cluster of the migration."""
        return self.world.connect_cluster(self.context, direction)

    def workload(self, name: str) -> Workload:
        """The unit's workload of this name; Invalid if the spec lost it."""
        for workload in self.unit.spec.workloads:
            if workload.name == name:
                return workload
        text = f"spec.workloads no longer lists {name}; put it back until the unit has settled"
        raise Invalid(Reason.INVALID_SPEC, text)
