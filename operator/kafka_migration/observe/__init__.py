"""Reading facts: one observer per Fact; a fault becomes an Unknown, never an empty value.

Called by reconcile with the facts that a decision needs. Nothing here changes the world.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError
from typing import Any

from kafka_migration import metrics
from kafka_migration.errors import Invalid, KmigError, Refused
from kafka_migration.logs import log, where
from kafka_migration.model import facts
from kafka_migration.model.facts import Fact, Unknown
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import (
    clusters,
    copying,
    copying_back,
    leg,
    migration,
    places,
    positions,
    transactions,
    unit,
)
from kafka_migration.observe.looking import Look
from kafka_migration.world import Context, World

Observer = Callable[[Look], Any]

# MIGRATION is not here: reconcile loads the named migration before it can decide anything.
OBSERVERS: Mapping[str, Observer] = {
    fact.name: observer
    for fact, observer in (
        (facts.SOURCE_CLUSTER, clusters.source_cluster),
        (facts.TARGET_CLUSTER, clusters.target_cluster),
        (facts.SOURCE_TOPICS, clusters.source_topics),
        (facts.TARGET_TOPICS, clusters.target_topics),
        (facts.SOURCE_ACLS, clusters.source_acls),
        (facts.TARGET_ACLS, clusters.target_acls),
        (facts.SOURCE_GROUPS, clusters.source_groups),
        (facts.INTERNAL_TOPICS, clusters.internal_topics),
        (facts.SOURCE_ENDS, clusters.source_ends),
        (facts.SOURCE_STARTS, clusters.source_starts),
        (facts.TARGET_STARTS, clusters.target_starts),
        (facts.LAST_DATA, clusters.last_data),
        (facts.TARGET_HELD, clusters.target_held),
        (facts.SOURCE_INTERNAL_TOPICS, clusters.source_internal_topics),
        (facts.WORKERS, migration.workers),
        (facts.REVERSE_WORKERS, migration.reverse_workers),
        (facts.REVERSE_CONNECTORS, migration.reverse_connectors),
        (facts.REVERSE_OFFSETS, migration.reverse_offsets),
        (facts.CONNECTORS, migration.connectors),
        (facts.MIRROR_OFFSETS, migration.mirror_offsets),
        (facts.REGISTER, migration.register),
        (facts.UNITS, migration.units),
        (facts.COPY_BOUNDS, copying.copy_bounds),
        (facts.WITHIN_LAG_SECONDS, copying.within_lag_seconds),
        (facts.LAG_SECONDS, copying.lag_seconds),
        (facts.RESTARTS, copying.restarts),
        (facts.REVERSE_COPY_BOUNDS, copying_back.copy_bounds),
        (facts.REVERSE_LAG_SECONDS, copying_back.lag_seconds),
        (facts.REVERSE_RESTARTS, copying_back.restarts),
        (facts.PATCH_QUIET_SECONDS, copying.patch_quiet_seconds),
        (facts.COMPARISON, migration.comparison),
        (facts.AUDITS, migration.audits),
        (facts.COMPARISON_REPORT, migration.comparison_report),
        (facts.WORKLOADS, unit.workloads),
        (facts.BINDINGS, unit.bindings),
        (facts.LEAVING_CLUSTER, leg.leaving_cluster),
        (facts.ENTERING_CLUSTER, leg.entering_cluster),
        (facts.AUDIT, unit.audit),
        (facts.AUDIT_REPORT, unit.audit_report),
        (facts.LEAVING_TOPICS, leg.leaving_topics),
        (facts.ENTERING_TOPICS, leg.entering_topics),
        (facts.LEAVING_ACLS, leg.leaving_acls),
        (facts.ENTERING_ACLS, leg.entering_acls),
        (facts.ONWARD_CONNECTORS, leg.onward_connectors),
        (facts.ONWARD_OFFSETS, leg.onward_offsets),
        (facts.ONWARD_MIRROR_PROBES, unit.onward_mirror_probes),
        (facts.RETURN_CONNECTORS, leg.return_connectors),
        (facts.RETURN_OFFSETS, leg.return_offsets),
        (facts.RETURN_MIRROR_PROBES, unit.return_mirror_probes),
        (facts.LEAVING_ENDS, unit.leaving_ends),
        (facts.ENTERING_ENDS, unit.entering_ends),
        (facts.LEAVING_LAST_DATA, unit.leaving_last_data),
        (facts.LEAVING_PROBES, unit.leaving_probes),
        (facts.ENTERING_PROBES, unit.entering_probes),
        (facts.LEAVING_GROUPS, unit.leaving_groups),
        (facts.LEAVING_COMMITS, unit.leaving_commits),
        (facts.ENTERING_GROUPS, unit.entering_groups),
        (facts.ENTERING_COMMITS, unit.entering_commits),
        (facts.POSITIONS, positions.positions),
        (facts.KEEPING_UP, unit.keeping_up),
        (facts.PROPAGATION, unit.propagation),
        (facts.TAIL, unit.tail),
        (facts.TAIL_REPORT, unit.tail_report),
        (facts.HELD_TRANSACTIONS, transactions.held_transactions),
        (facts.PROBE_PODS, unit.probe_pods),
        (facts.PLACE_PROBES, places.place_probes),
    )
}


def observe(
    world: World, context: Context, wanted: Sequence[Fact[Any]]
) -> Mapping[str, Any | Unknown]:
    """Read the facts at the same time, each within the world's deadline for a look."""
    look = Look(world, context, OBSERVERS)
    deadline = time.monotonic() + world.settings.observe_deadline_seconds
    futures = {fact.name: world.executor.submit(_read, look, fact) for fact in wanted}
    return {name: _within(deadline, name, future) for name, future in futures.items()}


def _within(deadline: float, name: str, future: Future[Any]) -> Any:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except NotInTimeError:
        future.cancel()
        text = f"{name} was not read in time; it is tried again"
        return _unknown(name, Unknown(Reason.DEADLINE_EXCEEDED, text))


def _read(look: Look, fact: Fact[Any]) -> Any:
    with metrics.OBSERVE_SECONDS.labels(fact.name).time():
        try:
            return look.get(fact)
        except KmigError as error:
            refused = isinstance(error, Refused | Invalid)
            return _unknown(fact.name, Unknown(error.reason, error.message, refused))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not pass for a fact
            # Only type and places: the words of a foreign exception may hold anything.
            kind = type(error).__name__
            key = str(look.context.loaded.key)
            log.error("fact failed", key=key, fact=fact.name, error=kind, trace=where(error))
            text = f"{kind} in {fact.name}; see the operator's log"
            return _unknown(fact.name, Unknown(Reason.INTERNAL_ERROR, text))


def _unknown(name: str, unknown: Unknown) -> Unknown:
    metrics.UNKNOWN_FACTS.labels(name, unknown.reason.value).inc()
    return unknown
