"""The way back under restarts, unknown facts, changed minds, leaks and refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import UNITS, run_to
from tests.unit.decide.planted import not_known
from tests.unit.decide.returning import again, at, back, critical, mirror, nothing_moves, there

from kafka_migration.model.actions import StopConnector
from kafka_migration.model.entries import EntryKind


def test_an_unknown_fact_never_moves_anything_on_the_way_back():
    count = 0
    for visit in (*back(), *again()):
        if visit.name not in UNITS:
            continue
        _, asked = visit.planted.decide(visit.name)
        disturbed = visit.again()
        for fact in asked - {"units"}:
            disturbed.unknown = {fact: not_known()}
            decision, _ = disturbed.decide(visit.name)
            done = (decision.moved, decision.entry, decision.action)
            assert done == (False, None, None), f"{visit}: {fact}"
            count += 1
    assert count > 300


def test_a_restart_at_any_tick_of_the_way_back_changes_nothing_in_the_end():
    for visit in back()[:-1:7]:
        planted = visit.again()
        planted.restart()
        run_to(planted, "writer", "RolledBack")
        assert planted.source.may_write("User:writer", "orders"), str(visit)


def test_a_unit_wanted_on_the_target_again_before_its_drain_stays_there_and_rests():
    planted = at(back(), "Preflight")
    planted.change("writer", desiredCluster="Target")
    nothing_moves(planted, "writer")
    assert planted.ready("writer") == ("True", "OnTarget")
    planted.change("writer", desiredCluster="Source")
    run_to(planted, "writer", "RolledBack")


@pytest.mark.parametrize("change", [{"desiredCluster": "Target"}, {"attempt": 7}])
def test_a_way_back_once_begun_is_finished(change):
    for visit in critical(back())[::3]:
        planted = visit.again()
        planted.change("writer", **change)
        run_to(planted, "writer", "RolledBack")
        assert EntryKind.BACK_OUT not in planted.kinds("writer"), str(visit)


def test_neither_a_lower_stage_nor_a_wave_keeps_a_unit_from_the_source():
    planted = there()[-1].again()
    planted.change("leave", desiredStage="Validated", cutover={"throughWave": 0})
    run_to(planted, "writer", "RolledBack")


def test_a_lowered_wave_brings_back_what_is_above_it_only():
    planted = there()[-1].again()
    planted.change("leave", cutover={"throughWave": 10})
    for _ in range(30):
        for name in planted.objects:
            planted.tick(name)
    assert planted.status("writer")["workingStep"] == "Completed"
    assert planted.status("reader")["direction"] == "reverse"


def test_an_earlier_wave_waits_until_the_later_ones_are_back():
    planted = at(back(), "Preflight")
    reader = planted.objects["reader"]
    planted.objects["reader"] = reader.__class__(
        **{**reader.__dict__, "status": {**reader.status, "waitingFor": ""}}
    )
    for _ in range(3):
        planted.tick("writer")
    assert planted.ready("writer") == ("True", "WaitingForWave")


def test_without_an_armed_return_mirror_a_unit_is_refused_by_name():
    planted = there()[-1].again()
    planted.journals["writer"] = tuple(
        e for e in planted.journals["writer"] if e.kind is not EntryKind.FREEING
    )
    planted.change("writer", desiredCluster="Source")
    nothing_moves(planted, "writer")
    assert planted.ready("writer") == ("False", "NotRollbackable")
    assert planted.target.may_write("User:writer", "orders")


def test_a_leak_behind_the_fence_is_found_by_what_comes_back():
    """The return mirror writes on the source too: only the comparison tells them apart (3.10)."""
    planted = at(there(), "Observe")
    planted.change("writer", observation={"seconds": 60})
    for _ in range(5):
        planted.tick("writer")
    job = next(name for name in planted.jobs if name.endswith("-back"))
    planted.jobs[job]["report"]["partitions"][0]["verdict"] = "DIFFERENT"
    planted.tick("writer")
    assert planted.ready("writer") == ("False", "LeakedWrite")


@pytest.mark.parametrize("step", ["Prepare", "Preflight"])
def test_a_return_mirror_that_somebody_resumed_is_stopped_before_the_unit_moves(step):
    planted = at(there(), step)
    if step == "Prepare":
        planted.run(lambda: any("-reverse-" in name for name in planted.connectors))
    reverse = mirror(planted, "reverse")
    running = replace(planted.connectors[reverse], state="RUNNING", tasks={0: "RUNNING"})
    planted.connectors[reverse] = running
    assert planted.decide("writer")[0].action == StopConnector("reverse", reverse)
