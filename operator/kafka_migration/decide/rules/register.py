"""Reading the fence register: what we hold, who has authority (protocol 1.7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kafka_migration.model.actions import Side
from kafka_migration.model.inventory import acl_from
from kafka_migration.model.kafka import Acl


def entries(document: Mapping[str, Any], side: Side, states: Collection[str]) -> frozenset[Acl]:
    """ACLs registered for a side in one of these states."""
    return frozenset(
        acl_from(e["acl"])
        for e in document.get("entries", [])
        if e["side"] == side and e["state"] in states
    )


def ours(document: Mapping[str, Any], side: Side) -> frozenset[Acl]:
    """Every entry of a side that was ever registered: a DENY equal to one is ours."""
    return entries(document, side, ("wanted", "held", "lifting", "lifted"))


def authority(document: Mapping[str, Any], topic: str) -> str:
    """Which side may write a topic: source (default), target or none."""
    value = document.get("authority", {}).get(topic, "source")
    return str(value)
