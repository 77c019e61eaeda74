"""What a planted world answers when a decision asks for a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.unit.decide.planted_clusters import Clusters, Kafka, direction_of, in_scope
from tests.unit.decide.planted_specs import Context

from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.model.actions import Direction
from kafka_migration.model.connect import Connector, ConnectorOffsets, Workers
from kafka_migration.model.facts import CopyBounds, Fact, Restarts, UnitView, Unknown
from kafka_migration.model.kafka import Acl, Cluster, Ends, Group, Partition, Topic
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Side

_FROM_SOURCE = frozenset(
    {"copy-bounds", "last-data", "reverse-connectors", "reverse-offsets", "reverse-workers"}
)
_FROM_TARGET = frozenset(
    {"internal-topics", "connectors", "mirror-offsets", "workers", "reverse-copy-bounds"}
)


def read_as(fact: str, context: Context) -> str:
    """Under which name the same reading is known that a unit asks for by its role."""
    if not isinstance(context, UnitContext):
        return fact
    role, _, what = fact.partition("-")
    if role in ("leaving", "entering") and what in ("cluster", "topics", "acls"):
        return f"{context.leaving if role == 'leaving' else context.entering}-{what}"
    if role in ("onward", "return") and what in ("connectors", "offsets"):
        way = context.onward if role == "onward" else context.homeward
        forward = {"connectors": "connectors", "offsets": "mirror-offsets"}[what]
        return forward if way == "forward" else f"reverse-{what}"
    return fact


def sides_of(fact: str, context: Context) -> frozenset[Side]:
    """The sides that must answer for a fact; Connect stands at the side that it copies to."""
    if fact in _FROM_SOURCE or fact.startswith("source-"):
        return frozenset({"source"})
    if fact in _FROM_TARGET or fact.startswith("target-"):
        return frozenset({"target"})
    if not isinstance(context, UnitContext):
        return frozenset()
    leaving, entering = frozenset({context.leaving}), frozenset({context.entering})
    if fact == "positions":
        return leaving | entering
    if fact in ("keeping-up", "held-transactions"):
        return leaving
    by_role = {"leaving": leaving, "return": leaving, "entering": entering, "onward": entering}
    return by_role.get(fact.partition("-")[0], frozenset())


def migration_of(context: Context) -> MigrationContext:
    return context if isinstance(context, MigrationContext) else context.migration


def unit_of(context: Context) -> UnitContext:
    assert isinstance(context, UnitContext)
    return context


def leaves_source(context: Context) -> bool:
    return unit_of(context).leaving == "source"


def not_known(reason: Reason = Reason.UNREACHABLE, *, refused: bool = False) -> Unknown:
    """A fact that could not be read."""
    return Unknown(reason, "it did not answer", refused)


class Answers(Clusters):
    """Facts of the clusters and of the migration."""

    def fact(self, wanted: Fact[Any], context: Context) -> Any:
        """The value of a fact, or the Unknown that was planted."""
        for name in (wanted.name, read_as(wanted.name, context)):
            if name in self.unknown:
                return self.unknown[name]
        if self.silent & sides_of(wanted.name, context):
            return not_known()
        method = getattr(self, "_" + wanted.name.replace("-", "_"))
        return method(context)

    def _source_cluster(self, _: Context) -> Cluster:
        return self._cluster(self.source)

    def _target_cluster(self, _: Context) -> Cluster:
        return self._cluster(self.target)

    def _cluster(self, kafka: Kafka) -> Cluster:
        return Cluster(kafka.cluster_id, (1,), kafka.operations, dict(kafka.settings))

    def _source_topics(self, _: Context) -> Mapping[str, Topic]:
        return {n: t for n, t in self.source.topics.items() if in_scope(n)}

    def _target_topics(self, _: Context) -> Mapping[str, Topic]:
        return {n: t for n, t in self.target.topics.items() if in_scope(n)}

    def _internal_topics(self, _: Context) -> Mapping[str, Topic]:
        return {n: t for n, t in self.target.topics.items() if not in_scope(n)}

    def _source_internal_topics(self, context: Context) -> Mapping[str, Topic]:
        inventory = migration_of(context).inventory
        planned = [] if inventory is None else inventory.plan.source_internal_topics
        named = {t.name for t in planned}
        return {n: t for n, t in self.source.topics.items() if n in named}

    def _source_acls(self, _: Context) -> tuple[Acl, ...]:
        return tuple(sorted(self.source.acls))

    def _target_acls(self, _: Context) -> tuple[Acl, ...]:
        return tuple(sorted(self.target.acls))

    def _source_groups(self, _: Context) -> Mapping[str, Group]:
        return {"orders": Group("orders", "STABLE", ("reader",))}

    def _workers(self, _: Context) -> Workers:
        return self.workers

    def _reverse_workers(self, _: Context) -> Workers:
        return self.reverse_workers

    def _connectors(self, _: Context) -> Mapping[str, Connector]:
        return self._connectors_of("forward")

    def _reverse_connectors(self, _: Context) -> Mapping[str, Connector]:
        return self._connectors_of("reverse")

    def _connectors_of(self, direction: Direction) -> Mapping[str, Connector]:
        return {n: c for n, c in self.connectors.items() if direction_of(n) == direction}

    def _mirror_offsets(self, _: Context) -> Mapping[str, ConnectorOffsets]:
        return self._offsets_of("forward")

    def _reverse_offsets(self, _: Context) -> Mapping[str, ConnectorOffsets]:
        return self._offsets_of("reverse")

    def _offsets_of(self, direction: Direction) -> Mapping[str, ConnectorOffsets]:
        present = self._connectors_of(direction)
        return {name: ConnectorOffsets(dict(self.stored[name])) for name in present}

    def _register(self, _: Context) -> Mapping[str, Any]:
        return self.register

    def _units(self, _: Context) -> tuple[UnitView, ...]:
        units = [o for o in self.objects.values() if o.key.kind == "WorkloadCutover"]
        return tuple(UnitView(u, self.journals.get(u.key.name, ())) for u in units)

    def _source_ends(self, _: Context) -> Ends:
        return self.source.ends()

    def _source_starts(self, _: Context) -> Mapping[Partition, int]:
        return dict.fromkeys(self.source.high, 0)

    def _target_starts(self, _: Context) -> Mapping[Partition, int]:
        return dict.fromkeys(self.source.high, 0)

    def _last_data(self, _: Context) -> Mapping[Partition, int | None]:
        return dict(self.last_data)

    def _target_held(self, _: Context) -> Mapping[str, int]:
        return dict.fromkeys(self.target.topics, sum(self.target.high.values()))

    def _copy_bounds(self, _: Context) -> CopyBounds:
        forward = self._offsets_of("forward").values()
        copied = {p: o for stored in forward for p, o in stored.offsets.items()}
        bounds = CopyBounds(dict.fromkeys(self.source.high, 0), copied, dict(self.source.high))
        return replace(bounds, **self.bounds)

    def _reverse_copy_bounds(self, _: Context) -> CopyBounds:
        copied = {
            p: o
            for name, stored in self._offsets_of("reverse").items()
            if self.connectors[name].state != "STOPPED"
            for p, o in stored.offsets.items()
        }
        bounds = CopyBounds(dict.fromkeys(copied, 0), copied, dict(self.target.high))
        return replace(bounds, **self.return_bounds)

    def _reverse_lag_seconds(self, _: Context) -> float:
        return self.return_lag_seconds

    def _reverse_restarts(self, _: Context) -> Mapping[str, Restarts]:
        return dict(self.restarts)

    def _lag_seconds(self, _: Context) -> float:
        return self.lag_seconds

    def _patch_quiet_seconds(self, _: Context) -> float:
        return self.patch_quiet_seconds

    def _restarts(self, _: Context) -> Mapping[str, Restarts]:
        return dict(self.restarts)

    def _within_lag_seconds(self, _: Context) -> float:
        return self.window_seconds
