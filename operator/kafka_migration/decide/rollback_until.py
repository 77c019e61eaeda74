"""`status.rollbackUntil` of a KafkaMigration, and the warning a day before. Called by its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.gate import completing
from kafka_migration.decide.rules import way_back
from kafka_migration.model import facts
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem

_NEEDED = (facts.UNITS, facts.SOURCE_TOPICS, facts.TARGET_TOPICS, facts.SOURCE_CLUSTER)


def rollback_until(context: MigrationContext, old: Mapping[str, Any]) -> str | None:
    """Of the units on the target, while there is a way back; as before if nobody looked now."""
    away = bool((old.get("workloads") or {}).get("onTarget"))
    if not away or completing(context) or context.spec.replication.reverse == "Disabled":
        return None
    seen = context.facts
    if not all(seen.has(fact) for fact in _NEEDED):
        return old.get("rollbackUntil")
    if any(seen.unknown(fact) for fact in _NEEDED):
        return way_back.UNKNOWN
    readings = way_back.Readings(
        seen[facts.SOURCE_TOPICS], seen[facts.TARGET_TOPICS], seen[facts.SOURCE_CLUSTER].settings
    )
    return way_back.until(seen[facts.UNITS], readings)


def ends_soon(until: str | None, now: str) -> tuple[Problem, ...]:
    """A problem that keeps nothing from going on."""
    if not way_back.closes_soon(until, now):
        return ()
    text = (
        f"from {until} on something that a way back needs may be lost to retention, compaction or "
        "offset expiry; roll back before, or raise the retention on both sides"
    )
    return (Problem(Reason.ROLLBACK_ENDS, "rollback", text),)
