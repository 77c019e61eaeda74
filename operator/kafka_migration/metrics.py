"""Prometheus metrics of the operator; their names are part of what we promise.

Called by app, reconcile, observe and act. Labels never hold a message, a principal or an offset.
"""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from kafka_migration.model.kubernetes import Key, Loaded

REGISTRY = CollectorRegistry()
_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_STEP_SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 45, 60, 120, 300, 600, 1800)
_OBJECT = ("kind", "namespace", "name")

BUILD = Gauge(
    "kmig_build_info", "1; the label says which version runs", ["version"], registry=REGISTRY
)
LEADER = Gauge("kmig_leader", "1 while this process holds the Lease", registry=REGISTRY)
RECONCILE_SECONDS = Histogram(
    "kmig_reconcile_duration_seconds",
    "One tick of one object",
    ["kind"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
RECONCILE_ERRORS = Counter(
    "kmig_reconcile_errors_total",
    "Ticks that ended by an error",
    ["kind", "reason"],
    registry=REGISTRY,
)
QUEUE_DEPTH = Gauge("kmig_queue_depth", "Objects due and waiting for a worker", registry=REGISTRY)
RESYNC_TIME = Gauge(
    "kmig_resync_last_success_timestamp_seconds",
    "When all objects were last listed",
    registry=REGISTRY,
)
OBSERVE_SECONDS = Histogram(
    "kmig_observe_duration_seconds",
    "Reading one fact",
    ["fact"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
UNKNOWN_FACTS = Counter(
    "kmig_unknown_facts_total",
    "Facts that could not be read",
    ["fact", "reason"],
    registry=REGISTRY,
)
ACTS = Counter("kmig_acts_total", "Acts on the world", ["action", "outcome"], registry=REGISTRY)
STAGE = Gauge(
    "kmig_stage",
    "1 for the stage or step that the object works on",
    [*_OBJECT, "stage"],
    registry=REGISTRY,
)
LAG = Gauge(
    "kmig_replication_lag_seconds",
    "Age of the oldest data that is not copied yet",
    ["namespace", "name"],
    registry=REGISTRY,
)
STEP_SECONDS = Histogram(
    "kmig_cutover_step_duration_seconds",
    "How long a step of a cutover took",
    ["step"],
    buckets=_STEP_SECONDS,
    registry=REGISTRY,
)
PAUSE_SECONDS = Histogram(
    "kmig_cutover_pause_seconds",
    "First workload scaled down to first ready writer",
    buckets=_STEP_SECONDS,
    registry=REGISTRY,
)

_stages: dict[Key, str] = {}
_lags: set[Key] = set()


def set_stage(key: Key, stage: str) -> None:
    """The object works on this stage or step now, and on no other."""
    before = _stages.get(key)
    if before == stage:
        return
    if before is not None:
        STAGE.remove(key.kind, key.namespace, key.name, before)
    STAGE.labels(key.kind, key.namespace, key.name, stage).set(1)
    _stages[key] = stage


def report(before: Loaded, after: Loaded) -> None:
    """What a status write changed: the row worked on, lag, steps and pauses that ended."""
    old, new, key = before.status, after.status, after.key
    working = new.get("workingStep") or new.get("workingStage") or new.get("stage")
    if working:
        set_stage(key, str(working))
    lag = (new.get("replication") or {}).get("maxLagSeconds")
    if lag is not None:
        LAG.labels(key.namespace, key.name).set(lag)
        _lags.add(key)
    done = {s["name"] for s in old.get("steps", ()) if s.get("state") == "Succeeded"}
    for step in new.get("steps", ()):
        if step.get("state") == "Succeeded" and step["name"] not in done:
            seconds = _seconds(step.get("startTime"), step.get("completionTime"))
            STEP_SECONDS.labels(step["name"]).observe(seconds)
    total = (new.get("pause") or {}).get("totalSeconds")
    if total is not None and (old.get("pause") or {}).get("totalSeconds") is None:
        PAUSE_SECONDS.observe(total)


def _seconds(begin: str | None, end: str | None) -> float:
    if begin is None or end is None:
        return 0.0
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def forget(key: Key) -> None:
    """The object is gone: so are its series."""
    before = _stages.pop(key, None)
    if before is not None:
        STAGE.remove(key.kind, key.namespace, key.name, before)
    if key in _lags:
        _lags.discard(key)
        LAG.remove(key.namespace, key.name)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
