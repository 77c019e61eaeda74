"""What a migration's mirrors were seen to have copied, kept over a restart (docs/adr/0011).

One ConfigMap of the migration, written over; called by observe and recording. Nothing here ever
asks for an act: it only tells an expired control record from a lost record. Without it, or with
an old one, the check of the copies is as strict as without any memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka_migration.decide.rules import names
from kafka_migration.errors import Refused
from kafka_migration.mirror_memory import Covered
from kafka_migration.model.kafka import Partition
from kafka_migration.model.kubernetes import Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import DIRECTIONS, Direction
from kafka_migration.ports import RegisterPort

Pairs = Mapping[Partition, Covered]


def read(register: RegisterPort, migration: Loaded) -> Mapping[Direction, Pairs]:
    """As kept last; nothing if that was another migration of the same name.

    Raises Refused(STATUS_LOST) when it holds what was never written there.
    """
    namespace, name = migration.key.namespace, names.covered_copies(migration.key.name)
    document, _ = register.read(namespace, name)
    if document.get("migration") != migration.uid:
        return {direction: {} for direction in DIRECTIONS}
    try:
        return {direction: _decoded(document[direction]) for direction in DIRECTIONS}
    except (AttributeError, KeyError, TypeError, ValueError):
        text = (
            f"ConfigMap {namespace}/{name} does not hold what the operator wrote; restore it from "
            "a backup, or delete it: then topics whose log retention emptied may read as gaps"
        )
        raise Refused(Reason.STATUS_LOST, text) from None


def write(register: RegisterPort, migration: Loaded, pairs: Mapping[Direction, Pairs]) -> None:
    """Keep exactly these."""
    namespace, name = migration.key.namespace, names.covered_copies(migration.key.name)
    _, version = register.read(namespace, name)
    document: dict[str, Any] = {direction: _encoded(pairs[direction]) for direction in DIRECTIONS}
    document["migration"] = migration.uid
    register.write(namespace, name, document, version)


def _encoded(pairs: Pairs) -> dict[str, dict[str, str]]:
    encoded: dict[str, dict[str, str]] = {}
    for partition, (copied, end) in pairs.items():
        encoded.setdefault(partition.topic, {})[str(partition.number)] = f"{copied} {end}"
    return encoded


def _decoded(encoded: Mapping[str, Mapping[str, str]]) -> Pairs:
    found = {}
    for topic, numbers in encoded.items():
        for number, text in numbers.items():
            copied, end = text.split()
            found[Partition(topic, int(number))] = Covered(int(copied), int(end))
    return found
