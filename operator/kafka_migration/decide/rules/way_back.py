"""Until when everything that a way back needs is kept: retention, compaction, offset expiry. Pure.

Counted from the Switch entry on: what the seam speaks of is as old as that (protocol 6). A setting
that cannot be read makes the answer Unknown, never later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kafka_migration.decide.rules import legs
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import UnitView
from kafka_migration.model.kafka import Topic

UNKNOWN = "Unknown"
_FOR_EVER = timedelta(days=36500)  # a longer time is no limit
_WARNING = timedelta(days=1)
_MILLISECOND, _MINUTE = 0.001, 60.0


@dataclass(frozen=True)
class Readings:
    """Both sides' topics, and the settings of a source broker."""

    source: Mapping[str, Topic]
    target: Mapping[str, Topic]
    settings: Mapping[str, str | None]


def until(units: Iterable[UnitView], readings: Readings) -> str | None:
    """RFC 3339, UNKNOWN, or None: no unit is on the target, or nothing it needs is ever lost."""
    ends: list[datetime] = []
    for unit in units:
        leg = legs.newest(unit.entries)
        if leg is None or leg.direction != "forward":
            continue
        limits = [*_topics(leg, readings), *_groups(unit, readings)]
        if None in limits:
            return UNKNOWN
        since = _switched_at(unit, leg)
        ends += [since + x for x in limits if x is not None and x < _FOR_EVER]
    return _text(min(ends)) if ends else None


def closes_soon(moment: str | None, now: str) -> bool:
    """Within a day, or over."""
    if moment is None or moment == UNKNOWN:
        return False
    return datetime.fromisoformat(moment) - datetime.fromisoformat(now) < _WARNING


def _switched_at(unit: UnitView, leg: legs.Leg) -> datetime:
    at = next(
        e.at
        for e in reversed(unit.entries)
        if e.kind is EntryKind.SWITCH and (e.attempt, e.direction) == (leg.attempt, leg.direction)
    )
    return datetime.fromisoformat(at)


def _topics(leg: legs.Leg, readings: Readings) -> Iterable[timedelta | None]:
    """Of both sides: a seam is read from either."""
    for name in sorted({p.topic for p in leg.fenced}):
        for topics in (readings.source, readings.target):
            topic = topics.get(name)
            yield from [None] if topic is None else _kept(topic.config)


def _kept(config: Mapping[str, str]) -> Iterable[timedelta | None]:
    policy = config.get("cleanup.policy")
    if policy is None:
        yield None
        return
    if "delete" in policy:
        yield _span(config.get("retention.ms"), _MILLISECOND)
    if "compact" in policy:
        yield _span(config.get("min.compaction.lag.ms"), _MILLISECOND)


def _groups(unit: UnitView, readings: Readings) -> Iterable[timedelta | None]:
    """Commits of a group that stands still expire."""
    if unit.loaded.spec.get("consumerGroups"):
        yield _span(readings.settings.get("offsets.retention.minutes"), _MINUTE)


def _span(value: str | None, seconds: float) -> timedelta | None:
    """A setting as a time; a negative one is for ever, an unreadable one None."""
    try:
        number = int(value) if value is not None else None
    except ValueError:
        return None
    if number is None:
        return None
    if number < 0 or number * seconds > _FOR_EVER.total_seconds():
        return _FOR_EVER
    return timedelta(seconds=number * seconds)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
