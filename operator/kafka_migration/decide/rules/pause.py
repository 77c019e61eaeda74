"""The write pause in seconds and whose it is (protocol 3.13). Called by Resume."""

from __future__ import annotations

from datetime import datetime

from kafka_migration.decide.context import UnitContext
from kafka_migration.model.entries import EntryKind


def _when(context: UnitContext, step: str, end: str) -> datetime | None:
    for item in context.loaded.status.get("steps", []):
        if item["name"] == step and item.get(end):
            return datetime.fromisoformat(item[end])
    return None


def _between(context: UnitContext, step: str) -> float:
    began = _when(context, step, "startTime")
    ended = _when(context, step, "completionTime")
    return (ended - began).total_seconds() if began and ended else 0.0


def pause_of(context: UnitContext) -> dict[str, float]:
    """The pause in four figures, seconds.

    totalSeconds: first scale-down to running again; operatorSeconds: pods gone to replicas
    restored without the settle windows; settleSeconds: both windows; applicationSeconds: the rest.
    """
    total = context.elapsed.in_pause
    restored = context.elapsed.to_restored
    until_restored = total if restored is None else restored
    drained = _between(context, "Drain")
    fenced = context.recorded(EntryKind.FENCED) or {}
    settle = _between(context, "Settle") + float(fenced.get("windowSeconds", 0.0))
    operator = max(0.0, until_restored - drained - settle)
    return {
        "totalSeconds": round(total, 3),
        "operatorSeconds": round(operator, 3),
        "settleSeconds": round(settle, 3),
        "applicationSeconds": round(max(0.0, total - operator - settle), 3),
    }
