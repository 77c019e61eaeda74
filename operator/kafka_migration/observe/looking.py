"""One look at the world for one decision: reads each fact once, shared by those who need it.

Used by the observers. A fact that was read earlier in the tick is not read again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.errors import KmigError, Refused, Unavailable
from kafka_migration.memory import KeyMemory
from kafka_migration.model.facts import Fact
from kafka_migration.model.kafka import Partition
from kafka_migration.world import Context, World, migration_of, unit_of

T = TypeVar("T")


@dataclass
class Look:
    """What an observer gets. Thread-safe; dependencies between facts have no cycles."""

    world: World
    context: Context
    observers: Mapping[str, Callable[[Look], Any]] = field(repr=False)
    _values: dict[str, Any] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def migration(self) -> MigrationContext:
        """The migration itself, or the one that the unit names."""
        return migration_of(self.context)

    @property
    def unit(self) -> UnitContext:
        """The unit; asking on a migration is a programming error."""
        return unit_of(self.context)

    @property
    def memory(self) -> KeyMemory:
        """What is remembered about the object."""
        return self.world.memory_of(self.context)

    def get(self, fact: Fact[T]) -> T:
        """The fact, read once per tick; its fault is raised again for whoever needs it."""
        if self.context.facts.has(fact):
            unknown = self.context.facts.unknown(fact)
            if unknown is not None:
                kind = Refused if unknown.refused else Unavailable
                raise kind(unknown.reason, unknown.message)
            return self.context.facts[fact]
        with self._guard:
            lock = self._locks.setdefault(fact.name, threading.Lock())
        with lock:
            if fact.name not in self._values:
                self._values[fact.name] = self._read(fact)
        value = self._values[fact.name]
        if isinstance(value, Exception):
            raise value
        return cast("T", value)

    def _read(self, fact: Fact[Any]) -> Any:
        try:
            return self.observers[fact.name](self)
        except KmigError as error:
            return error

    def partitions_in_scope(self) -> tuple[Partition, ...]:
        """All partitions of the inventory; before the freeze, of the source's topics in scope."""
        from kafka_migration.model.facts import SOURCE_TOPICS

        inventory = self.migration.inventory
        if inventory is not None:
            return tuple(
                p for topic in sorted(inventory.topics) for p in inventory.partitions(topic)
            )
        topics = self.get(SOURCE_TOPICS)
        return tuple(Partition(name, n) for name in sorted(topics) for n in topics[name].partitions)
