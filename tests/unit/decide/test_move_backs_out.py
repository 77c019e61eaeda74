"""A move that turns round before its Switch: by a pause, a changed mind, a budget or a last look."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import UNITS, at, in_phase, run_to
from tests.unit.decide.planted import PARTITIONS, acl, not_known

from kafka_migration.decide.machine import Phase
from kafka_migration.decide.table import STEP_ORDER
from kafka_migration.model.entries import EntryKind


def test_a_pause_inside_the_critical_section_backs_out_by_itself():
    """Never parked between Drain and Switch (protocol 3.3)."""
    seen = set()
    for visit in in_phase(Phase.CRITICAL):
        planted = visit.again()
        planted.change("leave", paused=True)
        decision = planted.tick(visit.name)
        assert decision.entry is not None, str(visit)
        assert decision.entry.kind is EntryKind.BACK_OUT, str(visit)
        assert decision.entry.data["reason"] == "SpecPaused"
        seen.add(decision.entry.data["step"])
    assert seen == set(STEP_ORDER[2:9])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("unit", {"desiredCluster": "Source"}),
        ("leave", {"cutover": {"throughWave": 0}}),
        ("leave", {"desiredStage": "Validated"}),
        ("leave", {"allowedCutovers": {"namespaces": []}}),
    ],
)
def test_a_changed_mind_inside_the_critical_section_backs_out(name, change):
    for visit in in_phase(Phase.CRITICAL)[::4]:
        planted = visit.again()
        planted.change(visit.name if name == "unit" else name, **change)
        entry = planted.tick(visit.name).entry
        assert entry is not None, str(visit)
        assert entry.kind is EntryKind.BACK_OUT, str(visit)


def test_an_exceeded_budget_backs_out_before_the_switch_and_only_shows_after_it():
    for visit in in_phase(Phase.CRITICAL, Phase.COMMITTED):
        planted = visit.again()
        mind = planted.mind(visit.name)
        if mind.drained_at is None:
            continue
        mind.drained_at -= 1000
        entry = planted.tick(visit.name).entry
        backs_out = entry is not None and entry.kind is EntryKind.BACK_OUT
        assert backs_out is (visit.phase is Phase.CRITICAL), str(visit)
        stalled = next(
            c for c in planted.status(visit.name)["conditions"] if c["type"] == "Stalled"
        )
        step = planted.status(visit.name)["workingStep"]
        if step in ("Switch", "Resume"):
            assert stalled["reason"] == "PauseBudgetExceeded", str(visit)


@pytest.mark.parametrize("unit", UNITS)
def test_a_back_out_from_any_tick_ends_where_the_unit_came_from(unit):
    """Source writable, target closed, mirror running, replicas back, latched until attempt 2."""
    tried = 0
    for visit in in_phase(Phase.CRITICAL):
        if visit.name != unit:
            continue
        planted = visit.again()
        planted.change("leave", paused=True)
        run_to(planted, unit, "BackedOut")
        planted.tick(unit)
        assert planted.ready(unit) == ("False", "BackedOut")
        assert planted.replicas[unit] == 1
        assert planted.bindings[unit] == "source"
        if unit == "writer":
            assert planted.source.may_write("User:writer", "orders")
            assert not planted.target.may_write("User:writer", "orders")
            assert planted.target.may_write("User:mirror", "orders")
            assert planted.register["authority"] == {"orders": "source"}
            assert [c.state for c in planted.connectors.values()] == ["RUNNING"]
        tried += 1
    assert tried > 5


def test_a_restart_in_the_middle_of_a_back_out_finishes_it():
    for visit in in_phase(Phase.CRITICAL)[::6]:
        planted = visit.again()
        planted.change("leave", paused=True)
        for _ in range(30):
            if planted.status(visit.name)["workingStep"] == "BackedOut":
                break
            planted.tick(visit.name)
            planted.restart()
        assert planted.status(visit.name)["workingStep"] == "BackedOut", str(visit)


def test_a_unit_that_backed_out_stays_until_its_attempt_is_raised_and_then_moves():
    planted = at("writer", "CatchUp")
    planted.change("leave", paused=True)
    run_to(planted, "writer", "BackedOut")
    planted.change("leave", paused=False)
    for _ in range(20):
        planted.tick("writer")
    assert planted.status("writer")["workingStep"] == "BackedOut"
    planted.change("writer", attempt=2)
    planted.run_until_step("reader", "Completed")
    assert planted.ready("writer") == ("True", "OnTarget")


def test_a_back_out_waits_while_the_source_is_silent_and_says_so():
    planted = at("writer", "CatchUp")
    planted.change("leave", paused=True)
    run_to(planted, "writer", "BackOut")
    planted.unknown["source-acls"] = not_known()
    for _ in range(10):
        planted.tick("writer")
    assert planted.status("writer")["workingStep"] == "BackOut"
    assert "it did not answer" in planted.status("writer")["message"]
    assert planted.replicas["writer"] == 0


@pytest.mark.parametrize(
    ("disturb", "reason"),
    [
        (lambda p: p.source.high.update({PARTITIONS[0]: 11}), "FenceLost"),
        (lambda p: p.target.high.update({PARTITIONS[0]: 99}), "FenceLost"),
        (lambda p: p.source.acls.discard(acl("writer", "WRITE", deny=True)), "FenceLost"),
        (lambda p: p.target.acls.discard(acl("writer", "WRITE", deny=True)), "FenceLost"),
        (lambda p: p.target.acls.discard(acl("mirror", "WRITE", deny=True)), "FenceLost"),
        (lambda p: p.replicas.update(writer=1), "Progressing"),
        (lambda p: next(iter(p.stored.values())).update({PARTITIONS[0]: 3}), "GapDetected"),
    ],
)
def test_the_last_look_backs_out_of_any_difference(disturb, reason):
    """Directly before the Switch entry everything is looked at once more (protocol 3.9)."""
    planted = at("writer", "Switch")
    disturb(planted)
    entry = planted.decide("writer")[0].entry
    assert entry is not None
    assert (entry.kind, entry.data["reason"]) == (EntryKind.BACK_OUT, reason)
