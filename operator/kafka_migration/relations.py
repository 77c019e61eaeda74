"""Which units name which migration: filled by events and by the resync, asked by the app.

An index for waking related objects up, never for deciding: a tick reads afresh.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from kafka_migration.model.kubernetes import Key, Loaded

MIGRATION, UNIT = "KafkaMigration", "WorkloadCutover"


def named_migration(kind: str, spec: Mapping[str, Any]) -> Key | None:
    """The migration that a unit's spec names; None for a migration or a malformed unit."""
    reference = spec.get("migrationRef")
    if kind != UNIT or not isinstance(reference, Mapping):
        return None
    namespace, name = reference.get("namespace"), reference.get("name")
    if not isinstance(namespace, str) or not isinstance(name, str):
        return None
    return Key(MIGRATION, namespace, name)


class Relations:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._migration_of: dict[Key, Key] = {}

    def learn(self, key: Key, spec: Mapping[str, Any]) -> None:
        """An object was seen with this spec."""
        migration = named_migration(key.kind, spec)
        with self._lock:
            if migration is None:
                self._migration_of.pop(key, None)
            else:
                self._migration_of[key] = migration

    def forget(self, key: Key) -> None:
        """The object is gone."""
        with self._lock:
            self._migration_of.pop(key, None)

    def replace(self, everything: Iterable[Loaded]) -> None:
        """A consistent list of all objects: what it does not hold is gone."""
        found = {o.key: named_migration(o.key.kind, o.spec) for o in everything}
        with self._lock:
            self._migration_of = {unit: m for unit, m in found.items() if m is not None}

    def of(self, key: Key) -> tuple[Key, ...]:
        """A migration's units, or a unit's migration."""
        with self._lock:
            if key.kind == MIGRATION:
                return tuple(sorted(u for u, m in self._migration_of.items() if m == key))
            migration = self._migration_of.get(key)
            return () if migration is None else (migration,)
