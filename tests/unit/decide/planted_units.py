"""Facts of a unit, most of them by their role in its leg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.unit.decide.planted_clusters import Kafka
from tests.unit.decide.planted_facts import Answers, leaves_source, migration_of, unit_of
from tests.unit.decide.planted_specs import NOW, PARTITIONS, Context

from kafka_migration.decide.rules import legs, names
from kafka_migration.decide.rules.segments import segment_at
from kafka_migration.decide.steps.owners import partition_maps
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.facts import AuditView, BindingView, KeepingUp, PlaceAnswer, Settled
from kafka_migration.model.kafka import (
    Acl,
    Cluster,
    Commit,
    Ends,
    Group,
    Partition,
    Probe,
    ProbeResult,
    Topic,
)
from kafka_migration.model.kubernetes import JobState, Pod, ProbePod, Workload
from kafka_migration.model.positions import Anchor, Log, Position


class UnitAnswers(Answers):
    """Facts of units."""

    def _comparison(self, context: Context) -> JobState | None:
        return self._job(names.comparison_job(migration_of(context).short_uid))

    def _comparison_report(self, context: Context) -> Mapping[str, Any] | None:
        job = self.jobs.get(names.comparison_job(migration_of(context).short_uid))
        return None if job is None else job["report"]

    def _tail(self, context: Context) -> JobState | None:
        return self._job(unit_of(context).tail_job)

    def _tail_report(self, context: Context) -> Mapping[str, Any] | None:
        job = self.jobs.get(unit_of(context).tail_job)
        return None if job is None else job["report"]

    def _audits(self, context: Context) -> Mapping[str, AuditView]:
        views = {}
        for unit in self._units(context):
            name = names.tail_job(unit.loaded.uid.replace("-", "")[:8], 1, "reverse")
            job = self.jobs.get(name)
            leg = legs.newest(unit.entries)
            if leg is None or leg.direction != "forward":
                continue
            if job is not None:
                for part in job["report"]["partitions"]:
                    part["targetNext"] = self.source.high[
                        Partition(part["topic"], part["partition"])
                    ]
            views[unit.loaded.uid] = AuditView(
                name, job is not None, None if job is None else job["report"]
            )
        return views

    def _job(self, name: str) -> JobState | None:
        return JobState(name, 1, 0, 0) if name in self.jobs else None

    def _workloads(self, context: Context) -> Mapping[str, Workload | None]:
        return {w.name: self._workload(w.name) for w in unit_of(context).spec.workloads}

    def _workload(self, name: str) -> Workload | None:
        if name not in self.replicas:
            return None
        count, generation = self.replicas[name], self.generation[name]
        pods = tuple(
            Pod(f"{name}-{generation}", f"{name}-{generation}", "node", "Running", True, False, NOW)
            for _ in range(count)
        )
        plain = Workload(name, count, f"app={name}", pods, frozenset({name}))
        return replace(plain, **self.workload)

    def _bindings(self, context: Context) -> Mapping[str, BindingView]:
        return {
            w.name: BindingView(
                True,
                self.bindings[w.name],
                "hash" if w.name in self.adopted else None,
                f"{w.name}-source-hash",
                f"{w.name}-target-hash",
            )
            for w in unit_of(context).spec.workloads
        }

    def _settled(self, kafka: Kafka) -> Settled:
        every = kafka.ends()
        ends = Ends(
            {p: every.high[p] for p in PARTITIONS}, {p: every.stable[p] for p in PARTITIONS}
        )
        still = self.window_seconds if ends.high == ends.stable else 0.0
        return Settled(ends, self.window_seconds, still, self.moved)

    def _leaving_ends(self, context: Context) -> Settled:
        return self._settled(self._side(unit_of(context).leaving))

    def _entering_ends(self, context: Context) -> Settled:
        return self._settled(self._side(unit_of(context).entering))

    def _leaving_last_data(self, context: Context) -> Mapping[Partition, int | None]:
        data = self._side(unit_of(context).leaving).data
        return {p: data.get(p) for p in PARTITIONS}

    def _leaving_probes(self, context: Context) -> tuple[Probe, ...]:
        unit = unit_of(context)
        return self._probes(self._side(unit.leaving), [w.name for w in unit.writers])

    def _entering_probes(self, context: Context) -> tuple[Probe, ...]:
        unit = unit_of(context)
        return self._probes(self._side(unit.entering), [w.name for w in unit.writers])

    def _leaving_cluster(self, context: Context) -> Cluster:
        return self._cluster(self._side(unit_of(context).leaving))

    def _entering_cluster(self, context: Context) -> Cluster:
        return self._cluster(self._side(unit_of(context).entering))

    def _audit(self, context: Context) -> JobState | None:
        return self._job(unit_of(context).audit_job)

    def _audit_report(self, context: Context) -> Mapping[str, Any] | None:
        job = self.jobs.get(unit_of(context).audit_job)
        return None if job is None else job["report"]

    def _leaving_topics(self, context: Context) -> Mapping[str, Topic]:
        return (
            self._source_topics(context) if leaves_source(context) else self._target_topics(context)
        )

    def _entering_topics(self, context: Context) -> Mapping[str, Topic]:
        return (
            self._target_topics(context) if leaves_source(context) else self._source_topics(context)
        )

    def _leaving_acls(self, context: Context) -> tuple[Acl, ...]:
        return tuple(sorted(self._side(unit_of(context).leaving).acls))

    def _entering_acls(self, context: Context) -> tuple[Acl, ...]:
        return tuple(sorted(self._side(unit_of(context).entering).acls))

    def _onward_connectors(self, context: Context) -> Mapping[str, Connector]:
        return self._connectors_of(unit_of(context).onward)

    def _onward_offsets(self, context: Context) -> Mapping[str, ConnectorOffsets]:
        return self._offsets_of(unit_of(context).onward)

    def _onward_mirror_probes(self, context: Context) -> tuple[Probe, ...]:
        return self._probes(self._side(unit_of(context).entering), ["mirror"])

    def _return_connectors(self, context: Context) -> Mapping[str, Connector]:
        return self._connectors_of(unit_of(context).homeward)

    def _return_offsets(self, context: Context) -> Mapping[str, ConnectorOffsets]:
        return self._offsets_of(unit_of(context).homeward)

    def _return_mirror_probes(self, context: Context) -> tuple[Probe, ...]:
        return self._probes(self._side(unit_of(context).leaving), ["mirror"])

    def _probes(self, kafka: Kafka, users: list[str]) -> tuple[Probe, ...]:
        return tuple(
            Probe(
                f"User:{user}",
                1,
                partition,
                ProbeResult.ALLOWED
                if kafka.may_write(f"User:{user}", partition.topic)
                else ProbeResult.DENIED,
            )
            for user in users
            for partition in PARTITIONS
        )

    def _leaving_groups(self, context: Context) -> Mapping[str, Group]:
        side = unit_of(context).leaving
        running = bool(self.replicas.get("reader")) and self.bindings["reader"] == side
        members = ("reader",) if running else self._side(side).members
        state = "STABLE" if members else "EMPTY"
        static = self.static_members if running else ()
        groups = unit_of(context).spec.consumer_groups
        return {g.name: Group(g.name, state, members, static) for g in groups}

    def _entering_groups(self, context: Context) -> Mapping[str, Group]:
        members = self._side(unit_of(context).entering).members
        state = "STABLE" if members else "EMPTY"
        return {
            g.name: Group(g.name, state, members) for g in unit_of(context).spec.consumer_groups
        }

    def _leaving_commits(self, context: Context) -> Mapping[str, Mapping[Partition, Commit]]:
        return self._commits(self._side(unit_of(context).leaving), context)

    def _entering_commits(self, context: Context) -> Mapping[str, Mapping[Partition, Commit]]:
        return self._commits(self._side(unit_of(context).entering), context)

    def _commits(self, kafka: Kafka, context: Context) -> Mapping[str, Mapping[Partition, Commit]]:
        groups = unit_of(context).spec.consumer_groups
        return {g.name: dict(kafka.commits.get(g.name, {})) for g in groups}

    def _positions(self, context: Context) -> Mapping[str, Mapping[Partition, Position]]:
        """Where each commit stands between its segment's edges; no syncs."""
        unit = unit_of(context)
        maps = partition_maps(unit.facts[facts.UNITS], unit)
        here, there = self._side(unit.leaving), self._side(unit.entering)
        found: dict[str, dict[Partition, Position]] = {}
        for group in unit.spec.consumer_groups:
            found[group.name] = {}
            for p, commit in here.commits.get(group.name, {}).items():
                if p not in maps:
                    continue
                segment = segment_at(maps[p], unit.leaving, commit.offset)
                edges = [e for e in (segment.start, segment.end) if e is not None]
                anchors = tuple(
                    Anchor(e.on(unit.leaving), e.on(unit.entering), synced=False) for e in edges
                )
                logs = (self._log(kafka, p) for kafka in (here, there))
                position = Position(commit.offset, segment, unit.leaving, anchors, *logs)
                found[group.name][p] = position
        return found

    def _log(self, kafka: Kafka, p: Partition) -> Log:
        high, stable = kafka.high[p], kafka.stable.get(p, kafka.high[p])
        records = tuple(o for o in kafka.records.get(p, ()) if o < stable)
        return Log(0, high, stable, records, 0, stable, compacted=p.topic in self.compacted)

    def _keeping_up(self, _: Context) -> KeepingUp:
        return KeepingUp(self.window_seconds)

    def _propagation(self, _: Context) -> Mapping[str, float] | None:
        return self.propagation

    def _held_transactions(self, _: Context) -> Mapping[Partition, int]:
        return {p: n for p, n in self.source.stable.items() if n < self.source.high[p]}

    def _place_probes(self, _: Context) -> Mapping[str, PlaceAnswer | None]:
        return dict(self.places)

    def _probe_pods(self, _: Context) -> Mapping[str, ProbePod | None]:
        return dict(self.probes)
