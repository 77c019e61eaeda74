"""A unit moves, comes back with what it wrote on the target, and moves again.

After each tick `Planted.check` proves that at most one side is writable and no topic is copied
both ways.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from tests.unit.decide.moving import UNITS, run_to
from tests.unit.decide.planted import PARTITIONS, Planted, acl, not_known
from tests.unit.decide.returning import again, at, back, critical, there

from kafka_migration.decide.rules import legs
from kafka_migration.model.actions import EnsureAcls, HoldDenies, StartComparison, StopConnector
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Commit


def mirror(planted: Planted, role: str) -> str:
    return next(name for name in planted.connectors if f"-{role}-" in name)


def nothing_moves(planted: Planted, name: str, ticks: int = 20) -> None:
    before = planted.status(name)["workingStep"]
    for _ in range(ticks):
        planted.tick(name)
    assert planted.status(name)["workingStep"] == before


def test_on_the_target_the_return_mirror_copies_what_is_written():
    planted = there()[-1].planted
    assert planted.connectors[mirror(planted, "reverse")].state == "RUNNING"
    assert planted.connectors[mirror(planted, "unit")].state == "STOPPED"
    assert planted.stored[mirror(planted, "reverse")] == planted.target.data
    assert not planted.source.may_write("User:writer", "orders")
    assert not planted.target.may_write("User:mirror", "orders")


def test_the_way_back_ends_with_everything_on_the_source():
    planted = back()[-1].planted
    for name in UNITS:
        assert planted.ready(name) == ("True", "RolledBack")
        status = planted.status(name)
        assert (status["phase"], status["direction"]) == ("RolledBack", "reverse")
        assert status["activeCluster"] == "Source"
        assert [s["name"] for s in status["steps"]][-1] == "RolledBack"
        assert planted.bindings[name] == "source"
        assert planted.replicas[name] == 1
    assert planted.source.may_write("User:writer", "orders")
    assert not planted.target.may_write("User:writer", "orders")
    assert planted.register["authority"] == {"orders": "source"}
    assert planted.status("leave")["workloads"]["summary"] == "0/2"


def test_after_the_way_back_the_forward_mirror_copies_again():
    planted = back()[-1].planted
    assert planted.connectors[mirror(planted, "unit")].state == "RUNNING"
    assert planted.connectors[mirror(planted, "reverse")].state == "STOPPED"
    assert planted.stored[mirror(planted, "unit")] == planted.source.data
    assert not planted.source.may_write("User:mirror", "orders")


def test_the_second_move_ends_on_the_target():
    planted = again()[-1].planted
    for name in UNITS:
        assert planted.ready(name) == ("True", "OnTarget")
        assert planted.status(name)["attempt"] == 2
        assert planted.status(name)["direction"] == "forward"
    assert planted.target.may_write("User:writer", "orders")
    assert not planted.source.may_write("User:writer", "orders")


def test_the_legs_chain_at_their_seams():
    """What one leg entered the next one leaves; each begins where the one before ended."""
    planted = again()[-1].planted
    chain = legs.switched(planted.journals["writer"])
    assert [(leg.attempt, leg.direction) for leg in chain] == [
        (1, "forward"),
        (1, "reverse"),
        (2, "forward"),
    ]
    for before, after in pairwise(chain):
        assert before.entered == after.left
        assert all(after.fenced[p] >= before.end[p] for p in PARTITIONS)
        assert all(after.end[p] >= before.fenced[p] for p in PARTITIONS)
    assert legs.authority(planted.journals["writer"]) == "target"


def followed(planted: Planted, job: str) -> StartComparison:
    acts = [a for _, a in planted.acts if isinstance(a, StartComparison) and a.name == job]
    assert len(acts) == 1
    return acts[0]


def test_the_way_back_compares_from_the_seam_on():
    planted = back()[-1].planted
    (seam, *_) = legs.switched(planted.journals["writer"])
    started = followed(planted, "kmig-tail-writ0000-1-back")
    assert started.original == "target"
    assert started.ranges == tuple((p, seam.end[p], None, seam.fenced[p]) for p in PARTITIONS)


def test_the_second_move_compares_from_the_newest_seam_on():
    planted = again()[-1].planted
    seam = legs.switched(planted.journals["writer"])[1]
    started = followed(planted, "kmig-tail-writ0000-2")
    assert started.original == "source"
    assert started.ranges == tuple((p, seam.end[p], None, seam.fenced[p]) for p in PARTITIONS)


def test_the_group_comes_back_to_where_the_sources_log_ends():
    planted = back()[-1].planted
    seam = legs.switched(planted.journals["writer"])[1]
    written = [e for e in planted.journals["reader"] if e.kind is EntryKind.TRANSLATED][-1]
    assert written.direction == "reverse"
    assert written.data["groups"]["orders"]["orders"] == {
        str(p.number): seam.end[p] for p in PARTITIONS
    }
    assert planted.source.commits["orders"] == {
        p: Commit((planted.source.data[p] or 0) + 1) for p in PARTITIONS
    }


def test_the_return_mirror_is_denied_before_it_is_allowed():
    """An ALLOW alone would open the source to it (protocol 3.1)."""
    acts = [a for name, a in there()[-1].planted.acts if name == "writer"]
    allowed = next(
        i
        for i, a in enumerate(acts)
        if isinstance(a, EnsureAcls) and a.acls == (acl("mirror", "WRITE"),)
    )
    denied = next(
        i
        for i, a in enumerate(acts)
        if isinstance(a, HoldDenies) and a.acls == (acl("mirror", "WRITE", deny=True),)
    )
    assert acts[allowed].side == acts[denied].side == "source"
    assert denied < allowed


def test_the_return_mirror_is_set_freed_and_resumed_in_this_order():
    acts = [a for name, a in there()[-1].planted.acts if name == "writer"]
    names = [type(a).__name__ for a in acts]
    at_patch = names.index("AlterOffsets")
    assert names[at_patch : at_patch + 3] == ["AlterOffsets", "LiftDenies", "ResumeConnector"]
    assert acts[at_patch].offsets == tuple((p, 11) for p in PARTITIONS)
    assert names.index("LiftDenies") == at_patch + 1


def test_a_rolled_back_unit_stays_until_its_attempt_is_raised():
    planted = back()[-1].again()
    for name in UNITS:
        planted.change(name, desiredCluster="ByWave")
        nothing_moves(planted, name)
        assert planted.ready(name) == ("False", "RolledBack")
    stalled = next(c for c in planted.status("writer")["conditions"] if c["type"] == "Stalled")
    assert stalled["status"] == "True"


def test_an_unknown_fact_never_moves_anything_on_the_way_back():
    count = 0
    for visit in (*back(), *again()):
        if visit.name not in UNITS:
            continue
        _, asked = visit.planted.decide(visit.name)
        for fact in asked - {"units"}:
            disturbed = visit.again()
            disturbed.unknown[fact] = not_known()
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


def test_a_migration_whose_units_rest_on_the_source_is_ready_and_says_which():
    """Nobody moves, so nothing progresses: rolled back, or wanted on the source."""
    planted = at(there(), "Completed")
    planted.change("writer", desiredCluster="Source")
    planted.change("reader", desiredCluster="Source")
    run_to(planted, "writer", "RolledBack")
    planted.tick("leave")
    assert planted.ready("leave") == ("True", "WaitingForWave")
    assert "rest on the source" in planted.status("leave")["message"]
    planted.change("writer", desiredCluster="ByWave", attempt=2)
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "Progressing")


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


def test_further_writers_that_the_fence_denied_may_write_again_after_the_way_back():
    planted = Planted(way_back=True)
    planted.source.acls.add(acl("stranger", "WRITE"))
    planted.change("writer", fence={"extraPrincipals": ["User:stranger"]})
    planted.run_until_step("writer", "Completed")
    assert not planted.source.may_write("User:stranger", "orders")
    planted.change("writer", desiredCluster="Source")
    run_to(planted, "writer", "RolledBack")
    assert planted.source.may_write("User:stranger", "orders")


def test_a_writer_that_somebody_answers_for_is_not_shut_out_by_the_way_back():
    planted = Planted(way_back=True)
    planted.source.acls.add(acl("excused", "WRITE"))
    known = {"problem": "WriterNotCovered", "subject": "principal/User:excused", "reason": "CHG"}
    planted.change("writer", acknowledgements=[known])
    planted.run_until_step("writer", "Completed")
    planted.change("writer", desiredCluster="Source")
    run_to(planted, "writer", "RolledBack")
    assert planted.source.may_write("User:excused", "orders")


def test_a_unit_that_wrote_nothing_on_the_target_comes_back_all_the_same():
    """Its mirror still stands where it was armed: no record of it is missing (T-1, not D)."""
    planted = Planted(way_back=True)
    planted.run_until_step("writer", "Completed")
    planted.change("writer", desiredCluster="Source")
    run_to(planted, "writer", "RolledBack")
    assert EntryKind.BACK_OUT not in planted.kinds("writer")


@pytest.mark.parametrize("step", ["Prepare", "Preflight"])
def test_a_return_mirror_that_somebody_resumed_is_stopped_before_the_unit_moves(step):
    planted = at(there(), step)
    if step == "Prepare":
        planted.run(lambda: any("-reverse-" in name for name in planted.connectors))
    reverse = mirror(planted, "reverse")
    running = replace(planted.connectors[reverse], state="RUNNING", tasks={0: "RUNNING"})
    planted.connectors[reverse] = running
    assert planted.decide("writer")[0].action == StopConnector("reverse", reverse)
