"""A unit moves, comes back with what it wrote on the target, and moves again.

After each tick `Planted.check` proves that at most one side is writable and no topic is copied
both ways.
"""

from __future__ import annotations

from itertools import pairwise

from tests.unit.decide.moving import UNITS, run_to
from tests.unit.decide.planted import PARTITIONS, Planted, acl
from tests.unit.decide.returning import again, at, back, mirror, nothing_moves, there

from kafka_migration.decide.rules import legs
from kafka_migration.model.actions import EnsureAcls, HoldDenies, StartComparison
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Commit


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
