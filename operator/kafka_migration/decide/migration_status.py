"""The status of a KafkaMigration from where it stands. Called by migration.py only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.decision import LONGEST_MESSAGE, Condition, merged, progressed, shown
from kafka_migration.decide.gate import Gate, how_to_open, named_by_spec
from kafka_migration.decide.rollback_until import ends_soon, rollback_until
from kafka_migration.decide.stages import cut_over
from kafka_migration.decide.table import STAGE_ORDER, STAGES, Stage
from kafka_migration.decide.tasks import Done, Open, Walk
from kafka_migration.model import facts
from kafka_migration.model.facts import Fact
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Kind, Verdict, wait


@dataclass(frozen=True)
class Standing:
    """Where a migration is: the stage worked on, the index reached, and why it rests."""

    stage: Stage
    at: int
    walked: Walk
    gate: Gate | None
    closed: Verdict | None

    @property
    def reached_name(self) -> str:
        """Name of the stage reached; "" before the first."""
        return STAGE_ORDER[self.at] if self.at >= 0 else ""

    @property
    def verdict(self) -> Verdict | None:
        """Of the open task, if any."""
        return self.walked.verdict if isinstance(self.walked, Open) else None

    @property
    def awaits_approval(self) -> bool:
        """A gate is closed, and something that is asked for waits behind it."""
        return self.closed is not None and self.closed.reason in (
            Reason.AWAITING_APPROVAL,
            Reason.PLAN_CHANGED,
        )

    @property
    def complete(self) -> bool:
        """Every stage is reached."""
        return self.at >= len(STAGES) - 1


def status_of(context: MigrationContext, standing: Standing, now: str) -> dict[str, Any]:
    """The whole status; only what changed is new."""
    old = context.loaded.status
    ready = _ready(context, standing)
    status: dict[str, Any] = {key: value for key, value in old.items() if key != "gate"}
    until = rollback_until(context, old)
    ending = ends_soon(until, now)
    working = "" if standing.closed or standing.complete else standing.stage.name
    status.update(
        observedGeneration=context.loaded.generation,
        phase=_phase(standing, ready),
        message=ready.message[:LONGEST_MESSAGE],
        workingStage=working,
        rollbackUntil=until,
        stages=_stages(context, standing, now),
        problems=shown([*(standing.verdict.problems if standing.verdict else ()), *ending]),
        conditions=merged(
            old.get("conditions", []),
            _conditions(context, standing, ready),
            context.loaded.generation,
            now,
        ),
    )
    if standing.reached_name:
        status["stage"] = standing.reached_name
    status.update(_inventory(context))
    status.update(_gate(standing))
    status.update(_units(context, old))
    return status


def _stages(context: MigrationContext, standing: Standing, now: str) -> list[dict[str, Any]]:
    """A stage that nobody asked for, or whose gate is closed, is not at work."""
    working = "" if standing.complete else standing.stage.name
    rests = standing.closed
    if rests is not None and rests.reason is Reason.HOLDING_AT_DESIRED_STAGE:
        text = f"not asked for: spec.desiredStage is {context.spec.desired_stage}"
        rests = wait(rests.reason, text)
    before = context.loaded.status.get("stages", [])
    return progressed(before, STAGE_ORDER, working, now, rests)


def _inventory(context: MigrationContext) -> dict[str, Any]:
    frozen = context.inventory
    if frozen is None:
        return {}
    plan = frozen.plan
    return {
        "inventory": {
            "topics": len(frozen.topics),
            "partitions": sum(t.partitions for t in frozen.topics.values()),
            "groups": len(frozen.groups),
            "acls": len(frozen.acls),
        },
        "plan": {
            "digest": plan.digest,
            "topics": len(plan.topics),
            "sourceAcls": len(plan.source_acls),
            "targetAcls": len(plan.target_acls),
        },
        "clusters": {"sourceId": frozen.source_id, "targetId": frozen.target_id},
    }


def _gate(standing: Standing) -> dict[str, Any]:
    gate = standing.gate
    if gate is None:
        return {}
    return {"gate": {"stage": gate.stage, "digest": gate.digest, "summary": gate.summary}}


def _units(context: MigrationContext, old: Any) -> dict[str, Any]:
    if not context.facts.has(facts.UNITS) or context.facts.unknown(facts.UNITS) is not None:
        return {"workloads": old.get("workloads", {"total": 0, "onTarget": 0, "summary": "0/0"})}
    units = context.facts[facts.UNITS]
    on_target = sum(u.loaded.status.get("activeCluster") == "Target" for u in units)
    return {
        "workloads": {
            "total": len(units),
            "onTarget": on_target,
            "summary": f"{on_target}/{len(units)}",
        }
    }


def _holding(context: MigrationContext, standing: Standing) -> str:
    """What comes next is for whoever raises desiredStage, unless something else comes before it.

    After CutOver was reached, units may have come, changed or gone back.
    """
    following = f"raise spec.desiredStage to {standing.stage.name} to go on"
    if standing.reached_name != cut_over.NAME:
        return following
    short = cut_over.what_has_not_arrived(context)
    if not short:
        return f"every unit has arrived; {following}"
    gate = standing.gate
    return short if gate is None else f"{short}: {how_to_open(gate)}"


def _ready(context: MigrationContext, standing: Standing) -> Condition:
    verdict = standing.verdict
    if verdict is not None:
        resting = verdict.reason is Reason.WAITING_FOR_WAVE
        status = "True" if resting else "False"
        return Condition("Ready", status, verdict.reason, verdict.message)
    if standing.complete:
        text = "completed: no mirror is left, nothing goes back; kmig fences list shows what stays"
        return Condition("Ready", "True", Reason.COMPLETED, text)
    if standing.closed is not None:
        text = standing.closed.message
        if standing.closed.reason is Reason.HOLDING_AT_DESIRED_STAGE:
            text += f"; {_holding(context, standing)}"
        status = "False" if standing.awaits_approval else "True"
        return Condition("Ready", status, standing.closed.reason, text)
    return Condition("Ready", "False", Reason.PROGRESSING, f"entering {standing.stage.name}")


def _phase(standing: Standing, ready: Condition) -> str:
    if standing.verdict is not None and standing.verdict.kind is Kind.FAIL:
        return "Degraded"
    by_reason = {
        Reason.AWAITING_APPROVAL: "AwaitingApproval",
        Reason.PLAN_CHANGED: "AwaitingApproval",
        Reason.SPEC_PAUSED: "Paused",
        Reason.ABORTED: "Aborted",
        Reason.COMPLETED: "Completed",
    }
    if ready.reason in by_reason:
        return by_reason[ready.reason]
    return "Holding" if ready.status == "True" else "Progressing"


def _conditions(
    context: MigrationContext, standing: Standing, ready: Condition
) -> Iterable[Condition]:
    verdict = standing.verdict
    failed = verdict is not None and verdict.kind is Kind.FAIL
    working = ready.status != "True" and standing.closed is None
    name = standing.stage.name
    yield ready
    yield Condition(
        "Reconciling",
        "True" if working and not failed else "False",
        Reason.PROGRESSING if working and not failed else Reason.NOT_RECONCILING,
        f"working on {name}" if working and not failed else "nothing to do now",
    )
    yield Condition(
        "Stalled",
        "True" if failed else "False",
        verdict.reason if failed and verdict else Reason.NOT_STALLED,
        verdict.message if failed and verdict else "no problem needs anybody",
    )
    yield _succeeded(standing)
    yield _approval_required(context, standing)
    paused = context.spec.paused
    yield Condition(
        "Paused",
        "True" if paused else "False",
        Reason.SPEC_PAUSED if paused else Reason.NOT_PAUSED,
        "spec.paused is true" if paused else "not paused",
    )
    old = {c["type"]: c for c in context.loaded.status.get("conditions", [])}
    for kind, fact in (
        ("SourceConnected", facts.SOURCE_CLUSTER),
        ("TargetConnected", facts.TARGET_CLUSTER),
    ):
        yield _connected(context, kind, fact, old.get(kind))
    yield _replication(standing, old.get("ReplicationHealthy"))


def _approval_required(context: MigrationContext, standing: Standing) -> Condition:
    """True exactly while a gate is closed that nobody has opened yet, asked for or not."""
    kind, gate, closed = "ApprovalRequired", standing.gate, standing.closed
    if closed is not None and standing.awaits_approval:
        return Condition(kind, "True", closed.reason, closed.message)
    if gate is None:
        return Condition(kind, "False", Reason.NO_APPROVAL_NEEDED, "no gate is closed")
    if named_by_spec(context, gate):
        text = f"spec.approval opens the gate of {gate.stage}"
        return Condition(kind, "False", Reason.NO_APPROVAL_NEEDED, text)
    text = f"the gate of {gate.stage} is closed; {how_to_open(gate)}"
    return Condition(kind, "True", Reason.AWAITING_APPROVAL, text)


def _succeeded(standing: Standing) -> Condition:
    kind = "Succeeded"
    if standing.complete:
        return Condition(kind, "True", Reason.COMPLETED, "everything moved or was excused by name")
    if standing.closed is not None and standing.closed.reason is Reason.ABORTED:
        return Condition(kind, "False", Reason.ABORTED, "aborted")
    return Condition(kind, "Unknown", Reason.PROGRESSING, "the migration goes on")


def _connected(
    context: MigrationContext, kind: str, fact: Fact[Any], old: dict[str, Any] | None
) -> Condition:
    if not context.facts.has(fact):
        return _kept(kind, old)
    fault = context.facts.unknown(fact)
    if fault is None:
        return Condition(kind, "True", Reason.CONNECTED, "the cluster answers")
    return Condition(kind, "False", fault.reason, fault.message)


def _replication(standing: Standing, old: dict[str, Any] | None) -> Condition:
    kind = "ReplicationHealthy"
    lag_reasons = (
        Reason.TASK_FAILED,
        Reason.LAG_TOO_HIGH,
        Reason.GAP_DETECTED,
        Reason.CONNECT_NOT_READY,
        Reason.TOPIC_RECREATED,
        Reason.TOPIC_MISSING,
    )
    verdict = standing.verdict
    if standing.complete:
        return Condition(kind, "Unknown", Reason.COMPLETED, "no mirror is left")
    if verdict is not None and verdict.reason in lag_reasons:
        return Condition(kind, "False", verdict.reason, verdict.message)
    if isinstance(standing.walked, Done) and standing.at >= STAGE_ORDER.index("Replicating"):
        return Condition(kind, "True", Reason.REPLICATION_HEALTHY, "mirrors run within their lag")
    return _kept(kind, old)


def _kept(kind: str, old: dict[str, Any] | None) -> Condition:
    if old is None:
        return Condition(kind, "Unknown", Reason.UNKNOWN, "not looked at yet")
    return Condition(kind, old["status"], Reason(old["reason"]), old["message"])
