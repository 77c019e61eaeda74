"""CutOver: units are permitted to switch, wave by wave; reached when all are on Target."""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import Work
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import UnitView
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait


def approval_is_not_recorded(context: MigrationContext) -> Verdict:
    """The approval that opened this gate is an entry before any unit may switch.

    One that is put into the spec later was compared with no gate: it is never recorded.
    """
    if any(e.data["stage"] == "CutOver" for e in context.journal.of(EntryKind.APPROVED)):
        return PASS
    return wait(Reason.PROGRESSING, "recording the approval")


def record_approval(context: MigrationContext) -> Work | None:
    """Who approved what."""
    approval = context.spec.approval
    if approval is None:
        return None
    return Entry(EntryKind.APPROVED, 1, {"stage": "CutOver", "digest": approval.digest})


def arrived(unit: UnitView) -> bool:
    """The unit is on Target and past its observation."""
    return unit.loaded.status.get("workingStep") == "Completed"


def units_are_not_on_target(context: MigrationContext) -> Verdict:
    """Every unit arrived; waiting for a wave is a hold, not work."""
    units = context.facts[facts.UNITS]
    pending = [u for u in units if not arrived(u)]
    if units and not pending:
        return PASS
    if not units:
        text = "no WorkloadCutover names this migration yet; apply one"
        return wait(Reason.WAITING_FOR_WAVE, text)
    through = context.spec.cutover.through_wave if context.spec.cutover else 0
    moving = [u for u in pending if u.loaded.spec.get("wave", 0) <= through]
    if not moving:
        waves = sorted({u.loaded.spec.get("wave", 0) for u in pending})
        text = (
            f"{len(units) - len(pending)} of {len(units)} units on Target; the next wave is "
            f"{waves[0]}: raise spec.cutover.throughWave to release it"
        )
        return wait(Reason.WAITING_FOR_WAVE, text)
    named = ", ".join(u.loaded.key.name for u in moving[:3])
    return wait(Reason.PROGRESSING, f"moving {named}")


TASKS: tuple[Task[MigrationContext], ...] = (
    Task("approval recorded", (), approval_is_not_recorded, record_approval),
    Task("units on Target", (facts.UNITS,), units_are_not_on_target),
)
