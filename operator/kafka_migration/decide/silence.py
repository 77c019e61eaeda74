"""Which cluster does not answer, since when, and what a unit does meanwhile (protocol 3.15).

Called by cutover.py with what a step's tasks say. Only words change here: a fact that cannot be
read passes nothing, whatever it is called.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.decide.machine import Phase
from kafka_migration.decide.tasks import Need, Open, Walk
from kafka_migration.model import facts
from kafka_migration.model.facts import Fact
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Side
from kafka_migration.model.verdicts import Kind, unknown

_ASKED: tuple[Fact[Any], ...] = (facts.LEAVING_CLUSTER, facts.ENTERING_CLUSTER)


def named(context: UnitContext, phase: Phase, walked: Walk) -> Walk:
    """The same walk; where it could not see, the cluster that does not answer is named."""
    if not isinstance(walked, Open) or walked.verdict.kind is not Kind.UNKNOWN:
        return walked
    missing = tuple(fact for fact in _ASKED if not context.facts.has(fact))
    if missing:
        return Need(missing)
    silent = _silent(context)
    if not silent:
        return walked
    side, said = silent[0]
    every = " and ".join(f"the {name}" for name, _ in silent)
    verb = "does" if len(silent) == 1 else "do"
    text = f"{every} {verb} not answer{_since(context.migration, side)}: {said}"
    if phase is Phase.OPEN and context.direction == "reverse":
        text += (
            f"; the unit stays on the {context.leaving}, which stays open, nothing of it is touched "
            f"and it comes back by itself afterwards: make {every} answer"
        )
    return replace(walked, verdict=unknown(Reason.UNREACHABLE, text))


def _silent(context: UnitContext) -> list[tuple[Side, str]]:
    """Sides that give no answer, and what the client says; one that refuses has answered."""
    found: list[tuple[Side, str]] = []
    for side, fact in zip((context.leaving, context.entering), _ASKED, strict=True):
        fault = context.facts.unknown(fact)
        if fault is not None and not fault.refused:
            found.append((side, fault.message))
    return found


def _since(migration: MigrationContext, side: Side) -> str:
    """The migration looks at both clusters all the time; "" = it has not seen it yet."""
    kind = f"{side.capitalize()}Connected"
    for condition in migration.loaded.status.get("conditions", []):
        if condition["type"] == kind and condition["status"] == "False":
            return f" since {condition['lastTransitionTime']}"
    return ""
