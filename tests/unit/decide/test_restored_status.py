"""A status restored by one entry: the chain does not show it, the register does (2.2, ADR 9)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, before_entry, last_at, visits
from tests.unit.decide.planted import Planted, not_known
from tests.unit.decide.returning import there

from kafka_migration.model.entries import EntryKind

HOME = ("User:mirror", "orders")  # who writes on the source what comes back
CRITICAL = ("Drain", "Settle", "Fence", "CatchUp", "TranslateOffsets", "ArmReverse")


def lifted() -> Planted:
    """The writer's switch is recorded, and its fence on the target lifted."""
    for visit in visits():
        planted = visit.planted
        if planted.register.get("authority", {}).get("orders") == "target":
            return visit.again()
    raise AssertionError("the fence on the target is never lifted")


def holds(planted: Planted) -> None:
    decision, _ = planted.decide("writer")
    assert (decision.entry, decision.action, decision.moved) == (None, None, False)
    assert "an older status was restored" in decision.status["message"]


def test_after_the_lift_a_journal_without_the_switch_is_not_gone_on_with():
    """Backing out here would leave what was written on the target behind."""
    planted = lifted()
    *older, newest = planted.journals["writer"]
    assert newest.kind is EntryKind.SWITCH
    planted.journals["writer"] = tuple(older)
    holds(planted)
    planted.change("leave", paused=True)
    holds(planted)
    planted.mind("writer").in_step = 10_000.0
    holds(planted)


@pytest.mark.parametrize("step", CRITICAL)
def test_in_every_step_before_switch(step):
    planted = at("writer", step)
    planted.register = {**planted.register, "authority": {"orders": "target"}}
    holds(planted)


def test_in_a_back_out_too():
    planted = before_entry("writer", EntryKind.SWITCH)
    planted.change("leave", paused=True)
    planted.run_until_step("writer", "BackOut")
    planted.register = {**planted.register, "authority": {"orders": "target"}}
    holds(planted)


@pytest.mark.parametrize("authority", ["none", "target"])
@pytest.mark.parametrize("step", ["Prepare", "Preflight"])
def test_a_unit_made_anew_does_not_begin_where_another_fenced_or_moved(step, authority):
    """Its own journal is empty: only the register knows (2.2: never start at Source)."""
    planted = last_at("writer", step)
    planted.register = {**planted.register, "authority": {"orders": authority}}
    holds(planted)


def test_a_return_mirror_that_was_freed_by_an_entry_that_is_lost_keeps_the_unit_where_it_is():
    """A back-out would open the source beside it: without the entry nobody looks for copies."""
    for visit in there():
        planted = visit.again()
        newest = planted.journals.get("writer", ())[-1:]
        if newest and newest[0].kind is EntryKind.FREEING and planted.source.may_write(*HOME):
            planted.journals["writer"] = planted.journals["writer"][:-1]
            planted.change("leave", paused=True)
            holds(planted)
            return
    raise AssertionError("the return mirror is never freed")


def test_what_is_recorded_is_gone_on_with():
    decision, _ = lifted().decide("writer")
    assert decision.action is not None or decision.moved


def test_an_unknown_register_is_waited_for_as_long_as_the_deadline_lets():
    planted = at("writer", "Drain")
    planted.unknown["register"] = replace(not_known(), message="no answer")
    decision, _ = planted.decide("writer")
    assert (decision.entry, decision.action, decision.moved) == (None, None, False)
    assert "no answer" in decision.status["message"]
