"""What was decided in the critical section stays decided, and is undone in full."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import at, in_phase, run_to, visits
from tests.unit.decide.planted import authentication, unit_spec
from tests.unit.decide.planted_acts import mark

from kafka_migration.decide.machine import Phase
from kafka_migration.model.actions import LiftDenies
from kafka_migration.model.entries import EntryKind


def test_a_recorded_back_out_is_carried_out_even_if_its_cause_is_gone():
    """Killed between the entry and the move: no tick may go forward from there (3.12)."""
    seen = 0
    for visit in in_phase(Phase.CRITICAL):
        planted = visit.again()
        planted.change("leave", paused=True)
        planted.tick(visit.name)
        assert planted.kinds(visit.name)[-1] is EntryKind.BACK_OUT
        planted.restart()
        planted.change("leave", paused=False)
        run_to(planted, visit.name, "BackedOut")
        assert EntryKind.SWITCH not in planted.kinds(visit.name)
        seen += 1
    assert seen > 10


def test_a_switch_entry_voided_by_a_back_out_entry_is_never_carried_out():
    """The last look failed once after the entry; that it passes now changes nothing."""
    unlifted = [
        v
        for v in visits()
        if str(v) == "writer at Switch" and v.planted.kinds("writer")[-1] is EntryKind.SWITCH
    ]
    planted = unlifted[0].again()
    planted.replicas["writer"] = 1
    assert planted.tick("writer").entry is not None
    assert planted.kinds("writer")[-1] is EntryKind.BACK_OUT
    planted.replicas["writer"] = 0
    planted.restart()
    run_to(planted, "writer", "BackedOut")
    assert not planted.target.may_write("User:writer", "orders")
    assert planted.bindings["writer"] == "source"


def test_a_lift_that_was_registered_and_not_made_is_looked_at_again():
    """Killed between register and broker: what happened meanwhile is seen before the lift."""
    visit = next(
        v
        for v in visits()
        if str(v) == "writer at Switch" and v.planted.kinds("writer")[-1] is EntryKind.SWITCH
    )
    for disturbed in (False, True):
        planted = visit.again()
        lift = planted.decide("writer")[0].action
        assert isinstance(lift, LiftDenies)
        mark(planted, lift, "lifting")
        if disturbed:
            planted.replicas["writer"] = 1
        decision, _ = planted.decide("writer")
        if disturbed:
            assert decision.entry is not None
            assert decision.entry.kind is EntryKind.BACK_OUT
        else:
            assert decision.action == lift


def test_a_spec_changed_in_the_critical_section_is_undone_by_the_plan_that_was_frozen():
    """Denied principals, replicas and bindings are those of Drain, whatever the spec says now."""
    seen = 0
    for visit in in_phase(Phase.CRITICAL)[::3]:
        planted = visit.again()
        if visit.name != "writer" or EntryKind.DRAINING not in planted.kinds("writer"):
            continue
        other = unit_spec("writer", "Writer", 10)
        other["workloads"][0]["name"] = "renamed"
        other["workloads"][0]["binding"]["source"] = authentication("stranger")
        other["topics"] = {"writes": [], "reads": []}
        planted.change("writer", **{key: other[key] for key in ("workloads", "topics")})
        entry = planted.tick("writer").entry
        assert entry is not None
        assert (entry.kind, entry.data["reason"]) == (EntryKind.BACK_OUT, "InvalidSpec")
        run_to(planted, "writer", "BackedOut")
        assert planted.source.may_write("User:writer", "orders")
        assert planted.replicas["writer"] == 1
        assert planted.register["authority"] == {"orders": "source"}
        seen += 1
    assert seen > 3


def test_a_spec_changed_after_the_switch_entry_is_not_looked_at_before_the_end_of_resume():
    for visit in in_phase(Phase.COMMITTED):
        if visit.name != "writer" or EntryKind.RESUMED in visit.planted.kinds("writer"):
            continue
        planted = visit.again()
        other = unit_spec("writer", "Writer", 10)["workloads"]
        other[0]["name"] = "renamed"
        planted.change("writer", workloads=other)
        run_to(planted, "writer", "Observe")
        assert planted.replicas["writer"] == 1
        assert planted.bindings["writer"] == "target"


def test_a_fault_of_ours_in_the_critical_section_does_not_outlive_its_deadline(monkeypatch):
    """What cannot even be decided is loud until then, and backs out after it."""
    planted = at("writer", "Fence")

    monkeypatch.setattr(planted, "_leaving_probes", lambda _: (None,))
    with pytest.raises(AttributeError):
        planted.run(lambda: planted.status("writer")["workingStep"] != "Fence", ticks=20)
    planted.mind("writer").in_step = 1000.0
    entry = planted.tick("writer").entry
    assert entry is not None
    assert (entry.kind, entry.data["reason"]) == (EntryKind.BACK_OUT, "DeadlineExceeded")
    monkeypatch.undo()
    run_to(planted, "writer", "BackedOut")
    assert planted.source.may_write("User:writer", "orders")
