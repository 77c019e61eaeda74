"""Doing: one function per Action, dispatched by a table that a test proves complete.

Called by reconcile after the journal and the status were written. An act is idempotent, checks
the Lease just before it sends, and never decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from kafka_migration import metrics
from kafka_migration.act import clusters, comparison, fences, mirrors, workloads
from kafka_migration.act.performing import Scene
from kafka_migration.errors import KmigError
from kafka_migration.logs import log
from kafka_migration.model import actions
from kafka_migration.model.actions import Action
from kafka_migration.model.inventory import acl_json
from kafka_migration.model.kafka import Acl, NewTopic
from kafka_migration.world import Context, World

Act = Callable[[Scene, Any], None]

ACTS: Mapping[type[Any], Act] = {
    actions.CreateTopic: clusters.create_topic,
    actions.EnsureAcls: clusters.ensure_acls,
    actions.CommitOffsets: clusters.commit_offsets,
    actions.ProveCommitRight: clusters.prove_commit_right,
    actions.MeasurePropagation: clusters.measure_propagation,
    actions.EndTransaction: clusters.end_transaction,
    actions.ApplyWorkers: mirrors.apply_workers,
    actions.RemoveWorkers: mirrors.remove_workers,
    actions.CreateConnector: mirrors.create_connector,
    actions.ConfigureConnector: mirrors.configure_connector,
    actions.RestartTasks: mirrors.restart_tasks,
    actions.StopConnector: mirrors.stop_connector,
    actions.ResumeConnector: mirrors.resume_connector,
    actions.DeleteConnector: mirrors.delete_connector,
    actions.FenceMirror: mirrors.fence_mirror,
    actions.AlterOffsets: mirrors.alter_offsets,
    actions.HoldDenies: fences.hold_denies,
    actions.LiftDenies: fences.lift_denies,
    actions.WriteBinding: workloads.write_binding,
    actions.Scale: workloads.scale,
    actions.StartProbePod: workloads.start_probe_pod,
    actions.StartPlaceProbe: workloads.start_place_probe,
    actions.RemoveProbePod: workloads.remove_probe_pod,
    actions.StartComparison: comparison.start_comparison,
    actions.InstructComparison: comparison.instruct_comparison,
    actions.DeleteComparison: comparison.delete_comparison,
}
_FEW = 3  # items of a collection that a log line names


def act(world: World, context: Context, action: Action) -> None:
    """Carry out one action. Raises KmigError; what was sent may then still have happened."""
    memory = world.memory_of(context)
    name = type(action).__name__
    try:
        ACTS[type(action)](Scene(world, context), action)
    except KmigError as error:
        memory.failed(error)
        metrics.ACTS.labels(name, error.reason.value).inc()
        _say(context, action, f"{error.reason}: {error.message}")
        raise
    memory.succeeded(action)
    metrics.ACTS.labels(name, "answered").inc()
    _say(context, action, "answered")


def _say(context: Context, action: Action, outcome: str) -> None:
    """One line per act; actions hold no secrets, long lists are counted."""
    said = {f.name: _short(getattr(action, f.name)) for f in fields(action)}
    name = type(action).__name__
    log.info("act", action=name, object=str(context.loaded.key), fields=said, outcome=outcome)


def _short(value: Any) -> Any:
    if isinstance(value, tuple):
        more = [f"and {len(value) - _FEW} more"] if len(value) > _FEW else []
        return [*map(_words, value[:_FEW]), *more]
    return value if isinstance(value, str | int | None) else _words(value)


def _words(item: Any) -> str:
    """An item as people write it: an ACL's seven fields, a partition with its offsets."""
    if isinstance(item, Acl):
        return " ".join(acl_json(item))
    if isinstance(item, NewTopic):
        return f"{item.name}: {item.partitions} partitions"
    return " ".join(map(str, item)) if isinstance(item, tuple) else str(item)
