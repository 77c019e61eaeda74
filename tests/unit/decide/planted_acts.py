"""What an act does to a planted world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.unit.decide.planted_clusters import Clusters
from tests.unit.decide.planted_specs import topic
from tests.unit.decide.planted_units import UnitAnswers

from kafka_migration.decide.tasks import Failure
from kafka_migration.model import actions as act
from kafka_migration.model.connect import OFFSET_RESET, Connector, Workers
from kafka_migration.model.facts import PlaceAnswer, Restarts
from kafka_migration.model.inventory import acl_json
from kafka_migration.model.kafka import NewTopic, Partition
from kafka_migration.model.kubernetes import ProbePod
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Direction, Side, entered_by


def _create_topic(world: Clusters, action: act.CreateTopic) -> None:
    new: NewTopic = action.topic
    made = topic(new.name, f"t-{new.name}", new.partitions)
    made = replace(made, config={**made.config, **new.config})
    world._side(action.side).topics[new.name] = made
    if action.side == "target" and new.name in world.source.topics:
        world.target.high |= {Partition(new.name, n): 0 for n in range(new.partitions)}


def _ensure_acls(world: Clusters, action: act.EnsureAcls) -> None:
    world._side(action.side).acls |= set(action.acls)


def _apply_workers(world: Clusters, action: act.ApplyWorkers) -> None:
    applied = Workers(True, "image", 1, 1, None, action.spec_hash)
    if action.direction == "forward":
        world.workers = applied
    else:
        world.reverse_workers = applied


def _remove_workers(world: Clusters, action: act.RemoveWorkers) -> None:
    assert not world.connectors
    gone = Workers(False, None, 0, 1)
    if action.direction == "forward":
        world.workers = gone
    else:
        world.reverse_workers = gone


def _create_connector(world: Clusters, action: act.CreateConnector) -> None:
    topics = frozenset(action.topics)
    config = {OFFSET_RESET: action.offset_reset}
    world.connectors[action.name] = Connector(action.name, "STOPPED", {}, config, topics=topics)
    world.stored[action.name] = {}


def _configure_connector(world: Clusters, action: act.ConfigureConnector) -> None:
    old = world.connectors[action.name]
    config = {OFFSET_RESET: action.offset_reset}
    topics = frozenset(action.topics)
    world.connectors[action.name] = replace(old, config=config, topics=topics)


def _restart_tasks(world: Clusters, action: act.RestartTasks) -> None:
    count = world.restarts[action.name].count if action.name in world.restarts else 0
    world.restarts[action.name] = Restarts(count + 1, 0.0)


def _stop_connector(world: Clusters, action: act.StopConnector) -> None:
    old = world.connectors[action.name]
    world.connectors[action.name] = replace(old, state="STOPPED", tasks={})


def _resume_connector(world: Clusters, action: act.ResumeConnector) -> None:
    running = replace(world.connectors[action.name], state="RUNNING", tasks={0: "RUNNING"})
    world.connectors[action.name] = running
    world.copy()


def _delete_connector(world: Clusters, action: act.DeleteConnector) -> None:
    del world.connectors[action.name], world.stored[action.name]


def _fence_mirror(world: Clusters, action: act.FenceMirror) -> None:
    assert world.connectors[action.name].state == "STOPPED"


def _alter_offsets(world: Clusters, action: act.AlterOffsets) -> None:
    assert world.connectors[action.name].state == "STOPPED"
    for partition, offset in action.offsets:
        world.stored[action.name].pop(partition, None)
        if offset is not None:
            world.stored[action.name][partition] = offset


def _start_comparison(world: Clusters, action: act.StartComparison) -> None:
    parts = [
        {"topic": p.topic, "partition": p.number, "verdict": "MATCH", "records": 10}
        | {"sourceNext": 10, "targetNext": 12}
        for p, *_ in action.ranges
    ]
    ends = "finished" if action.mode == "bounded" else "running"
    report = {"state": ends, "verdict": "MATCH", "records": 20, "partitions": parts}
    world.jobs[action.name] = {"report": report}


def _instruct_comparison(world: Clusters, action: act.InstructComparison) -> None:
    report = world.jobs[action.name]["report"]
    fence, end = dict(action.fence), dict(action.end)
    for part in report["partitions"]:
        partition = Partition(part["topic"], part["partition"])
        part |= {"sourceNext": fence[partition], "targetNext": end[partition]}
    report["state"] = "finished"


def _delete_comparison(world: Clusters, action: act.DeleteComparison) -> None:
    del world.jobs[action.name]


def _hold_denies(world: Clusters, action: act.HoldDenies) -> None:
    mark(world, action, "held")
    world._side(action.side).acls |= set(action.acls)


def _lift_denies(world: Clusters, action: act.LiftDenies) -> None:
    mark(world, action, "lifted")
    world._side(action.side).acls -= set(action.acls)


def mark(world: Clusters, action: act.HoldDenies | act.LiftDenies, state: str) -> None:
    """Entries of these ACLs in the fence register get a state, the older ones go."""
    changed = [acl_json(a) for a in action.acls]
    kept = [
        e for e in world.register["entries"] if e["side"] != action.side or e["acl"] not in changed
    ]
    new = [{"side": action.side, "acl": a, "state": state} for a in changed]
    authority = {**world.register["authority"], **dict(action.authority)}
    world.register = {"entries": [*kept, *new], "authority": authority}


def _measure_propagation(world: Clusters, _: act.MeasurePropagation) -> None:
    world.propagation = {"source": 0.1, "target": 0.1}


def _write_binding(world: Clusters, action: act.WriteBinding) -> None:
    world.bindings[action.workload] = action.side
    world.adopted.add(action.workload)


def _scale(world: Clusters, action: act.Scale) -> None:
    world.replicas[action.workload] = action.replicas
    world.generation[action.workload] += 1


def _commit_offsets(world: Clusters, action: act.CommitOffsets) -> None:
    commits = dict(action.commits)
    world._side(action.side).commits[action.group] = commits


def _end_transaction(world: Clusters, action: act.EndTransaction) -> None:
    kafka, user = world._side(action.side), f"User:{action.workload}"
    assert not world.replicas[action.workload], "its producer would be fenced at work"
    assert not any(kafka.may_write(user, name) for name in kafka.topics), "before the fence"
    for partition in tuple(kafka.stable):
        del kafka.stable[partition]
        kafka.high[partition] += 1  # the marker


def _prove_commit_right(world: Clusters, action: act.ProveCommitRight) -> None:
    assert action.partitions
    world.proven_groups.append(action.group)


def _start_probe_pod(world: Clusters, action: act.StartProbePod) -> None:
    seen = f"{action.workload}-{world.bindings[action.workload]}-hash"
    world.probes[action.name] = ProbePod(action.name, action.node, "Succeeded", seen)


def _start_place_probe(world: Clusters, action: act.StartPlaceProbe) -> None:
    assert world.replicas[action.workload], "before Drain"
    pod = ProbePod(action.name, action.node, "Succeeded", world.place_says)
    world.places[action.name] = PlaceAnswer(pod, world.place_seconds_ago)


def _remove_probe_pod(world: Clusters, action: act.RemoveProbePod) -> None:
    del (world.places if action.name in world.places else world.probes)[action.name]


_CARRIED_OUT: Mapping[type[Any], Callable[[Clusters, Any], None]] = {
    act.CreateTopic: _create_topic,
    act.EnsureAcls: _ensure_acls,
    act.ApplyWorkers: _apply_workers,
    act.RemoveWorkers: _remove_workers,
    act.CreateConnector: _create_connector,
    act.ConfigureConnector: _configure_connector,
    act.RestartTasks: _restart_tasks,
    act.StopConnector: _stop_connector,
    act.ResumeConnector: _resume_connector,
    act.DeleteConnector: _delete_connector,
    act.FenceMirror: _fence_mirror,
    act.AlterOffsets: _alter_offsets,
    act.StartComparison: _start_comparison,
    act.InstructComparison: _instruct_comparison,
    act.DeleteComparison: _delete_comparison,
    act.HoldDenies: _hold_denies,
    act.LiftDenies: _lift_denies,
    act.MeasurePropagation: _measure_propagation,
    act.WriteBinding: _write_binding,
    act.Scale: _scale,
    act.CommitOffsets: _commit_offsets,
    act.ProveCommitRight: _prove_commit_right,
    act.EndTransaction: _end_transaction,
    act.StartProbePod: _start_probe_pod,
    act.StartPlaceProbe: _start_place_probe,
    act.RemoveProbePod: _remove_probe_pod,
}


def _asked(action: Any) -> frozenset[Side]:
    """The sides that must answer for an act; Connect stands at the side that it copies to."""
    if isinstance(action, act.ProveCommitRight | act.MeasurePropagation):
        return frozenset({"source", "target"})
    if isinstance(action, act.WriteBinding):
        return frozenset()
    direction: Direction | None = getattr(action, "direction", None)
    side: Side | None = getattr(action, "side", None)
    if direction is not None:
        return frozenset({entered_by(direction)})
    return frozenset() if side is None else frozenset({side})


class Acts(UnitAnswers):
    """Actions, carried out at once."""

    def perform(self, name: str, action: Any) -> None:
        """Carry an action out and remember its answer, as the act layer does."""
        self.acts.append((name, action))
        mind = self.mind(name)
        if self.silent & _asked(action):
            if isinstance(action, act.HoldDenies | act.LiftDenies):
                mark(self, action, "wanted" if isinstance(action, act.HoldDenies) else "lifting")
            mind.failure = Failure(Reason.UNREACHABLE, "it did not answer", refused=False)
            return
        _CARRIED_OUT[type(action)](self, action)
        mind.failure = None
        if isinstance(action, act.StopConnector | act.ResumeConnector):
            mind.answered -= {act.FenceMirror(action.direction, action.name)}
        if not isinstance(action, act.CreateTopic | act.StartComparison):
            mind.answered |= {action}
