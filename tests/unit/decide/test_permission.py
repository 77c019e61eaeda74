"""When a unit may work: namespace, migration, wave, turn, pause; and when nothing may stop it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, in_phase, last_at
from tests.unit.decide.planted import Planted, not_known

from kafka_migration.decide.machine import Phase
from kafka_migration.decide.permission import MOVING
from kafka_migration.decide.stages.mirror_care import WRITE_PAUSE
from kafka_migration.decide.table import STEP_ORDER
from kafka_migration.model.entries import EntryKind


def deleting(planted: Planted, name: str) -> None:
    planted.objects[name] = replace(planted.objects[name], deleting=True)


def turn_of_the_reader(planted: Planted) -> None:
    status = {**planted.objects["reader"].status, "workingStep": "Fence"}
    planted.objects["reader"] = replace(planted.objects["reader"], status=status)


def not_approved(planted: Planted) -> None:
    planted.journals["leave"] = tuple(
        e for e in planted.journals["leave"] if e.data.get("stage") != "CutOver"
    )


@pytest.mark.parametrize(
    ("disturb", "ready"),
    [
        (lambda p: deleting(p, "writer"), ("True", "Deleting")),
        (lambda p: p.change("writer", desiredCluster="Source"), ("True", "HoldingOnSource")),
        (lambda p: p.change("leave", paused=True), ("True", "SpecPaused")),
        (lambda p: p.change("leave", allowedCutovers=None), ("False", "NamespaceNotAllowed")),
        (
            lambda p: p.change("leave", allowedCutovers={"namespaces": ["billing"]}),
            ("False", "NamespaceNotAllowed"),
        ),
        (lambda p: p.change("leave", desiredStage="Validated"), ("True", "WaitingForMigration")),
        (not_approved, ("True", "WaitingForMigration")),
        (lambda p: p.change("leave", cutover={"throughWave": 9}), ("True", "WaitingForWave")),
        (lambda p: p.change("leave", cutover=None), ("True", "WaitingForWave")),
        (turn_of_the_reader, ("True", "WaitingForWave")),
    ],
)
def test_a_unit_that_may_not_move_rests_before_drain_and_says_why(disturb, ready):
    planted = last_at("writer", "Preflight")
    disturb(planted)
    for _ in range(3):
        decision = planted.tick("writer")
        assert decision.action is None
    assert planted.ready("writer") == ready
    assert planted.status("writer")["workingStep"] == "Preflight"


def test_the_other_units_must_be_known_before_one_begins():
    planted = last_at("writer", "Preflight")
    planted.unknown["units"] = not_known()
    decision = planted.tick("writer")
    assert not decision.moved


def test_a_unit_with_a_cluster_of_its_own_does_not_wait_for_a_wave():
    planted = last_at("writer", "Preflight")
    planted.change("leave", cutover={"throughWave": 0})
    planted.change("writer", desiredCluster="Target")
    assert planted.decide("writer")[0].moved


def test_units_prepare_from_replicating_on():
    planted = Planted()
    planted.tick("leave")
    planted.tick("writer")
    assert planted.ready("writer") == ("True", "WaitingForMigration")
    planted.run(
        lambda: planted._approved() and planted.status("leave").get("stage") == "Replicating"
    )
    planted.tick("writer")
    assert planted.ready("writer")[0] == "False"


def test_a_namespace_that_is_not_allowed_touches_nothing():
    planted = Planted()
    planted.change("leave", allowedCutovers={"namespaces": []})
    planted.run(lambda: planted._approved() and planted.status("leave").get("stage") == "Validated")
    for _ in range(10):
        planted.tick("writer")
    assert not [a for name, a in planted.acts if name == "writer"]
    stalled = next(c for c in planted.status("writer")["conditions"] if c["type"] == "Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "NamespaceNotAllowed")


def test_deleting_inside_the_critical_section_goes_back():
    for visit in in_phase(Phase.CRITICAL)[::4]:
        planted = visit.again()
        deleting(planted, visit.name)
        entry = planted.tick(visit.name).entry
        assert entry is not None, str(visit)
        assert entry.kind is EntryKind.BACK_OUT, str(visit)


def test_deleting_after_the_switch_stays():
    for visit in in_phase(Phase.COMMITTED)[::4]:
        planted = visit.again()
        deleting(planted, visit.name)
        decision = planted.tick(visit.name)
        assert decision.entry is None or decision.entry.kind is not EntryKind.BACK_OUT


def test_every_step_that_stops_something_takes_the_turn():
    """Two units never stop at the same time: maxParallel is 1."""
    assert {*STEP_ORDER[2:10], "BackOut"} == MOVING == WRITE_PAUSE


def test_a_unit_on_the_target_that_is_wanted_back_says_that_it_cannot_yet():
    planted = last_at("reader", "Observe")
    planted.change("writer", desiredCluster="Source")
    planted.tick("writer")
    planted.tick("writer")
    assert planted.ready("writer") == ("False", "RollbackNotSupported")
    assert planted.target.may_write("User:writer", "orders")


def test_an_attempt_raised_while_moving_counts_only_at_rest():
    planted = at("writer", "Fence")
    planted.change("writer", attempt=2)
    planted.tick("writer")
    assert planted.status("writer")["attempt"] == 1


def test_an_attempt_raised_while_observed_does_not_move_the_unit_again():
    planted = at("writer", "Observe")
    planted.change("writer", attempt=2)
    planted.run(lambda: planted.status("writer")["workingStep"] == "Completed")
    planted.tick("writer")
    assert planted.status("writer")["attempt"] == 1
    assert planted.ready("writer") == ("True", "OnTarget")
