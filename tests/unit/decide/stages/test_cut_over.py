"""CutOver: permission for the units, wave by wave; reached when all arrived."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.decide.moving import at, last_at, stands
from tests.unit.decide.planted import Planted

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.stages.cut_over import arrived, record_approval
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import UNITS, Facts, UnitView


def test_units_of_an_unreleased_wave_are_a_hold_not_work():
    planted = last_at("leave", "CutOver")
    planted.change("leave", cutover={"throughWave": 10})
    for name in ("writer", "reader"):
        planted.put_status(name, workingStep=None)
    planted.put_status("writer", workingStep="Completed")
    decision, _ = planted.decide("leave")
    ready = decision.status["conditions"][0]
    assert (ready["status"], ready["reason"]) == ("True", "WaitingForWave")
    assert "the next wave is 20" in ready["message"]


def test_no_unit_at_all_is_waited_for():
    planted = last_at("leave", "CutOver")
    planted.objects = {"leave": planted.objects["leave"]}
    decision, _ = planted.decide("leave")
    assert not decision.moved
    assert "no WorkloadCutover names this migration" in decision.status["message"]


def test_a_unit_that_did_not_arrive_keeps_the_stage_open():
    planted = last_at("leave", "CutOver")
    planted.put_status("reader", workingStep="Observe")
    assert stands(planted, "leave") == ("Progressing", "False")


def test_the_approval_is_an_entry_before_a_unit_may_switch():
    planted = Planted()
    planted.run_until_step("writer", "Drain")
    stages = [e.data["stage"] for e in planted.journals["leave"] if e.kind is EntryKind.APPROVED]
    assert stages == ["TargetPrepared", "CutOver"]


def test_what_does_not_repeat_the_gate_is_not_recorded():
    """The act looks once more: units may have come between two looks."""
    planted = Planted()
    planted.run(lambda: planted._approved() and planted.status("leave").get("stage") == "Validated")
    planted.change("leave", approval={"stage": "CutOver", "digest": "sha256:" + "0" * 64})
    context = planted.context("leave")
    assert isinstance(context, MigrationContext)
    facts = Facts({UNITS.name: planted.fact(UNITS, context)})
    assert record_approval(replace(context, facts=facts)) is None


def test_an_approval_changed_afterwards_is_not_recorded_again():
    """Only a digest that was compared with the gate's ever becomes an entry."""
    planted = at("writer", "Drain")
    planted.change("leave", approval={"stage": "CutOver", "digest": "sha256:" + "0" * 64})
    for _ in range(5):
        planted.tick("leave")
    approved = [e.data for e in planted.journals["leave"] if e.kind is EntryKind.APPROVED]
    assert "sha256:" + "0" * 64 not in [a["digest"] for a in approved]


def test_a_unit_that_prepared_to_come_back_and_stays_has_arrived():
    """It was wanted back, and then not: it never returns to the row that it came from."""
    unit = replace(
        Planted().objects["writer"],
        status={"workingStep": "Preflight", "direction": "reverse", "waitingFor": "OnTarget"},
    )
    assert arrived(UnitView(unit))
    assert not arrived(UnitView(replace(unit, status={**unit.status, "waitingFor": "Deleting"})))
