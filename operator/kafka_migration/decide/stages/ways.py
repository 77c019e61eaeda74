"""The mirrors of one direction, and the facts that tell of them. Pure.

What must stay true of a mirror is the same both ways; only where to look differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import TypeVar

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import names
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.facts import CopyBounds, Fact, Restarts
from kafka_migration.model.kafka import Acl
from kafka_migration.model.sides import Direction, Side, entered_by, left_by

T = TypeVar("T")


@dataclass(frozen=True)
class Way:
    """One direction."""

    direction: Direction
    connectors: Fact[Mapping[str, Connector]]
    offsets: Fact[Mapping[str, ConnectorOffsets]]
    restarts: Fact[Mapping[str, Restarts]]
    bounds: Fact[CopyBounds]
    lag: Fact[float]
    acls: Fact[tuple[Acl, ...]]  # of the side that its mirrors write to

    @property
    def read(self) -> Side:
        """The side that its mirrors read."""
        return left_by(self.direction)

    @property
    def written(self) -> Side:
        """The side that its mirrors write to."""
        return entered_by(self.direction)

    def principal(self, context: MigrationContext) -> str:
        """Of its mirrors, where they write."""
        identities = context.spec.replication.identities
        identity = identities.target if self.written == "target" else identities.source
        return identity.authentication.principal_name

    def named(self, task: str) -> str:
        """A task's name, told apart from the same one of the other direction."""
        return task if self.direction == "forward" else f"{task} (way back)"

    def ours(self, context: MigrationContext) -> Iterator[Connector]:
        """Its mirrors of this migration: the bulk mirror and the units' own."""
        bulk = names.bulk_connector(context.short_uid)
        unit = names.unit_connector(context.short_uid, "", self.direction)
        for name, connector in sorted(context.facts[self.connectors].items()):
            if name == bulk or name.startswith(unit):
                yield connector

    def bind(
        self, function: Callable[[Way, MigrationContext], T]
    ) -> Callable[[MigrationContext], T]:
        """The check or act for this direction; pages show it by the function's own name."""
        return update_wrapper(partial(function, self), function)


FORWARD = Way(
    "forward",
    facts.CONNECTORS,
    facts.MIRROR_OFFSETS,
    facts.RESTARTS,
    facts.COPY_BOUNDS,
    facts.LAG_SECONDS,
    facts.TARGET_ACLS,
)
BACK = Way(
    "reverse",
    facts.REVERSE_CONNECTORS,
    facts.REVERSE_OFFSETS,
    facts.REVERSE_RESTARTS,
    facts.REVERSE_COPY_BOUNDS,
    facts.REVERSE_LAG_SECONDS,
    facts.SOURCE_ACLS,
)
