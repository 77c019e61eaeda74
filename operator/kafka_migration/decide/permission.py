"""Whether a unit may do its working step now: migration, waves, pause, namespace, its turn."""

from __future__ import annotations

from datetime import datetime

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.gate import aborted, completing
from kafka_migration.decide.leg import wanted, wanted_side
from kafka_migration.decide.machine import Phase
from kafka_migration.decide.rules import change_windows
from kafka_migration.decide.stages import cut_over
from kafka_migration.decide.table import STAGE_ORDER, Step
from kafka_migration.model import facts
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Kind, Problem, Verdict, wait

MOVING = frozenset(
    {
        "Drain",
        "Settle",
        "Fence",
        "CatchUp",
        "TranslateOffsets",
        "ArmReverse",
        "Switch",
        "Resume",
        "BackOut",
    }
)


def refused(reason: Reason, subject: str, message: str) -> Verdict:
    """A permission that only people can change."""
    return Verdict(Kind.FAIL, reason, message, (Problem(reason, subject, message),))


def permission(context: UnitContext, step: Step, now: str) -> Verdict | None:
    """Why the unit may not go on; None = it may. `now` is the time of day, ISO 8601."""
    if step.phase in (Phase.COMMITTED, Phase.SETTLED, Phase.BACKING, Phase.END):
        return None
    if context.direction == "reverse":
        return _may_come_back(context, step)
    if context.loaded.deleting:
        return wait(Reason.DELETING, "being deleted: the unit stays on the source")
    if context.spec.desired_cluster == "Source":
        return wait(Reason.HOLDING_ON_SOURCE, "spec.desiredCluster is Source")
    if aborted(context.migration):
        return wait(Reason.ABORTED, "the migration was aborted: the unit stays on the source")
    if context.migration.spec.paused:
        return wait(Reason.SPEC_PAUSED, "the migration is paused")
    return (
        _changed(context)
        or _namespace(context)
        or (_may_prepare(context) if step.name == "Prepare" else _may_switch(context, step, now))
    )


def _changed(context: UnitContext) -> Verdict | None:
    if not context.changed:
        return None
    text = "spec was changed inside the critical section; look at it before the next attempt"
    return refused(Reason.INVALID_SPEC, "spec", text)


def _may_come_back(context: UnitContext, step: Step) -> Verdict | None:
    """Neither stage nor approval keeps a unit from the source; once begun it is not recalled."""
    if step.phase is Phase.OPEN and wanted(context) == "target":
        return wait(Reason.ON_TARGET, "on the target, as wanted; prepared to come back")
    if step.phase is Phase.OPEN and completing(context.migration):
        text = "the migration is completed: nothing goes back; set spec.desiredCluster to Target"
        return refused(Reason.NOT_ROLLBACKABLE, f"unit/{context.loaded.key.name}", text)
    if context.migration.spec.paused:
        return wait(Reason.SPEC_PAUSED, "the migration is paused")
    closed = _changed(context) or _namespace(context)
    if closed is not None or step.name != "Preflight":
        return closed
    return _order(context) or _turn(context)


def _order(context: UnitContext) -> Verdict | None:
    """Later waves come back first: their units read what the earlier ones write."""
    if context.facts.unknown(facts.UNITS) is not None:
        return wait(Reason.UNKNOWN, "the other units could not be read")
    later = [
        other.loaded
        for other in context.facts[facts.UNITS]
        if other.loaded.spec.get("wave", 0) > context.spec.wave
        and other.loaded.status.get("activeCluster") == "Target"
        and wanted_side(other.loaded.spec, context.migration) == "source"
    ]
    if not later:
        return None
    first = max(later, key=lambda unit: (unit.spec.get("wave", 0), unit.key.name))
    text = f"waits for {first.key.name} (wave {first.spec.get('wave')}) to be back first"
    return wait(Reason.WAITING_FOR_WAVE, text)


def _namespace(context: UnitContext) -> Verdict | None:
    allowed = context.migration.spec.allowed_cutovers
    namespace = context.loaded.key.namespace
    if allowed is not None and namespace in allowed.namespaces:
        return None
    text = (
        f"namespace {namespace} is not in spec.allowedCutovers of "
        f"{context.migration.loaded.key.namespace}/{context.migration.loaded.key.name}; ask its "
        "owners to add it"
    )
    return refused(Reason.NAMESPACE_NOT_ALLOWED, f"namespace/{namespace}", text)


def _may_prepare(context: UnitContext) -> Verdict | None:
    stage = context.migration.loaded.status.get("stage")
    at = STAGE_ORDER.index(stage) if stage in STAGE_ORDER else -1
    if at >= STAGE_ORDER.index("Replicating"):
        return None
    text = f"the migration is at {stage or 'its beginning'}; units prepare from Replicating on"
    return wait(Reason.WAITING_FOR_MIGRATION, text)


def _may_switch(context: UnitContext, step: Step, now: str) -> Verdict | None:
    migration = context.migration
    if not cut_over.permitted(migration):
        text = "prepared; the migration does not permit switches yet (CutOver, approved)"
        return wait(Reason.WAITING_FOR_MIGRATION, text)
    through = migration.spec.cutover.through_wave if migration.spec.cutover else 0
    if context.spec.desired_cluster == "ByWave" and context.spec.wave > through:
        text = f"prepared; waits for wave {context.spec.wave} (throughWave is {through})"
        return wait(Reason.WAITING_FOR_WAVE, text)
    shut = _window(context, step, datetime.fromisoformat(now))
    return shut or (_turn(context) if step.name == "Preflight" else None)


def _window(context: UnitContext, step: Step, now: datetime) -> Verdict | None:
    """Switches are allowed now; before it is stopped, for as long as the unit's whole pause."""
    cutover = context.migration.spec.cutover
    if cutover is None or not cutover.windows:
        return None
    end = change_windows.closing(cutover.windows, now)
    if step.name != "Preflight":
        text = "the change window of spec.cutover.windows closed"
        return wait(Reason.WAITING_FOR_WAVE, text) if end is None else None
    budget = context.spec.pause_budget_seconds
    if end is not None and (end - now).total_seconds() >= budget:
        return None
    first = change_windows.opening(cutover.windows, end or now)
    until = f"the next change window opens at {first:%Y-%m-%d %H:%M} UTC" if first else "none opens"
    text = f"prepared; {until}"
    if end is not None:
        text += f"; this one closes at {end:%H:%M} UTC, before a pause of {budget} s would be over"
    return wait(Reason.WAITING_FOR_WAVE, text)


def _turn(context: UnitContext) -> Verdict | None:
    """One unit moves at a time (maxParallel 1)."""
    if context.facts.unknown(facts.UNITS) is not None:
        return wait(Reason.UNKNOWN, "the other units could not be read")
    for other in context.facts[facts.UNITS]:
        if other.loaded.uid == context.loaded.uid:
            continue
        if other.loaded.status.get("workingStep") in MOVING:
            return wait(Reason.WAITING_FOR_WAVE, f"waits for {other.loaded.key.name} to finish")
    return None
