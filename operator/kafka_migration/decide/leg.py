"""Which leg a unit works on, where it is wanted, and whether its way back may begin.

Called by loading and by cutover.py, permission.py and cutover_status.py. A leg is one run of the
pipeline: (attempt, direction). The way back has the attempt of the move that it undoes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.decide.context import MigrationContext, UnitContext, moves_authority
from kafka_migration.decide.gate import completing
from kafka_migration.model.entries import EntryKind, Journal
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Direction, Side
from kafka_migration.model.verdicts import Problem, Verdict, fail

# Rows at which a raised spec.attempt counts: nothing of the unit is stopped, nothing is open.
_ADOPTS: Mapping[Direction, frozenset[str]] = {
    "forward": frozenset({"Prepare", "Preflight", "BackedOut"}),
    "reverse": frozenset({"BackedOut", "RolledBack"}),
}
_ON_THE_TARGET = frozenset({"Observe", "Completed"})


@dataclass(frozen=True)
class Leg:
    """What is worked on."""

    attempt: int
    direction: Direction


def working_leg(spec_attempt: int, status: Mapping[str, Any]) -> Leg:
    """The leg that status names, or the next one if spec.attempt was raised and counts now."""
    attempt: int | None = status.get("attempt")
    direction: Direction = status.get("direction") or "forward"
    step = status.get("workingStep") or "Prepare"
    if attempt is None:
        return Leg(spec_attempt, "forward")
    if spec_attempt <= attempt or step not in _ADOPTS[direction]:
        return Leg(attempt, direction)
    return Leg(spec_attempt, "forward" if step == "RolledBack" else direction)


def working_spec(
    live: WorkloadCutoverSpec, journal: Journal, leg: Leg, *, moving: bool
) -> tuple[WorkloadCutoverSpec, bool]:
    """What the unit works by, and whether somebody wants it otherwise by now.

    From Drain to the end of Resume or back-out that is the plan recorded then (protocol 3.3):
    replicas, denied principals and bindings must be those that the undoing looks for.
    """
    entry = journal.last(EntryKind.DRAINING, leg.attempt, leg.direction)
    if entry is None or not moving:
        return live, False
    written = live.model_dump(mode="json", by_alias=True)
    frozen = WorkloadCutoverSpec.model_validate({**written, **entry.data.get("plan", {})})
    return frozen, frozen != live


def wanted_side(spec: Mapping[str, Any], migration: MigrationContext) -> Side:
    """Where a unit with this spec (as JSON) should be now, waves considered."""
    desired = spec.get("desiredCluster")
    if desired in ("Source", "Target"):
        return "source" if desired == "Source" else "target"
    cutover = migration.spec.cutover
    released = cutover is not None and int(spec.get("wave", 0)) <= cutover.through_wave
    return "target" if released else "source"


def wanted(context: UnitContext) -> Side:
    """Where the unit should be now."""
    return wanted_side(context.loaded.spec, context.migration)


def refusal(context: UnitContext) -> Verdict | None:
    """Why a unit on the target that is wanted back cannot come; None = it can."""
    name = f"unit/{context.loaded.key.name}"
    if completing(context.migration):
        text = "the migration is completed: nothing goes back; set spec.desiredCluster to Target"
        return fail([Problem(Reason.NOT_ROLLBACKABLE, name, text)])
    if not context.reversible:
        text = (
            "spec.desiredCluster is Source, but spec.replication.reverse of the migration is "
            "Disabled: there is no way back; set spec.desiredCluster to Target"
        )
        return fail([Problem(Reason.ROLLBACK_NOT_SUPPORTED, name, text)])
    if moves_authority(context) and context.recorded(EntryKind.FREEING) is None:
        text = (
            "the unit is wanted on the source, but no return mirror was armed when it moved: what "
            "it wrote on the target would be lost; set spec.desiredCluster to Target"
        )
        return fail([Problem(Reason.NOT_ROLLBACKABLE, name, text)])
    return None


def wanted_back(context: UnitContext, step: str) -> bool:
    """The unit is on the target at the end of its move, and wanted on the source."""
    if context.direction != "forward" or step not in _ON_THE_TARGET:
        return False
    explicit = context.spec.desired_cluster == "Source"
    return wanted(context) == "source" and (explicit or context.reversible)


def way_back_begins(context: UnitContext, step: str) -> bool:
    """From here the unit works on the leg back; nothing is stopped before its Drain."""
    return wanted_back(context, step) and refusal(context) is None
