"""What a person wants to know of a migration and its units, out of the raw objects. Pure.

Called by status (as a tree, as JSON, for the exit code). A missing value stays None: a status that
was not written yet is never shown as zero or as fine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from pydantic.alias_generators import to_camel

from kafka_migration.cli.reading import Family
from kafka_migration.model.reasons import Reason


class Outcome(IntEnum):
    """The exit code of `kmig status`."""

    SETTLED = 0  # where it was asked to be
    FAILED = 1  # needs somebody
    WORKING = 2  # on its way; as an exit code: not there in time
    AWAITING_APPROVAL = 3


AWAITED = (Reason.AWAITING_APPROVAL, Reason.PLAN_CHANGED)
_WORST = (Outcome.FAILED, Outcome.WORKING, Outcome.AWAITING_APPROVAL, Outcome.SETTLED)


@dataclass(frozen=True)
class Row:
    """A stage or a step; seconds are None before it began."""

    name: str
    state: str  # Pending, Running, Succeeded, Failed, Skipped
    seconds: float | None


@dataclass(frozen=True)
class Problem:
    """A named problem."""

    reason: str
    subject: str
    message: str


@dataclass(frozen=True)
class Common:
    """What both kinds show."""

    namespace: str
    name: str
    phase: str
    reason: str
    message: str
    outcome: Outcome
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class UnitView(Common):
    """A WorkloadCutover."""

    wave: int | None
    workload: str
    active_cluster: str | None
    desired_cluster: str | None
    attempt: int | None
    direction: str | None  # reverse: the way back of this attempt
    steps: tuple[Row, ...]
    replay: int  # records that its groups read again at most
    pause: Mapping[str, float]


@dataclass(frozen=True)
class MigrationView(Common):
    """A KafkaMigration."""

    stage: str | None
    desired_stage: str
    lag_seconds: int | None
    gate: Mapping[str, str] | None  # only while it is closed
    on_target: str | None
    rollback_until: str | None
    stages: tuple[Row, ...]


@dataclass(frozen=True)
class FamilyView:
    """A migration above its units."""

    migration: MigrationView | None
    units: tuple[UnitView, ...]
    unread: tuple[str, ...]


def family_view(family: Family, now: datetime) -> FamilyView:
    """Everything that is shown of a family."""
    migration = None if family.migration is None else _migration(family.migration, now)
    return FamilyView(migration, tuple(_unit(u, now) for u in family.units), family.unread)


def outcome_of(families: Iterable[FamilyView]) -> Outcome:
    """The worst outcome of everything that is shown."""
    outcomes = {
        shown.outcome for f in families for shown in (f.migration, *f.units) if shown is not None
    }
    return next((o for o in _WORST if o in outcomes), Outcome.SETTLED)


def json_of(family: FamilyView) -> dict[str, Any]:
    """Camel case JSON; outcomes by name."""
    named: dict[str, Any] = _camel(asdict(family))
    return named


def _camel(value: Any) -> Any:
    if isinstance(value, Outcome):
        return to_camel(value.name.lower())
    if isinstance(value, Mapping):
        return {to_camel(str(k)): _camel(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_camel(item) for item in value]
    return value


def condition(body: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The condition of a type; {} if there is none."""
    conditions = body.get("status", {}).get("conditions", [])
    return next((c for c in conditions if c["type"] == kind), {})


def _outcome(body: Mapping[str, Any]) -> Outcome:
    ready = condition(body, "Ready")
    generation = body["metadata"].get("generation", 1)
    if ready.get("observedGeneration") != generation:
        return Outcome.WORKING  # the operator has not seen this spec yet
    if condition(body, "Stalled").get("status") == "True":
        return Outcome.FAILED
    if ready.get("reason") in AWAITED:  # a gate that nothing waits at yet is no outcome
        return Outcome.AWAITING_APPROVAL
    return Outcome.SETTLED if ready.get("status") == "True" else Outcome.WORKING


def _common(body: Mapping[str, Any]) -> dict[str, Any]:
    status = body.get("status", {})
    unseen = "not looked at yet: does the operator run?"
    return {
        "namespace": body["metadata"]["namespace"],
        "name": body["metadata"]["name"],
        "phase": status.get("phase") or "Pending",
        "reason": condition(body, "Ready").get("reason", ""),
        "message": status.get("message") or unseen,
        "outcome": _outcome(body),
        "problems": tuple(
            Problem(p["reason"], p["subject"], p.get("message", ""))
            for p in status.get("problems", [])
        ),
    }


def _migration(body: Mapping[str, Any], now: datetime) -> MigrationView:
    status, spec = body.get("status", {}), body["spec"]
    closed = condition(body, "ApprovalRequired").get("status") == "True"
    return MigrationView(
        **_common(body),
        stage=status.get("stage"),
        desired_stage=spec["desiredStage"],
        lag_seconds=(status.get("replication") or {}).get("maxLagSeconds"),
        gate=status.get("gate") if closed else None,
        rollback_until=status.get("rollbackUntil"),
        on_target=(status.get("workloads") or {}).get("summary"),
        stages=_rows(status.get("stages", []), now),
    )


def _unit(body: Mapping[str, Any], now: datetime) -> UnitView:
    status, spec = body.get("status", {}), body["spec"]
    return UnitView(
        **_common(body),
        wave=spec.get("wave"),
        workload=status.get("workload") or ", ".join(w["name"] for w in spec["workloads"]),
        active_cluster=status.get("activeCluster"),
        desired_cluster=status.get("effectiveDesiredCluster"),
        attempt=status.get("attempt"),
        direction=status.get("direction"),
        steps=_rows(status.get("steps", []), now),
        replay=(status.get("offsets") or {}).get("replayRecords") or 0,
        pause={k: v for k, v in (status.get("pause") or {}).items() if v is not None},
    )


def _rows(items: Iterable[Mapping[str, Any]], now: datetime) -> tuple[Row, ...]:
    return tuple(Row(i["name"], i["state"], _seconds(i, now)) for i in items)


def _seconds(item: Mapping[str, Any], now: datetime) -> float | None:
    if not item.get("startTime"):
        return None
    ended = item.get("completionTime")
    end = datetime.fromisoformat(ended) if ended else now
    return max(0.0, (end - datetime.fromisoformat(item["startTime"])).total_seconds())
