"""What in scope did not move with any unit: Completed would leave it behind (protocol 6). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kafka_migration.decide.rules import acls
from kafka_migration.model.facts import UnitView
from kafka_migration.model.inventory import Inventory
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem


@dataclass(frozen=True)
class Moved:
    """What went to the target with the units that arrived, by name on the source."""

    topics: frozenset[str]
    groups: frozenset[str]
    writers: frozenset[str]  # principals on the source


def moved(units: Iterable[UnitView]) -> Moved:
    """Of units that arrived; a principal that a unit's fence names is its own too."""
    specs = [unit.loaded.spec for unit in units]
    return Moved(
        frozenset(t for s in specs for t in s["topics"].get("writes", ())),
        frozenset(g["name"] for s in specs for g in s.get("consumerGroups", ())),
        frozenset(p for s in specs for p in _principals(s)),
    )


def _principals(spec: Any) -> Iterator[str]:
    yield from spec.get("fence", {}).get("extraPrincipals", ())
    for workload in spec["workloads"]:
        identity = workload["binding"]["source"]["authentication"]
        yield identity.get("principal") or f"User:{identity.get('username', '')}"


def topics(inventory: Inventory, gone: Moved) -> Iterator[Problem]:
    """Topics of the inventory that no unit wrote."""
    for topic in sorted(set(inventory.topics) - gone.topics):
        text = f"topic {topic} did not move; move it with a unit, or {_excuse(f'topic/{topic}')}"
        yield Problem(Reason.NOT_MOVED, f"topic/{topic}", text)


def groups(inventory: Inventory, gone: Moved) -> Iterator[Problem]:
    """Consumer groups of the inventory that no unit lists."""
    for group in sorted(set(inventory.groups) - gone.groups):
        text = f"group {group} did not move; move it with a unit, or {_excuse(f'group/{group}')}"
        yield Problem(Reason.NOT_MOVED, f"group/{group}", text)


def writers(
    present: Iterable[Acl], gone: Moved, written: Collection[str], known: Collection[str]
) -> Iterator[Problem]:
    """Who may write a topic that moved and went with no unit; `known` are ours and the mirrors'.

    The writers of a topic that was excused by name stay where it stays.
    """
    every = tuple(present)
    seen = {principal for topic in written for principal in acls.writers(every, topic)}
    for principal in sorted(seen - gone.writers - set(known)):
        text = (
            f"{principal} may write on the source and moved with no unit; move it, or "
            f"{_excuse(f'principal/{principal}')}"
        )
        yield Problem(Reason.NOT_MOVED, f"principal/{principal}", text)


def _excuse(subject: str) -> str:
    return f"acknowledge {Reason.NOT_MOVED.value} for {subject}"
