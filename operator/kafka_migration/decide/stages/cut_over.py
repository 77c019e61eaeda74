"""CutOver: units are permitted to switch, wave by wave; reached when all are on Target.

The approval covers the plan, the proof, what was acknowledged, and each unit as it was read
(design 4). A unit that came or changed afterwards needs another approval of the same gate.
"""

from __future__ import annotations

from collections.abc import Iterable

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.gate import Gate, aborted, approvals, completing, named_by_spec
from kafka_migration.decide.leg import wanted_side
from kafka_migration.decide.rules.coverage import covered, described, spec_digest
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import Work
from kafka_migration.model.entries import Entry, EntryKind, canonical, digest
from kafka_migration.model.facts import UnitView
from kafka_migration.model.kubernetes import Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait

NAME = "CutOver"
_NAMED = 5  # units that a sentence names
_AT_REST = frozenset({None, "", "Prepare", "Preflight"})


def units(context: MigrationContext) -> tuple[UnitView, ...] | None:
    """The units of the migration; None = not read."""
    if not context.facts.has(facts.UNITS) or context.facts.unknown(facts.UNITS) is not None:
        return None
    return context.facts[facts.UNITS]


def gate(context: MigrationContext) -> Gate | None:
    """Plan, proof, acknowledgements and units; None while one of them is not known."""
    proof = context.journal.last(EntryKind.CONTENT_VALIDATED)
    present = units(context)
    if context.inventory is None or proof is None or present is None:
        return None
    value = {
        "plan": context.inventory.plan.digest,
        "proof": proof.data,
        "acknowledgements": _acknowledged(context),
        "units": described(present),
    }
    return Gate(NAME, digest(canonical(value)), _summary(context, proof, present))


def _acknowledged(context: MigrationContext) -> list[dict[str, str]]:
    return [a.model_dump(by_alias=True) for a in context.spec.acknowledgements]


def _summary(context: MigrationContext, proof: Entry, present: Iterable[UnitView]) -> str:
    missing = uncovered(context)
    if approvals(context, NAME) and missing:
        return f"permit the switches of units not covered yet: {_named(missing)}"
    return (
        f"{proof.data['records']} records compared, {proof.data['verdict']}; permit the switches, "
        f"wave by wave, of {_named(u for u in present if not u.loaded.deleting)}"
    )


def _named(present: Iterable[UnitView]) -> str:
    names = [f"{u.loaded.key.namespace}/{u.loaded.key.name}" for u in present]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more if names else "no unit (there is none yet)"


def standing_of(context: MigrationContext, unit: Loaded) -> Reason | None:
    """Why the recorded approvals do not cover a unit as its spec is now; None = they do."""
    known = approvals(context, NAME)
    was = covered(known).get(unit.uid)
    if was is None:
        return Reason.AWAITING_APPROVAL
    taken = known[-1].data.get("acknowledgements")
    same = was == spec_digest(unit) and taken == _acknowledged(context)
    return None if same else Reason.PLAN_CHANGED


def uncovered(context: MigrationContext) -> tuple[UnitView, ...]:
    """Units that no recorded approval covers as they are; what is on Target has moved already."""
    return tuple(
        unit
        for unit in units(context) or ()
        if not unit.loaded.deleting
        and unit.loaded.status.get("activeCluster") != "Target"
        and standing_of(context, unit.loaded) is not None
    )


def _waits(context: MigrationContext, unit: Loaded) -> bool:
    """The unit is released and would move if it were approved."""
    if unit.status.get("workingStep") not in _AT_REST:
        return False
    wanted, cutover = unit.spec.get("desiredCluster"), context.spec.cutover
    by_wave = cutover is not None and unit.spec.get("wave", 0) <= cutover.through_wave
    return wanted == "Target" or (wanted == "ByWave" and by_wave)


def permitted(context: MigrationContext) -> bool:
    """Switches are asked for and approved; neither aborted nor past the point of no return."""
    asked = context.spec.desired_stage in (NAME, "Completed")
    return (
        asked and bool(approvals(context, NAME)) and not (aborted(context) or completing(context))
    )


