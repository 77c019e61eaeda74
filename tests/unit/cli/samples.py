"""A migration in the middle of its first move, as the API server gives it."""

from __future__ import annotations

from typing import Any

START = "2030-01-01T10:00:00.000Z"
DIGEST = "sha256:" + "ab12" * 16


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": 3,
        "lastTransitionTime": START,
    }


def row(name: str, start: int | None = None, end: int | None = None) -> dict[str, Any]:
    """A stage or step that began and ended so many seconds after START."""
    if start is None:
        return {"name": name, "state": "Pending"}
    began = f"2030-01-01T10:{start // 60:02d}:{start % 60:02d}.000Z"
    if end is None:
        return {"name": name, "state": "Running", "startTime": began}
    ended = f"2030-01-01T10:{end // 60:02d}:{end % 60:02d}.500Z"
    return {"name": name, "state": "Succeeded", "startTime": began, "completionTime": ended}


def migration(**status: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "metadata": {
            "namespace": "platform",
            "name": "leave-source",
            "uid": "m-1",
            "generation": 3,
        },
        "spec": {
            "desiredStage": "CutOver",
            "allowedCutovers": {"namespaces": ["orders"]},
            "cutover": {"throughWave": 10},
        },
        "status": {
            "observedGeneration": 3,
            "phase": "Progressing",
            "message": "moving orders-writer",
            "stage": "Validated",
            "workingStage": "CutOver",
            "gate": {"stage": "CutOver", "digest": DIGEST, "summary": "200000 records compared"},
            "replication": {"maxLagSeconds": 0},
            "workloads": {"total": 2, "onTarget": 0, "summary": "0/2"},
            "stages": [
                row("InventoryFrozen", 0, 1),
                row("TargetPrepared", 1, 4),
                row("Replicating", 4, 31),
                row("Validated", 31, 45),
                row("CutOver", 45),
            ],
            "problems": [],
            "conditions": [
                condition("Ready", "False", "Progressing"),
                condition("Stalled", "False", "NotStalled"),
                condition("ApprovalRequired", "False", "NoApprovalNeeded"),
            ],
        },
    }
    body["status"].update(status)
    return body


def awaiting() -> dict[str, Any]:
    return migration(
        phase="AwaitingApproval",
        message="read the plan (kmig plan), then set spec.approval",
        conditions=[
            condition("Ready", "False", "AwaitingApproval"),
            condition("Stalled", "False", "NotStalled"),
            condition("ApprovalRequired", "True", "AwaitingApproval"),
        ],
    )


def held_at_a_gate() -> dict[str, Any]:
    """Where it was asked to be; the gate of what comes next may be opened ahead."""
    return migration(
        phase="Holding",
        message="holding at Validated as requested; raise spec.desiredStage to CutOver to go on",
        conditions=[
            condition("Ready", "True", "HoldingAtDesiredStage"),
            condition("Stalled", "False", "NotStalled"),
            condition("ApprovalRequired", "True", "AwaitingApproval"),
        ],
    )


def stalled() -> dict[str, Any]:
    text = "topic orders already exists on the target: 3 partitions instead of 12; delete it"
    return migration(
        phase="Degraded",
        message=text,
        problems=[{"reason": "TopicConflict", "subject": "topic/orders", "message": text}],
        conditions=[
            condition("Ready", "False", "TopicConflict", text),
            condition("Stalled", "True", "TopicConflict", text),
            condition("ApprovalRequired", "False", "NoApprovalNeeded"),
        ],
    )


def writer(**status: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "metadata": {"namespace": "orders", "name": "orders-writer", "uid": "u-1", "generation": 3},
        "spec": {
            "migrationRef": {"namespace": "platform", "name": "leave-source"},
            "wave": 10,
            "workloads": [{"name": "orders-writer"}],
        },
        "status": {
            "phase": "Progressing",
            "message": "fenced ends still for 0.3 of 0.5 s",
            "activeCluster": "Source",
            "effectiveDesiredCluster": "Target",
            "workload": "orders-writer",
            "workingStep": "Fence",
            "attempt": 1,
            "steps": [
                row("Prepare", 20, 28),
                row("Preflight", 45, 45),
                row("Drain", 46, 48),
                row("Settle", 48, 49),
                row("Fence", 49),
                *(row(n) for n in ("CatchUp", "TranslateOffsets", "ArmReverse", "Switch")),
                *(row(n) for n in ("Resume", "Observe", "Completed")),
            ],
            "pause": {},
            "problems": [],
            "conditions": [
                condition("Ready", "False", "Progressing"),
                condition("Stalled", "False", "NotStalled"),
            ],
        },
    }
    body["status"].update(status)
    return body


def reader() -> dict[str, Any]:
    body = writer(
        phase="Holding",
        message="prepared; waits for wave 20 (throughWave is 10)",
        workingStep="Preflight",
        effectiveDesiredCluster="Source",
        workload="orders-reader",
        steps=[row("Prepare", 20, 21), row("Preflight", 22)],
        conditions=[
            condition("Ready", "True", "WaitingForWave"),
            condition("Stalled", "False", "NotStalled"),
        ],
    )
    body["metadata"] |= {"name": "orders-reader", "uid": "u-2"}
    body["spec"] |= {"wave": 20, "workloads": [{"name": "orders-reader"}]}
    return body


def uncovered() -> dict[str, Any]:
    """A unit that came after CutOver was approved."""
    return writer(
        phase="AwaitingApproval",
        message="the approval of CutOver does not cover this unit",
        workingStep="Preflight",
        conditions=[
            condition("Ready", "False", "AwaitingApproval"),
            condition("Stalled", "False", "NotStalled"),
        ],
    )


def arrived() -> dict[str, Any]:
    body = moved()
    body["status"]["steps"] = [*(row(s["name"], 1, 1) for s in body["status"]["steps"][:-1])]
    body["status"]["steps"].append(row("Completed", 2))
    return body


def moved() -> dict[str, Any]:
    return writer(
        phase="Completed",
        message="on the target, observation over",
        activeCluster="Target",
        workingStep="Completed",
        pause={
            "totalSeconds": 9.2,
            "applicationSeconds": 5.1,
            "settleSeconds": 1.0,
            "operatorSeconds": 3.1,
        },
        conditions=[
            condition("Ready", "True", "OnTarget"),
            condition("Stalled", "False", "NotStalled"),
        ],
    )
