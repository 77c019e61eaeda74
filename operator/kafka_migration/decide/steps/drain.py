"""Drain: replicas recorded, workloads scaled to zero, pods gone. The write pause begins here."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.steps import approval
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import Scale
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait

_PLAN = {"workloads", "topics", "consumer_groups", "fence"}


def drain_is_not_recorded(context: UnitContext) -> Verdict:
    """The replicas to restore are an entry before the first workload is scaled."""
    if context.recorded(EntryKind.DRAINING) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the replicas")


def record(context: UnitContext) -> Asked | None:
    """Replicas per workload, the pods that must be gone, and the plan that is frozen now."""
    seen = context.facts[facts.WORKLOADS]
    data = {
        "replicas": {n: w.replicas for n, w in sorted(seen.items()) if w is not None},
        "pods": sorted(p.uid for w in seen.values() if w is not None for p in w.pods),
        "nodes": sorted({p.node for w in seen.values() if w is not None for p in w.pods if p.node}),
        "plan": context.spec.model_dump(mode="json", by_alias=True, include=_PLAN),
    }
    return context.entry(EntryKind.DRAINING, data)


def _running(context: UnitContext) -> list[str]:
    seen = context.facts[facts.WORKLOADS]
    return [
        w.name
        for w in context.spec.workloads
        if (found := seen[w.name]) is not None and found.replicas > 0
    ]


def workloads_run(context: UnitContext) -> Verdict:
    """Every workload is scaled to zero."""
    running = _running(context)
    if not running:
        return PASS
    return wait(Reason.PROGRESSING, f"scaling {', '.join(running)} to zero")


def scale_down(context: UnitContext) -> Asked | None:
    """The next workload that still has replicas."""
    running = _running(context)
    return Scale(running[0], 0) if running else None


def pods_are_left(context: UnitContext) -> Verdict:
    """No pod of any workload exists, terminating ones included."""
    left = [
        pod.name for w in context.facts[facts.WORKLOADS].values() if w is not None for pod in w.pods
    ]
    if not left:
        return PASS
    return wait(Reason.PROGRESSING, f"waiting for {len(left)} pods to end, first {left[0]}")


TASKS: tuple[Task[UnitContext], ...] = (
    approval.STILL,
    Task("recorded", (facts.WORKLOADS,), drain_is_not_recorded, record),
    Task("scaled to zero", (facts.WORKLOADS,), workloads_run, scale_down),
    Task("pods gone", (facts.WORKLOADS,), pods_are_left),
)
