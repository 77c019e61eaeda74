"""What a migration says while it rests: who is awaited, and what comes next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, finished, visits
from tests.unit.decide.planted import Planted, loaded, unit_spec

from kafka_migration.decide.table import STAGE_ORDER


def conditions(planted: Planted):
    return {c["type"]: c for c in planted.status("leave")["conditions"]}


def row(planted: Planted, stage: str):
    return next(r for r in planted.status("leave")["stages"] if r["name"] == stage)


def resting() -> Planted:
    """CutOver is reached: both units are on Target, and that is all that is asked for."""
    planted = visits()[-1].again()
    planted.run(lambda: finished(planted))
    planted.tick("leave")
    return planted


def stands_at(planted: Planted, name: str, **status) -> None:
    found = planted.objects[name]
    planted.objects[name] = replace(found, status={**found.status, **status})


def with_late_unit(**spec) -> Planted:
    planted = resting()
    spec = unit_spec("late", "Reader", 99, consumerGroups=[{"name": "late"}], **spec)
    planted.objects["late"] = loaded("WorkloadCutover", "orders", "late", spec)
    planted.replicas["late"], planted.generation["late"], planted.bindings["late"] = 1, 0, "source"
    planted.tick("leave")
    return planted


def test_completed_is_advised_once_every_unit_has_arrived():
    message = resting().status("leave")["message"]
    assert "every unit has arrived; raise spec.desiredStage to Completed" in message


def test_a_unit_that_no_approval_covers_closes_the_gate_and_completed_is_not_advised():
    planted = with_late_unit(desiredCluster="Source")
    status = planted.status("leave")
    assert planted.ready("leave") == ("True", "HoldingAtDesiredStage")
    assert "1 of 3 units are not on Target and past their observation" in status["message"]
    assert "the gate of CutOver is closed for orders/late" in status["message"]
    assert status["message"].endswith(status["gate"]["digest"])
    assert "Completed" not in status["message"]


def test_a_unit_of_a_later_wave_is_counted_and_the_wave_named():
    planted = with_late_unit(desiredCluster="ByWave")
    planted.change("leave", cutover={"throughWave": 20})
    planted.approve_again()
    planted.tick("leave")
    message = planted.status("leave")["message"]
    assert "1 of 3 units are not on Target" in message
    assert message.endswith("raise spec.cutover.throughWave to release it")


@pytest.mark.parametrize("step", ["Observe", "Resume"])
def test_a_unit_that_is_on_its_way_is_named(step):
    planted = resting()
    stands_at(planted, "reader", workingStep=step)
    planted.tick("leave")
    assert planted.status("leave")["message"].endswith("moving orders/reader")


def test_a_unit_that_went_back_is_named():
    planted = resting()
    planted.change("reader", desiredCluster="Source")
    stands_at(planted, "reader", workingStep="RolledBack", attempt=1)
    planted.tick("leave")
    message = planted.status("leave")["message"]
    assert "1 of 2 units" in message
    assert "orders/reader rest on the source" in message


def test_a_stage_that_nobody_asked_for_is_not_running():
    planted = resting()
    completed = row(planted, "Completed")
    assert (completed["state"], completed["reason"]) == ("Pending", "HoldingAtDesiredStage")
    assert completed["message"] == "not asked for: spec.desiredStage is CutOver"
    assert "startTime" not in completed


def test_a_stage_behind_its_gate_waits_for_the_approval():
    planted = resting()
    planted.change("leave", desiredStage="Completed")
    planted.tick("leave")
    assert (row(planted, "Completed")["state"], row(planted, "Completed")["reason"]) == (
        "Pending",
        "AwaitingApproval",
    )


def test_a_stage_is_running_once_it_is_worked_on_and_has_no_reason_any_more():
    planted = resting()
    planted.change("leave", desiredStage="Completed")
    planted.tick("leave")
    planted.approve()
    planted.tick("leave")
    assert row(planted, "Completed").keys() == {"name", "state", "startTime"}
    planted.run(lambda: planted.status("leave")["stage"] == "Completed")
    ended = {"name", "state", "startTime", "completionTime"}
    assert all(r.keys() == ended for r in planted.status("leave")["stages"])


def test_a_pause_keeps_the_time_at_which_a_stage_began():
    planted = at("leave", "Validated")
    planted.tick("leave")
    began = row(planted, "Validated")["startTime"]
    planted.change("leave", paused=True)
    planted.tick("leave")
    paused = row(planted, "Validated")
    assert (paused["state"], paused["reason"], paused["startTime"]) == (
        "Pending",
        "SpecPaused",
        began,
    )


def gate_waits(planted: Planted) -> bool:
    """A gate is shown, and spec.approval does not repeat it."""
    gate = planted.status("leave").get("gate")
    approval = planted.objects["leave"].spec.get("approval") or {}
    return gate is not None and (approval.get("stage"), approval.get("digest")) != (
        gate["stage"],
        gate["digest"],
    )


@pytest.mark.parametrize("stage", STAGE_ORDER[:-1])
def test_an_approval_is_required_exactly_while_a_shown_gate_is_not_opened(stage):
    planted, seen = Planted(), set()
    planted.change("leave", desiredStage=stage)
    for _ in range(150):
        if planted.status("leave").get("phase") == "AwaitingApproval":
            planted.approve()
        for name in planted.objects:
            planted.tick(name)
            if planted.status("leave").get("conditions"):
                required = conditions(planted)["ApprovalRequired"]["status"] == "True"
                assert required == gate_waits(planted)
                seen.add(required)
        if planted.status("leave").get("stage") == stage:
            break
    assert planted.status("leave")["stage"] == stage
    assert False in seen


def test_the_gate_of_the_next_stage_waits_for_a_person_at_a_hold():
    planted = Planted()
    planted.change("leave", desiredStage="InventoryFrozen")
    planted.run(lambda: planted.status("leave").get("stage") == "InventoryFrozen")
    planted.tick("leave")
    required = conditions(planted)["ApprovalRequired"]
    assert (required["status"], required["reason"]) == ("True", "AwaitingApproval")
    assert required["message"].endswith(planted.status("leave")["gate"]["digest"])
    assert planted.ready("leave") == ("True", "HoldingAtDesiredStage")


def test_an_approval_that_is_given_ahead_is_not_required_again():
    planted = Planted()
    planted.change("leave", desiredStage="InventoryFrozen")
    planted.run(lambda: planted.status("leave").get("stage") == "InventoryFrozen")
    planted.approve()
    planted.tick("leave")
    assert conditions(planted)["ApprovalRequired"]["status"] == "False"


def test_the_point_of_no_return_is_not_offered_before_it_is_asked_for():
    planted = resting()
    assert planted.status("leave").get("gate") is None
    assert conditions(planted)["ApprovalRequired"]["status"] == "False"


@pytest.mark.parametrize("after", ["Aborted", "Completed"])
def test_a_gate_that_no_approval_can_open_any_more_is_not_shown(after):
    planted = resting()
    planted.change("leave", desiredStage=after)
    planted.tick("leave")
    if after == "Completed":
        planted.approve()
        planted.run(lambda: planted.status("leave")["stage"] == "Completed")
    stands_at(planted, "reader", workingStep="Preflight", activeCluster="Source")
    planted.change("reader", owner={"name": "another team"})
    planted.tick("leave")
    planted.tick("leave")
    assert planted.status("leave").get("gate") is None
    assert conditions(planted)["ApprovalRequired"]["status"] == "False"
