"""Facts of a WorkloadCutover: its workloads, bindings, ends of logs, probes, groups, tail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kafka_migration import binding
from kafka_migration.connections import (
    mirror_authentication,
    workload_authentication,
    workload_connection,
)
from kafka_migration.decide.rules import names
from kafka_migration.errors import KmigError, Unavailable
from kafka_migration.model import facts
from kafka_migration.model.actions import Side
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import BindingView, KeepingUp, Settled
from kafka_migration.model.kafka import (
    Commit,
    Connection,
    Ends,
    Group,
    Partition,
    Probe,
    ProbeResult,
    Topic,
)
from kafka_migration.model.kubernetes import JobState, ProbePod, Workload
from kafka_migration.model.reasons import Reason
from kafka_migration.observe.looking import Look
from kafka_migration.world import home

Commits = Mapping[str, Mapping[Partition, Commit]]


def workloads(look: Look) -> Mapping[str, Workload | None]:
    """The unit's workloads by name; None = it does not exist."""
    namespace = look.unit.loaded.key.namespace
    return {w.name: look.world.workloads.read(namespace, w.name) for w in look.unit.spec.workloads}


def bindings(look: Look) -> Mapping[str, BindingView]:
    """Which side's connection each workload's binding Secret holds, by workload."""
    unit, found = look.unit, {}
    for workload in unit.spec.workloads:
        connections: dict[Side, Connection] = {
            "source": workload_connection(look.world.secrets, unit, workload, "source"),
            "target": workload_connection(look.world.secrets, unit, workload, "target"),
        }
        name = workload.binding.secret_name
        data = look.world.workloads.secret(unit.loaded.key.namespace, name)
        found[workload.name] = binding.view(data, connections, unit.loaded.uid)
    return found


def leaving_ends(look: Look) -> Settled:
    """Ends of the written partitions on the leaving side, watched since the step began."""
    return _settled(look, look.unit.leaving)


def entering_ends(look: Look) -> Settled:
    """The same on the entering side."""
    return _settled(look, look.unit.entering)


def _settled(look: Look, side: Side) -> Settled:
    window = look.memory.window(side)
    partitions = look.unit.partitions(look.unit.writes)
    began = look.world.clock.monotonic()
    try:
        topics = look.get(facts.SOURCE_TOPICS if side == "source" else facts.TARGET_TOPICS)
        port = look.world.cluster(look.context, side)
        ends = port.ends(partitions) if partitions else Ends({}, {})
        weak = tuple(p for p in partitions if _under_replicated(topics, p, side))
    except KmigError:
        window.break_off(look.world.clock.monotonic())
        raise
    return window.look((began, look.world.clock.monotonic()), ends, weak)


def _under_replicated(topics: Mapping[str, Topic], partition: Partition, side: Side) -> bool:
    topic = topics.get(partition.topic)
    state = None if topic is None else topic.partitions.get(partition.number)
    needed = None if topic is None else topic.config.get("min.insync.replicas")
    if state is None or needed is None:
        text = f"{partition} on the {side}: replicas or min.insync.replicas cannot be read"
        raise Unavailable(Reason.TOPIC_MISSING, text)
    return len(state.in_sync) < int(needed)


def leaving_last_data(look: Look) -> Mapping[Partition, int | None]:
    """The last visible record below each high watermark of the leaving side (D)."""
    ends = look.get(facts.LEAVING_ENDS).ends
    port = look.world.cluster(look.context, look.unit.leaving)
    return port.last_data(ends.high) if ends.high else {}


def keeping_up(look: Look) -> KeepingUp:
    """How long both the copy and its comparison have been within the allowed lag.

    What they are behind at Drain is waited for inside the write pause.
    """
    unit, began = look.unit, look.world.clock.monotonic()
    port = look.world.cluster(look.context, unit.leaving)
    data = port.last_data(port.ends(unit.partitions(unit.writes)).stable)
    mirror = look.get(facts.ONWARD_OFFSETS).get(unit.onward_connector)
    report = look.get(facts.TAIL_REPORT)
    compared = {
        Partition(p["topic"], p["partition"]): p["sourceNext"] - 1
        for p in (report or {}).get("partitions", [])
    }
    copied = mirror.offsets if mirror else {}
    both = {p: min(offset, compared.get(p, -1)) for p, offset in copied.items()}
    limit = look.migration.spec.replication.max_lag_seconds
    streak = look.memory.streak_of((unit.attempt, unit.direction))
    seconds = streak.look(began, both, data, limit)
    late = streak.late(both)
    if late is None:
        return KeepingUp(seconds)
    partition, wanted = late
    reached = copied.get(partition, -1), compared.get(partition, -1)
    return KeepingUp(seconds, partition, wanted, *reached, streak.lag_seconds or 0.0)


