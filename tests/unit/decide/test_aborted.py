"""desiredStage Aborted: no unit switches any more, for good; what is on Target stays."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import at, in_phase, last_at, run_to, visits
from tests.unit.decide.planted import Planted

from kafka_migration.decide.machine import Phase
from kafka_migration.model.entries import EntryKind


def abort(planted: Planted) -> None:
    planted.change("leave", desiredStage="Aborted")


def test_a_unit_at_rest_stays_on_the_source():
    planted = last_at("writer", "Preflight")
    abort(planted)
    for _ in range(5):
        assert planted.tick("writer").action is None
    assert planted.ready("writer") == ("True", "Aborted")
    assert planted.status("writer")["workingStep"] == "Preflight"


def test_a_unit_inside_its_critical_section_goes_back_at_once():
    for visit in in_phase(Phase.CRITICAL)[::4]:
        planted = visit.again()
        abort(planted)
        entry = planted.tick(visit.name).entry
        assert entry is not None, str(visit)
        assert (entry.kind, entry.data["reason"]) == (EntryKind.BACK_OUT, "Aborted"), str(visit)


def test_a_unit_that_went_back_is_told_that_nothing_is_left_to_do():
    planted = at("writer", "Fence")
    abort(planted)
    run_to(planted, "writer", "BackedOut")
    planted.tick("writer")
    assert planted.ready("writer") == ("False", "BackedOut")
    assert planted.status("writer")["message"].endswith("make another KafkaMigration to try again")


def test_a_unit_past_its_switch_arrives_and_stays():
    planted = at("writer", "Resume")
    abort(planted)
    run_to(planted, "writer", "Completed")
    assert planted.ready("writer") == ("True", "OnTarget")


def test_the_abort_is_an_entry_and_raising_the_stage_again_does_not_take_it_back():
    planted = last_at("writer", "Preflight")
    abort(planted)
    planted.tick("leave")
    assert planted.kinds("leave")[-1] is EntryKind.ABORTED
    planted.change("leave", desiredStage="CutOver")
    for _ in range(5):
        planted.tick("leave")
        planted.tick("writer")
    assert planted.ready("leave") == ("True", "Aborted")
    assert planted.ready("writer") == ("True", "Aborted")
    assert planted.kinds("leave").count(EntryKind.ABORTED) == 1


@pytest.mark.parametrize("stage", ["TargetPrepared", "Replicating", "Validated", "CutOver"])
def test_no_stage_is_worked_on_any_more(stage):
    visit = next(v for v in visits() if str(v) == f"leave at {stage}")
    planted = visit.again()
    abort(planted)
    planted.tick("leave")
    reached = planted.status("leave").get("stage")
    for _ in range(20):
        planted.tick("leave")
    conditions = {c["type"]: c["status"] for c in planted.status("leave")["conditions"]}
    assert planted.status("leave").get("stage") == reached
    assert planted.status("leave")["phase"] == "Aborted"
    assert conditions["Succeeded"] == "False"
    assert conditions["Stalled"] == "False"


def test_what_copies_is_still_cared_for():
    planted = last_at("writer", "Preflight")
    abort(planted)
    planted.tick("leave")
    _, asked = planted.decide("leave")
    assert "copy-bounds" in asked
