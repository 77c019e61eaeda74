"""A gate: what an approval must repeat to open a stage, and which approvals were recorded.

Called by the gated stages (each says what its gate covers), by migration.py and its status.
"""

from __future__ import annotations

from dataclasses import dataclass

from kafka_migration.decide.context import MigrationContext
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.verdicts import Problem


@dataclass(frozen=True)
class Gate:
    """What an approval must name to open a stage; the digest covers all that is approved."""

    stage: str
    digest: str
    summary: str


def how_to_open(gate: Gate) -> str:
    """What a person does at this gate; the end of a message."""
    return (
        f"read the plan (kmig plan), then set spec.approval to stage {gate.stage} and digest "
        f"{gate.digest}"
    )


def approvals(context: MigrationContext, stage: str) -> tuple[Entry, ...]:
    """The recorded approvals of a stage, oldest first."""
    every = context.journal.of(EntryKind.APPROVED)
    return tuple(entry for entry in every if entry.data["stage"] == stage)


def completing(context: MigrationContext) -> bool:
    """The point of no return is an entry: mirrors go, no unit moves any more."""
    return bool(approvals(context, "Completed"))


def aborted(context: MigrationContext) -> bool:
    """Asked for now, or once: lowering desiredStage again does not take it back."""
    if completing(context):
        return False  # what is past return cannot be called off
    latched = context.journal.last(EntryKind.ABORTED) is not None
    return latched or context.spec.desired_stage == "Aborted"


def acknowledged(context: MigrationContext, problem: Problem) -> bool:
    """The migration takes this problem upon itself by name."""
    return any(
        a.problem == problem.reason and a.subject == problem.subject
        for a in context.spec.acknowledgements
    )


def named_by_spec(context: MigrationContext, gate: Gate | None) -> bool:
    """spec.approval repeats this gate."""
    approval = context.spec.approval
    if gate is None or approval is None:
        return False
    return (approval.stage, approval.digest) == (gate.stage, gate.digest)