def leaving_probes(look: Look) -> tuple[Probe, ...]:
    """Whether each leader of the leaving side accepts the writers' credentials."""
    return _probe(look, look.unit.leaving, _writers)


def entering_probes(look: Look) -> tuple[Probe, ...]:
    """Whether each leader of the entering side accepts the writers' credentials."""
    return _probe(look, look.unit.entering, _writers)


def onward_mirror_probes(look: Look) -> tuple[Probe, ...]:
    """Whether each leader of the entering side accepts the onward mirror's credential."""
    return _probe(look, look.unit.entering, _mirror)


def return_mirror_probes(look: Look) -> tuple[Probe, ...]:
    """Whether each leader of the leaving side accepts the return mirror's credential."""
    return _probe(look, look.unit.leaving, _mirror)


Identities = Mapping[str, Connection]  # by principal


def _writers(look: Look, side: Side) -> Identities:
    unit = look.unit
    return {
        workload_authentication(w, side).principal_name: workload_connection(
            look.world.secrets, unit, w, side
        )
        for w in unit.writers
    }


def _mirror(look: Look, side: Side) -> Identities:
    principal = mirror_authentication(look.migration, side).principal_name
    return {principal: look.world.mirror_identity(look.context, side)}


def _probe(
    look: Look, side: Side, identities: Callable[[Look, Side], Identities]
) -> tuple[Probe, ...]:
    """A settle window begins when every probe was refused for the last time, not before."""
    partitions = look.unit.partitions(look.unit.writes)
    if not partitions:
        return ()
    refused = False
    try:
        port = look.world.cluster(look.context, side)
        probes = tuple(
            probe
            for principal, connection in sorted(identities(look, side).items())
            for probe in port.probe_writes(connection, principal, partitions)
        )
        refused = all(probe.result is ProbeResult.DENIED for probe in probes)
    finally:
        if not refused:
            look.memory.window(side).break_off(look.world.clock.monotonic())
    return probes


def leaving_groups(look: Look) -> Mapping[str, Group]:
    """The unit's groups on the leaving side; one that does not exist is absent."""
    return _groups(look, look.unit.leaving)


def entering_groups(look: Look) -> Mapping[str, Group]:
    """The unit's groups on the entering side."""
    return _groups(look, look.unit.entering)


def leaving_commits(look: Look) -> Commits:
    """Committed offsets of the unit's groups on the leaving side."""
    return _commits(look, look.unit.leaving)


def entering_commits(look: Look) -> Commits:
    """Committed offsets of the unit's groups on the entering side."""
    return _commits(look, look.unit.entering)


def _groups(look: Look, side: Side) -> Mapping[str, Group]:
    wanted = [group.name for group in look.unit.spec.consumer_groups]
    return look.world.cluster(look.context, side).groups(wanted) if wanted else {}


def _commits(look: Look, side: Side) -> Commits:
    port, unit = look.world.cluster(look.context, side), look.unit
    topics = unit.spec.topics
    named = unit.partitions(tuple(sorted({*topics.reads, *topics.writes})))
    # Both ways: all shows topics that the unit does not name, named shows pending commits.
    return {
        group.name: {**port.commits(group.name), **port.commits(group.name, named)}
        for group in unit.spec.consumer_groups
    }


def propagation(look: Look) -> Mapping[str, float] | None:
    """Seconds until a DENY is enforced, by side; None = not measured in this process."""
    return look.memory.propagation


def tail(look: Look) -> JobState | None:
    """The unit's following verifier Job."""
    return look.world.jobs.state(home(look.context), look.unit.tail_job)


def tail_report(look: Look) -> Mapping[str, Any] | None:
    """What the following verifier Job reports."""
    return look.world.jobs.report(home(look.context), look.unit.tail_job)


def audit(look: Look) -> JobState | None:
    """The verifier Job that follows what comes back since this leg's seam."""
    return look.world.jobs.state(home(look.context), look.unit.audit_job)


def audit_report(look: Look) -> Mapping[str, Any] | None:
    """What that Job reports."""
    return look.world.jobs.report(home(look.context), look.unit.audit_job)


def probe_pods(look: Look) -> Mapping[str, ProbePod | None]:
    """Probe pods by name, one per workload and node that its pods use, or used before Drain."""
    unit, found = look.unit, {}
    present = look.get(facts.WORKLOADS)
    before = (unit.recorded(EntryKind.DRAINING) or {}).get("nodes", [])
    for index, wanted in enumerate(unit.spec.workloads):
        workload = present[wanted.name]
        pods = () if workload is None else workload.pods
        for node in sorted({*before, *(pod.node for pod in pods if pod.node is not None)}):
            name = names.probe_pod(unit.short_uid, index, node)
            found[name] = look.world.workloads.probe(unit.loaded.key.namespace, name)
    return found