def somebody_waits_for_approval(context: MigrationContext, gate: Gate | None) -> Verdict | None:
    """The stage was approved, and yet a released unit is not covered; None = no such unit."""
    waiting = [u for u in uncovered(context) if _waits(context, u.loaded)]
    if not waiting or gate is None or not approvals(context, NAME) or named_by_spec(context, gate):
        return None
    changed = [u for u in waiting if standing_of(context, u.loaded) is Reason.PLAN_CHANGED]
    remedy = f"set spec.approval to stage {NAME} and digest {gate.digest}"
    if changed:
        text = (
            f"{_named(changed)} or spec.acknowledgements changed after {NAME} was approved; undo "
            f"that, or read them and {remedy}"
        )
        return wait(Reason.PLAN_CHANGED, text)
    text = f"{_named(waiting)} came after {NAME} was approved; read the units, then {remedy}"
    return wait(Reason.AWAITING_APPROVAL, text)


def approval_is_not_recorded(context: MigrationContext) -> Verdict:
    """The approval that opened this gate is an entry before any unit may switch.

    One that is put into the spec later counts only if it repeats the gate as it is then.
    """
    known = approvals(context, NAME)
    if known and not (uncovered(context) and named_by_spec(context, gate(context))):
        return PASS
    return wait(Reason.PROGRESSING, "recording the approval")


def record_approval(context: MigrationContext) -> Work | None:
    """What was approved: the gate's digest, each unit that it covers, what was acknowledged."""
    shown, present = gate(context), units(context)
    if shown is None or present is None or not named_by_spec(context, shown):
        return None
    seen = {u.loaded.uid: spec_digest(u.loaded) for u in present if not u.loaded.deleting}
    data = {"stage": NAME, "digest": shown.digest, "units": seen}
    return Entry(EntryKind.APPROVED, 1, data | {"acknowledgements": _acknowledged(context)})


def arrived(unit: UnitView) -> bool:
    """The unit is on Target and past its observation, or stays there prepared to come back."""
    status = unit.loaded.status
    stays = status.get("direction") == "reverse" and status.get("waitingFor") == Reason.ON_TARGET
    return status.get("workingStep") == "Completed" or stays


def _is_to_move(context: MigrationContext, unit: UnitView) -> bool:
    """Wanted on the target; one that was rolled back rests until its attempt is raised."""
    status, spec = unit.loaded.status, unit.loaded.spec
    latched = status.get("workingStep") == "RolledBack" and (
        spec.get("attempt", 1) <= status.get("attempt", 1)
    )
    return not latched and wanted_side(spec, context) == "target"


def _what_is_left(context: MigrationContext, pending: list[UnitView]) -> str:
    """Of units none of which is to move now."""
    through = context.spec.cutover.through_wave if context.spec.cutover else 0
    waves = sorted({u.loaded.spec.get("wave", 0) for u in pending})
    later = [wave for wave in waves if wave > through]
    if later:
        return f"the next wave is {later[0]}: raise spec.cutover.throughWave to release it"
    return f"{_named(pending)} rest on the source: see their spec.desiredCluster and spec.attempt"


def units_are_not_on_target(context: MigrationContext) -> Verdict:
    """Every unit arrived; waiting for a wave is a hold, not work."""
    present = context.facts[facts.UNITS]
    pending = [u for u in present if not arrived(u)]
    if present and not pending:
        return PASS
    if not present:
        text = "no WorkloadCutover names this migration yet; apply one"
        return wait(Reason.WAITING_FOR_WAVE, text)
    moving = [u for u in pending if _is_to_move(context, u)]
    if not moving:
        said = f"{len(present) - len(pending)} of {len(present)} units on Target"
        return wait(Reason.WAITING_FOR_WAVE, f"{said}; {_what_is_left(context, pending)}")
    named = ", ".join(u.loaded.key.name for u in moving[:3])
    return wait(Reason.PROGRESSING, f"moving {named}")


def what_has_not_arrived(context: MigrationContext) -> str:
    """How many units Completed would wait for, and what each waits for; "" = none."""
    present = units(context) or ()
    pending = [u for u in present if not arrived(u)]
    if not pending:
        return ""
    said = f"{len(pending)} of {len(present)} units are not on Target and past their observation"
    closed = uncovered(context)
    if closed:
        return f"{said}; the gate of {NAME} is closed for {_named(closed)}"
    moving = [u for u in pending if _is_to_move(context, u)]
    if moving:
        return f"{said}; moving {_named(moving)}"
    return f"{said}; {_what_is_left(context, pending)}"


APPROVAL: tuple[Task[MigrationContext], ...] = (
    Task("approval recorded", (facts.UNITS,), approval_is_not_recorded, record_approval),
)
TASKS: tuple[Task[MigrationContext], ...] = (
    *APPROVAL,
    Task("units on Target", (facts.UNITS,), units_are_not_on_target),
)
