"""A small migration with a writer and a reader, and the world that decisions are made about.

`Planted` answers every fact from plain values that a test may change, and carries actions out on
them at once. No clock, no I/O: a whole move runs in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, TypeVar

from pydantic import BaseModel

from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.context import Elapsed, MigrationContext, UnitContext
from kafka_migration.decide.cutover import decide_unit
from kafka_migration.decide.decision import Decision
from kafka_migration.decide.leg import working_leg, working_spec
from kafka_migration.decide.migration import decide_migration
from kafka_migration.decide.permission import MOVING
from kafka_migration.decide.rules import legs, names
from kafka_migration.decide.rules.segments import segment_at
from kafka_migration.decide.steps.owners import partition_maps
from kafka_migration.decide.tasks import Failure, Need
from kafka_migration.model import actions as act
from kafka_migration.model import facts
from kafka_migration.model.actions import Direction
from kafka_migration.model.connect import OFFSET_RESET, Connector, ConnectorOffsets, Workers
from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.facts import (
    AuditView,
    BindingView,
    CopyBounds,
    Fact,
    Facts,
    KeepingUp,
    PlaceAnswer,
    Restarts,
    Settled,
    UnitView,
    Unknown,
)
from kafka_migration.model.inventory import acl_json
from kafka_migration.model.kafka import (
    Acl,
    Cluster,
    Commit,
    Ends,
    Group,
    NewTopic,
    Partition,
    PartitionState,
    PatternType,
    Permission,
    Probe,
    ProbeResult,
    ResourceType,
    Topic,
)
from kafka_migration.model.kubernetes import JobState, Key, Loaded, Pod, ProbePod, Workload
from kafka_migration.model.positions import Anchor, Log, Position
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import entered_by, left_by

NOW = "2030-01-01T10:00:00.000Z"
ROUNDS = 40
TICK_SECONDS = 0.2
PARTITIONS = (Partition("orders", 0), Partition("orders", 1))
SETTINGS = {"super.users": "User:kmig;User:mirror", "replica.lag.time.max.ms": "30000"}
Context = MigrationContext | UnitContext
Spec = TypeVar("Spec", bound=BaseModel)
_PARSED: dict[int, tuple[Any, Any]] = {}


def parsed(raw: Mapping[str, Any], model: type[Spec]) -> Spec:
    """The spec as a model; a dictionary is read once, because a change makes a new one."""
    known = _PARSED.get(id(raw))
    if known is None or known[0] is not raw:
        known = _PARSED[id(raw)] = (raw, model.model_validate(raw))
    found: Spec = known[1]
    return found


def authentication(user: str) -> dict[str, Any]:
    reference = {"secretName": user, "password": "password"}
    return {"authentication": {"type": "plain", "username": user, "passwordSecret": reference}}


def migration_spec(**changes: Any) -> dict[str, Any]:
    tls = {"trustedCertificates": [{"secretName": "ca", "certificate": "ca.crt"}]}
    clusters = {
        side: {"bootstrapServers": f"{side}:9092", "tls": tls, **authentication("kmig")}
        for side in ("source", "target")
    }
    identities = {side: authentication("mirror") for side in ("source", "target")}
    return {
        **clusters,
        "scope": {
            "topics": {"include": ["orders.*"]},
            "consumerGroups": {"include": ["orders"]},
        },
        "targetTopics": {"replicationFactor": 1},
        "replication": {
            "identities": identities,
            "mirrorMaker2": {"version": "4.3"},
            "reverse": "Disabled",
        },
        "cutover": {"throughWave": 20},
        "allowedCutovers": {"namespaces": ["orders"]},
        "desiredStage": "CutOver",
        **changes,
    }


def unit_spec(name: str, role: str, wave: int, **changes: Any) -> dict[str, Any]:
    binding = {"secretName": name, "source": authentication(name), "target": authentication(name)}
    writes = role == "Writer"
    return {
        "migrationRef": {"namespace": "platform", "name": "leave"},
        "owner": {"name": "team"},
        "workloads": [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "role": role}
            | {"binding": binding}
        ],
        "topics": {"writes": ["orders"] if writes else [], "reads": [] if writes else ["orders"]},
        "consumerGroups": [] if writes else [{"name": "orders"}],
        "pauseBudgetSeconds": 60,
        "wave": wave,
        "observation": {"seconds": 0},
        "desiredCluster": "ByWave",
        **changes,
    }


def loaded(kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> Loaded:
    uid = f"{name[:4]:0<4}0000-0000"
    return Loaded(Key(kind, namespace, name), uid, 1, "1", False, (), spec, {})


def topic(name: str, topic_id: str, partitions: int = 2) -> Topic:
    """A topic of one broker."""
    states = {n: PartitionState(1, (1,), (1,)) for n in range(partitions)}
    config = {"max.message.bytes": "1048588", "min.insync.replicas": "1"}
    return Topic(name, topic_id, states, config, frozenset())


def acl(principal: str, operation: str, resource: str = "orders", *, deny: bool = False) -> Acl:
    """A literal ACL on a topic."""
    permission = Permission.DENY if deny else Permission.ALLOW
    kind = ResourceType.TOPIC
    return Acl(kind, resource, PatternType.LITERAL, f"User:{principal}", "*", operation, permission)


@dataclass
class Kafka:
    """One cluster."""

    cluster_id: str
    topics: dict[str, Topic] = field(default_factory=dict)
    acls: set[Acl] = field(default_factory=set)
    high: dict[Partition, int] = field(default_factory=dict)
    data: dict[Partition, int | None] = field(default_factory=dict)  # last data record
    records: dict[Partition, list[int]] = field(default_factory=dict)  # all of them
    stable: dict[Partition, int] = field(default_factory=dict)
    commits: dict[str, dict[Partition, Commit]] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    settings: dict[str, str | None] = field(default_factory=lambda: dict(SETTINGS))
    operations: frozenset[str] | None = frozenset({"ALTER"})

    def append(self, partition: Partition, count: int, marker: int = 2) -> None:
        """Data records and, of a transaction, what else takes offsets."""
        first = self.high.get(partition, 0)
        self.records.setdefault(partition, []).extend(range(first, first + count))
        self.data[partition] = first + count - 1
        self.high[partition] = self.high.get(partition, 0) + count + marker

    def ends(self) -> Ends:
        return Ends(dict(self.high), {p: self.stable.get(p, n) for p, n in self.high.items()})

    def may_write(self, principal: str, topic_name: str) -> bool:
        every = [a for a in self.acls if a.covers_topic(topic_name)]
        mine = [a.permission for a in every if a.principal == principal and a.operation == "WRITE"]
        return Permission.ALLOW in mine and Permission.DENY not in mine


@dataclass
class Mind:
    """What the process remembers about one object."""

    answered: frozenset[Any] = frozenset()
    failure: Failure | None = None
    seconds: float = 0.0
    drained_at: float | None = None
    in_step: float = 0.0


def _source() -> Kafka:
    kafka = Kafka("source-id", {"orders": topic("orders", "s-1")})
    kafka.acls = {acl("writer", "WRITE"), acl("writer", "DESCRIBE"), acl("reader", "READ")}
    kafka.high = dict.fromkeys(PARTITIONS, 10)
    kafka.data = dict.fromkeys(PARTITIONS, 9)
    kafka.records = {p: list(range(10)) for p in PARTITIONS}
    kafka.commits = {"orders": {p: Commit(10) for p in PARTITIONS}}
    return kafka


@dataclass
class Planted:
    """Both clusters, Connect, Kubernetes and our objects, as values."""

    objects: dict[str, Loaded] = field(default_factory=dict)
    journals: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    minds: dict[str, Mind] = field(default_factory=dict)
    source: Kafka = field(default_factory=_source)
    target: Kafka = field(default_factory=lambda: Kafka("target-id"))
    workers: Workers = field(default_factory=lambda: Workers(False, None, 0, 1))
    reverse_workers: Workers = field(default_factory=lambda: Workers(False, None, 0, 1))
    connectors: dict[str, Connector] = field(default_factory=dict)
    stored: dict[str, dict[Partition, int]] = field(default_factory=dict)
    register: dict[str, Any] = field(default_factory=lambda: {"entries": [], "authority": {}})
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    replicas: dict[str, int] = field(default_factory=lambda: {"writer": 1, "reader": 1})
    generation: dict[str, int] = field(default_factory=lambda: {"writer": 0, "reader": 0})
    bindings: dict[str, str | None] = field(
        default_factory=lambda: {"writer": "source", "reader": "source"}
    )
    adopted: set[str] = field(default_factory=set)
    probes: dict[str, ProbePod] = field(default_factory=dict)
    places: dict[str, PlaceAnswer] = field(default_factory=dict)
    place_says: str | None = '{"brokers": 1}'
    place_seconds_ago: float | None = 1.0
    propagation: dict[str, float] | None = None
    window_seconds: float = 100.0  # how long ends have been still
    moved: tuple[Partition, ...] = ()
    lag_seconds: float = 0.0
    return_lag_seconds: float = 0.0
    return_bounds: dict[str, Any] = field(default_factory=dict)  # of REVERSE_COPY_BOUNDS
    patch_quiet_seconds: float = inf
    since_freeing: float = inf
    restarts: dict[str, Restarts] = field(default_factory=dict)
    bounds: dict[str, Any] = field(default_factory=dict)  # fields of CopyBounds, planted
    unknown: dict[str, Unknown] = field(default_factory=dict)  # fact name -> why
    static_members: tuple[str, ...] = ()  # of the reader's group, while it runs
    proven_groups: list[str] = field(default_factory=list)
    acts: list[tuple[str, Any]] = field(default_factory=list)
    way_back: bool = False
    compacted: frozenset[str] = frozenset()  # topics

    @property
    def last_data(self) -> dict[Partition, int | None]:
        """Of the source."""
        return self.source.data

    def __post_init__(self) -> None:
        """A migration, a writer and a reader, freshly applied."""
        for thing in (
            loaded("KafkaMigration", "platform", "leave", self._migration_spec()),
            loaded("WorkloadCutover", "orders", "writer", unit_spec("writer", "Writer", 10)),
            loaded("WorkloadCutover", "orders", "reader", unit_spec("reader", "Reader", 20)),
        ):
            self.objects.setdefault(thing.key.name, thing)

    def _migration_spec(self) -> dict[str, Any]:
        spec = migration_spec()
        reverse = "Enabled" if self.way_back else "Disabled"
        return {**spec, "replication": {**spec["replication"], "reverse": reverse}}

    # ---- objects

    def change(self, name: str, **spec: Any) -> None:
        """Change fields of a spec."""
        thing = self.objects[name]
        self.objects[name] = replace(thing, spec={**thing.spec, **spec})

    def status(self, name: str) -> Mapping[str, Any]:
        return self.objects[name].status

    def ready(self, name: str) -> tuple[str, str]:
        """Status and reason of Ready."""
        found = next(c for c in self.status(name)["conditions"] if c["type"] == "Ready")
        return found["status"], found["reason"]

    def kinds(self, name: str) -> list[EntryKind]:
        return [entry.kind for entry in self.journals.get(name, ())]

    def mind(self, name: str) -> Mind:
        return self.minds.setdefault(name, Mind())

    def context(self, name: str) -> Context:
        """The object as reconcile would hand it to decide, without facts."""
        thing, mind = self.objects[name], self.mind(name)
        journal = Journal(self.journals.get(name, ()))
        pause = 0.0 if mind.drained_at is None else mind.seconds - mind.drained_at
        elapsed = Elapsed(in_step=mind.in_step, in_pause=pause, since_freeing=self.since_freeing)
        if thing.key.kind == "KafkaMigration":
            spec = parsed(thing.spec, KafkaMigrationSpec)
            return MigrationContext(
                thing, spec, journal, elapsed=elapsed, answered=mind.answered, failure=mind.failure
            )
        migration = self.context("leave")
        assert isinstance(migration, MigrationContext)
        unit = parsed(thing.spec, WorkloadCutoverSpec)
        step = thing.status.get("workingStep")
        leg = working_leg(unit.attempt, thing.status)
        unit, changed = working_spec(unit, journal, leg, moving=step in MOVING)
        return UnitContext(
            thing,
            unit,
            journal,
            replace(migration, answered=frozenset(), failure=None),
            elapsed=elapsed,
            answered=mind.answered,
            failure=mind.failure,
            attempt=leg.attempt,
            changed=changed,
            direction=leg.direction,
        )

    # ---- ticks

    def decide(self, name: str) -> tuple[Decision, set[str]]:
        """One decision, and the names of the facts that it asked for."""
        context = self.context(name)
        values: dict[str, Any] = {}
        for _ in range(ROUNDS):
            context = replace(context, facts=Facts(values))
            if isinstance(context, MigrationContext):
                decided = decide_migration(context, NOW)
            else:
                decided = decide_unit(context, NOW)
            if isinstance(decided, Decision):
                return decided, set(values)
            assert isinstance(decided, Need)
            assert not [f for f in decided.facts if f.name in values], "asked twice"
            values = values | {f.name: self.fact(f, context) for f in decided.facts}
        raise AssertionError("asked more than 12 times")

    def tick(self, name: str) -> Decision:
        """Decide, record, act."""
        decision, _ = self.decide(name)
        self.carry_out(name, decision)
        return decision

    def carry_out(self, name: str, decision: Decision) -> None:
        assert decision.entry is None or decision.action is None, "entry and act never together"
        mind = self.mind(name)
        mind.seconds, mind.in_step = mind.seconds + TICK_SECONDS, mind.in_step + TICK_SECONDS
        self.objects[name] = replace(self.objects[name], status=decision.status)
        if decision.entry is not None:
            entry = replace(decision.entry, at=NOW)
            self.journals[name] = (*self.journals.get(name, ()), entry)
            if entry.kind is EntryKind.DRAINING:
                mind.drained_at = mind.seconds
        if decision.moved:
            mind.answered, mind.failure, mind.in_step = frozenset(), None, 0.0
        elif decision.entry is not None:
            mind.answered = frozenset()
        if decision.action is not None:
            self.perform(name, decision.action)
        self.check()

    def check(self) -> None:
        """What must hold after every tick (design 6: S1, S6, S8)."""
        left = self.source.may_write("User:writer", "orders")
        entered = self.target.may_write("User:writer", "orders")
        assert not (left and entered), f"two writers: {self.acts[-1]}"
        mirrored = self.target.may_write("User:mirror", "orders")
        assert not (entered and mirrored), f"writer beside mirror: {self.acts[-1]}"
        mirrored_back = self.source.may_write("User:mirror", "orders")
        assert not (left and mirrored_back), f"writer beside return mirror: {self.acts[-1]}"
        running = [c for c in self.connectors.values() if c.state == "RUNNING"]
        listed = [t for c in running for t in c.topics]
        assert len(listed) == len(set(listed)), f"a topic is copied twice or both ways: {running}"
        approved = EntryKind.APPROVED in self.kinds("leave")
        assert approved or not self.acts, f"before an approval: {self.acts}"

    def restart(self) -> None:
        """The process starts again: everything that it remembered is gone."""
        self.minds = {
            name: Mind(seconds=mind.seconds, drained_at=mind.drained_at)
            for name, mind in self.minds.items()
        }

    def run(self, until: Callable[[], bool], ticks: int = 400) -> None:
        """Tick everything in turn until something holds."""
        for _ in range(ticks):
            for name in self.objects:
                if until():
                    return
                self.tick(name)
        stand = {name: self.status(name).get("message") for name in self.objects}
        raise AssertionError(f"never came true; now {stand}")

    def approve(self) -> None:
        """Approve the gate that the migration is at."""
        gate = self.status("leave")["gate"]
        self.change("leave", approval={"stage": gate["stage"], "digest": gate["digest"]})

    def approve_again(self) -> None:
        """The gate of CutOver as it is after units came or changed, if they did."""
        self.tick("leave")
        if self.status("leave").get("gate"):
            self.approve()
            self.tick("leave")

    def run_until_step(self, name: str, step: str) -> None:
        """Go on, approving every gate, until a unit works on a step."""
        self.run(lambda: self._approved() and self.status(name).get("workingStep") == step)

    def _approved(self) -> bool:
        if self.status("leave").get("phase") == "AwaitingApproval":
            self.approve()
        return True

    # ---- facts

    def fact(self, wanted: Fact[Any], context: Context) -> Any:
        """The value of a fact, or the Unknown that was planted."""
        for name in (wanted.name, _read_as(wanted.name, context)):
            if name in self.unknown:
                return self.unknown[name]
        method = getattr(self, "_" + wanted.name.replace("-", "_"))
        return method(context)

    def _source_cluster(self, _: Context) -> Cluster:
        return self._cluster(self.source)

    def _target_cluster(self, _: Context) -> Cluster:
        return self._cluster(self.target)

    def _cluster(self, kafka: Kafka) -> Cluster:
        return Cluster(kafka.cluster_id, (1,), kafka.operations, dict(kafka.settings))

    def _source_topics(self, _: Context) -> Mapping[str, Topic]:
        return {n: t for n, t in self.source.topics.items() if _in_scope(n)}

    def _target_topics(self, _: Context) -> Mapping[str, Topic]:
        return {n: t for n, t in self.target.topics.items() if _in_scope(n)}

    def _internal_topics(self, _: Context) -> Mapping[str, Topic]:
        return {n: t for n, t in self.target.topics.items() if not _in_scope(n)}

    def _source_internal_topics(self, context: Context) -> Mapping[str, Topic]:
        inventory = _migration(context).inventory
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
        return {n: c for n, c in self.connectors.items() if _direction(n) == direction}

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

    def _comparison(self, context: Context) -> JobState | None:
        return self._job(names.comparison_job(_migration(context).short_uid))

    def _comparison_report(self, context: Context) -> Mapping[str, Any] | None:
        job = self.jobs.get(names.comparison_job(_migration(context).short_uid))
        return None if job is None else job["report"]

    def _tail(self, context: Context) -> JobState | None:
        return self._job(_unit(context).tail_job)

    def _tail_report(self, context: Context) -> Mapping[str, Any] | None:
        job = self.jobs.get(_unit(context).tail_job)
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
        return {w.name: self._workload(w.name) for w in _unit(context).spec.workloads}

    def _workload(self, name: str) -> Workload | None:
        if name not in self.replicas:
            return None
        count, generation = self.replicas[name], self.generation[name]
        pods = tuple(
            Pod(f"{name}-{generation}", f"{name}-{generation}", "node", "Running", True, False, NOW)
            for _ in range(count)
        )
        return Workload(name, count, f"app={name}", pods, frozenset({name}))

    def _bindings(self, context: Context) -> Mapping[str, BindingView]:
        return {
            w.name: BindingView(
                True,
                self.bindings[w.name],
                "hash" if w.name in self.adopted else None,
                f"{w.name}-source-hash",
                f"{w.name}-target-hash",
            )
            for w in _unit(context).spec.workloads
        }

    def _settled(self, kafka: Kafka) -> Settled:
        every = kafka.ends()
        ends = Ends(
            {p: every.high[p] for p in PARTITIONS}, {p: every.stable[p] for p in PARTITIONS}
        )
        still = self.window_seconds if ends.high == ends.stable else 0.0
        return Settled(ends, self.window_seconds, still, self.moved)

    def _leaving_ends(self, context: Context) -> Settled:
        return self._settled(self._side(_unit(context).leaving))

    def _entering_ends(self, context: Context) -> Settled:
        return self._settled(self._side(_unit(context).entering))

    def _leaving_last_data(self, context: Context) -> Mapping[Partition, int | None]:
        data = self._side(_unit(context).leaving).data
        return {p: data.get(p) for p in PARTITIONS}

    def _leaving_probes(self, context: Context) -> tuple[Probe, ...]:
        unit = _unit(context)
        return self._probes(self._side(unit.leaving), [w.name for w in unit.writers])

    def _entering_probes(self, context: Context) -> tuple[Probe, ...]:
        unit = _unit(context)
        return self._probes(self._side(unit.entering), [w.name for w in unit.writers])

    # ---- facts by their role in the unit's leg

    def _leaving_cluster(self, context: Context) -> Cluster:
        return self._cluster(self._side(_unit(context).leaving))

    def _entering_cluster(self, context: Context) -> Cluster:
        return self._cluster(self._side(_unit(context).entering))

    def _audit(self, context: Context) -> JobState | None:
        return self._job(_unit(context).audit_job)

    def _audit_report(self, context: Context) -> Mapping[str, Any] | None:
        job = self.jobs.get(_unit(context).audit_job)
        return None if job is None else job["report"]

    def _leaving_topics(self, context: Context) -> Mapping[str, Topic]:
        return (
            self._source_topics(context)
            if _leaves_source(context)
            else self._target_topics(context)
        )

    def _entering_topics(self, context: Context) -> Mapping[str, Topic]:
        return (
            self._target_topics(context)
            if _leaves_source(context)
            else self._source_topics(context)
        )

    def _leaving_acls(self, context: Context) -> tuple[Acl, ...]:
        return tuple(sorted(self._side(_unit(context).leaving).acls))

    def _entering_acls(self, context: Context) -> tuple[Acl, ...]:
        return tuple(sorted(self._side(_unit(context).entering).acls))

    def _onward_connectors(self, context: Context) -> Mapping[str, Connector]:
        return self._connectors_of(_unit(context).onward)

    def _onward_offsets(self, context: Context) -> Mapping[str, ConnectorOffsets]:
        return self._offsets_of(_unit(context).onward)

    def _onward_mirror_probes(self, context: Context) -> tuple[Probe, ...]:
        return self._probes(self._side(_unit(context).entering), ["mirror"])

    def _return_connectors(self, context: Context) -> Mapping[str, Connector]:
        return self._connectors_of(_unit(context).homeward)

    def _return_offsets(self, context: Context) -> Mapping[str, ConnectorOffsets]:
        return self._offsets_of(_unit(context).homeward)

    def _return_mirror_probes(self, context: Context) -> tuple[Probe, ...]:
        return self._probes(self._side(_unit(context).leaving), ["mirror"])

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
        side = _unit(context).leaving
        running = bool(self.replicas.get("reader")) and self.bindings["reader"] == side
        members = ("reader",) if running else self._side(side).members
        state = "STABLE" if members else "EMPTY"
        static = self.static_members if running else ()
        groups = _unit(context).spec.consumer_groups
        return {g.name: Group(g.name, state, members, static) for g in groups}

    def _entering_groups(self, context: Context) -> Mapping[str, Group]:
        members = self._side(_unit(context).entering).members
        state = "STABLE" if members else "EMPTY"
        return {g.name: Group(g.name, state, members) for g in _unit(context).spec.consumer_groups}

    def _leaving_commits(self, context: Context) -> Mapping[str, Mapping[Partition, Commit]]:
        return self._commits(self._side(_unit(context).leaving), context)

    def _entering_commits(self, context: Context) -> Mapping[str, Mapping[Partition, Commit]]:
        return self._commits(self._side(_unit(context).entering), context)

    def _commits(self, kafka: Kafka, context: Context) -> Mapping[str, Mapping[Partition, Commit]]:
        groups = _unit(context).spec.consumer_groups
        return {g.name: dict(kafka.commits.get(g.name, {})) for g in groups}

    def _positions(self, context: Context) -> Mapping[str, Mapping[Partition, Position]]:
        """Where each commit stands between its segment's edges; no syncs."""
        unit = _unit(context)
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

    # ---- acts

    def perform(self, name: str, action: Any) -> None:
        """Carry an action out and remember its answer, as the act layer does."""
        self.acts.append((name, action))
        method: Callable[[str, Any], None] = getattr(self, f"_do_{type(action).__name__}")
        method(name, action)
        mind = self.mind(name)
        mind.failure = None
        if isinstance(action, act.StopConnector | act.ResumeConnector):
            mind.answered -= {act.FenceMirror(action.direction, action.name)}
        if not isinstance(action, act.CreateTopic | act.StartComparison):
            mind.answered |= {action}

    def _side(self, side: str) -> Kafka:
        return self.source if side == "source" else self.target

    def _do_CreateTopic(self, _: str, action: act.CreateTopic) -> None:  # noqa: N802 - by type
        new: NewTopic = action.topic
        made = topic(new.name, f"t-{new.name}", new.partitions)
        made = replace(made, config={**made.config, **new.config})
        self._side(action.side).topics[new.name] = made
        if action.side == "target" and new.name in self.source.topics:
            self.target.high |= {Partition(new.name, n): 0 for n in range(new.partitions)}

    def _do_EnsureAcls(self, _: str, action: act.EnsureAcls) -> None:  # noqa: N802
        self._side(action.side).acls |= set(action.acls)

    def _do_ApplyWorkers(self, _: str, action: act.ApplyWorkers) -> None:  # noqa: N802
        applied = Workers(True, "image", 1, 1, None, action.spec_hash)
        if action.direction == "forward":
            self.workers = applied
        else:
            self.reverse_workers = applied

    def _do_RemoveWorkers(self, _: str, action: act.RemoveWorkers) -> None:  # noqa: N802
        assert not self.connectors
        gone = Workers(False, None, 0, 1)
        if action.direction == "forward":
            self.workers = gone
        else:
            self.reverse_workers = gone

    def _do_CreateConnector(self, _: str, action: act.CreateConnector) -> None:  # noqa: N802
        topics = frozenset(action.topics)
        config = {OFFSET_RESET: action.offset_reset}
        self.connectors[action.name] = Connector(action.name, "STOPPED", {}, config, topics=topics)
        self.stored[action.name] = {}

    def _do_ConfigureConnector(self, _: str, action: act.ConfigureConnector) -> None:  # noqa: N802
        old = self.connectors[action.name]
        config = {OFFSET_RESET: action.offset_reset}
        topics = frozenset(action.topics)
        self.connectors[action.name] = replace(old, config=config, topics=topics)

    def _do_RestartTasks(self, _: str, action: act.RestartTasks) -> None:  # noqa: N802
        count = self.restarts[action.name].count if action.name in self.restarts else 0
        self.restarts[action.name] = Restarts(count + 1, 0.0)

    def _do_StopConnector(self, _: str, action: act.StopConnector) -> None:  # noqa: N802
        old = self.connectors[action.name]
        self.connectors[action.name] = replace(old, state="STOPPED", tasks={})

    def copy(self) -> None:
        """Every mirror that runs and may write copies what it has not copied."""
        for name, connector in self.connectors.items():
            if connector.state != "RUNNING":
                continue
            way = _direction(name)
            left, entered = self._side(left_by(way)), self._side(entered_by(way))
            for partition, last in left.data.items():
                stored = self.stored[name].get(partition, -1)
                if partition.topic in connector.topics and last is not None and last > stored:
                    assert entered.may_write("User:mirror", partition.topic), f"{name} is denied"
                    self.stored[name][partition] = last
                    entered.append(partition, last - stored)

    def read(self) -> None:
        """The reader reads to the end where its binding points."""
        side = self.bindings["reader"]
        assert side is not None
        assert self.replicas["reader"]
        kafka = self._side(side)
        kafka.commits["orders"] = {p: Commit((kafka.data[p] or 0) + 1) for p in PARTITIONS}

    def write(self, count: int = 5) -> None:
        """The writer writes where its binding points, if it runs."""
        side = self.bindings["writer"]
        assert side is not None
        assert self.replicas["writer"]
        kafka = self._side(side)
        assert kafka.may_write("User:writer", "orders")
        for partition in PARTITIONS:
            kafka.append(partition, count, marker=0)
        self.copy()

    def _do_ResumeConnector(self, _: str, action: act.ResumeConnector) -> None:  # noqa: N802
        running = replace(self.connectors[action.name], state="RUNNING", tasks={0: "RUNNING"})
        self.connectors[action.name] = running
        self.copy()

    def _do_DeleteConnector(self, _: str, action: act.DeleteConnector) -> None:  # noqa: N802
        del self.connectors[action.name], self.stored[action.name]

    def _do_FenceMirror(self, _: str, action: act.FenceMirror) -> None:  # noqa: N802
        assert self.connectors[action.name].state == "STOPPED"

    def _do_AlterOffsets(self, _: str, action: act.AlterOffsets) -> None:  # noqa: N802
        assert self.connectors[action.name].state == "STOPPED"
        for partition, offset in action.offsets:
            self.stored[action.name].pop(partition, None)
            if offset is not None:
                self.stored[action.name][partition] = offset

    def _do_StartComparison(self, _: str, action: act.StartComparison) -> None:  # noqa: N802
        parts = [
            {"topic": p.topic, "partition": p.number, "verdict": "MATCH", "records": 10}
            | {"sourceNext": 10, "targetNext": 12}
            for p, *_ in action.ranges
        ]
        ends = "finished" if action.mode == "bounded" else "running"
        report = {"state": ends, "verdict": "MATCH", "records": 20, "partitions": parts}
        self.jobs[action.name] = {"report": report}

    def _do_InstructComparison(self, _: str, action: act.InstructComparison) -> None:  # noqa: N802
        report = self.jobs[action.name]["report"]
        fence, end = dict(action.fence), dict(action.end)
        for part in report["partitions"]:
            partition = Partition(part["topic"], part["partition"])
            part |= {"sourceNext": fence[partition], "targetNext": end[partition]}
        report["state"] = "finished"

    def _do_DeleteComparison(self, _: str, action: act.DeleteComparison) -> None:  # noqa: N802
        del self.jobs[action.name]

    def _do_HoldDenies(self, _: str, action: act.HoldDenies) -> None:  # noqa: N802
        self._mark(action, "held")
        self._side(action.side).acls |= set(action.acls)

    def _do_LiftDenies(self, _: str, action: act.LiftDenies) -> None:  # noqa: N802
        self._mark(action, "lifted")
        self._side(action.side).acls -= set(action.acls)

    def _mark(self, action: act.HoldDenies | act.LiftDenies, state: str) -> None:
        changed = [acl_json(a) for a in action.acls]
        kept = [
            e
            for e in self.register["entries"]
            if e["side"] != action.side or e["acl"] not in changed
        ]
        new = [{"side": action.side, "acl": a, "state": state} for a in changed]
        authority = {**self.register["authority"], **dict(action.authority)}
        self.register = {"entries": [*kept, *new], "authority": authority}

    def _do_MeasurePropagation(self, _: str, __: act.MeasurePropagation) -> None:  # noqa: N802
        self.propagation = {"source": 0.1, "target": 0.1}

    def _do_WriteBinding(self, _: str, action: act.WriteBinding) -> None:  # noqa: N802
        self.bindings[action.workload] = action.side
        self.adopted.add(action.workload)

    def _do_Scale(self, _: str, action: act.Scale) -> None:  # noqa: N802
        self.replicas[action.workload] = action.replicas
        self.generation[action.workload] += 1

    def _do_CommitOffsets(self, _: str, action: act.CommitOffsets) -> None:  # noqa: N802
        commits = dict(action.commits)
        self._side(action.side).commits[action.group] = commits

    def _do_ProveCommitRight(self, _: str, action: act.ProveCommitRight) -> None:  # noqa: N802
        assert action.partitions
        self.proven_groups.append(action.group)

    def _do_StartProbePod(self, _: str, action: act.StartProbePod) -> None:  # noqa: N802
        seen = f"{action.workload}-{self.bindings[action.workload]}-hash"
        self.probes[action.name] = ProbePod(action.name, action.node, "Succeeded", seen)

    def _do_StartPlaceProbe(self, name: str, action: act.StartPlaceProbe) -> None:  # noqa: N802
        assert self.replicas[action.workload], "before Drain"
        pod = ProbePod(action.name, action.node, "Succeeded", self.place_says)
        self.places[action.name] = PlaceAnswer(pod, self.place_seconds_ago)

    def _do_RemoveProbePod(self, _: str, action: act.RemoveProbePod) -> None:  # noqa: N802
        del (self.places if action.name in self.places else self.probes)[action.name]


def _in_scope(topic_name: str) -> bool:
    """Not one of the mirrors' own."""
    return not topic_name.startswith(("kmig-", "mm2-"))


def _read_as(fact: str, context: Context) -> str:
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


def _direction(connector: str) -> Direction:
    return "reverse" if "-reverse-" in connector else "forward"


def _leaves_source(context: Context) -> bool:
    return _unit(context).leaving == "source"


def _unit(context: Context) -> UnitContext:
    assert isinstance(context, UnitContext)
    return context


def _migration(context: Context) -> MigrationContext:
    return context if isinstance(context, MigrationContext) else context.migration


def not_known(reason: Reason = Reason.UNREACHABLE, *, refused: bool = False) -> Unknown:
    """A fact that could not be read."""
    return Unknown(reason, "it did not answer", refused)
