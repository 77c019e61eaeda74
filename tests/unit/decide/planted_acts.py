"""What an act does to a planted world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.unit.decide.planted_specs import topic
from tests.unit.decide.planted_units import UnitAnswers

from kafka_migration.model import actions as act
from kafka_migration.model.connect import OFFSET_RESET, Connector, Workers
from kafka_migration.model.facts import PlaceAnswer, Restarts
from kafka_migration.model.inventory import acl_json
from kafka_migration.model.kafka import NewTopic, Partition
from kafka_migration.model.kubernetes import ProbePod


class Acts(UnitAnswers):
    """Actions, carried out at once."""

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
