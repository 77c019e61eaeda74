"""A back-out of either direction ends where its leg began, return mirror shut out first."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import Visit, run_to
from tests.unit.decide.planted import PARTITIONS, Planted, not_known
from tests.unit.decide.returning import again, back, critical, there

from kafka_migration.decide.context import UnitContext
from kafka_migration.model.actions import HoldDenies, LiftDenies
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.sides import opposite

LEGS = {"there": there, "back": back, "again": again}
MIRRORS = {"forward": "unit", "reverse": "reverse"}


def unit(planted: Planted) -> UnitContext:
    context = planted.context("writer")
    assert isinstance(context, UnitContext)
    return context


def backed_out(visit: Visit) -> Planted:
    planted = visit.again()
    planted.change("leave", paused=True)
    run_to(planted, "writer", "BackedOut")
    planted.change("leave", paused=False)
    planted.tick("writer")
    return planted


def mirror_state(planted: Planted, direction: str) -> str:
    role = MIRRORS[direction]
    return next(c.state for n, c in planted.connectors.items() if f"-{role}-" in n)


@pytest.mark.parametrize("leg", LEGS)
def test_it_ends_where_the_leg_began(leg):
    """The side left is writable, the other closed, the onward mirror runs, the return mirror not."""
    visits = critical(LEGS[leg]())
    assert len(visits) > 10
    for visit in visits:
        planted = backed_out(visit)
        context = unit(planted)
        left, entered = planted._side(context.leaving), planted._side(context.entering)
        assert planted.ready("writer") == ("False", "BackedOut"), str(visit)
        assert f"runs on the {context.leaving}" in planted.status("writer")["message"]
        assert planted.status("writer")["activeCluster"].lower() == context.leaving
        assert planted.bindings["writer"] == context.leaving
        assert planted.replicas["writer"] == 1
        assert left.may_write("User:writer", "orders"), str(visit)
        assert not entered.may_write("User:writer", "orders"), str(visit)
        assert not left.may_write("User:mirror", "orders"), str(visit)
        assert entered.may_write("User:mirror", "orders"), str(visit)
        assert mirror_state(planted, context.direction) == "RUNNING", str(visit)
        assert mirror_state(planted, opposite(context.direction)) == "STOPPED", str(visit)
        assert planted.register["authority"] == {"orders": context.leaving}


@pytest.mark.parametrize(("leg", "end"), [("there", "Completed"), ("back", "RolledBack")])
def test_a_raised_attempt_goes_the_same_way_again(leg, end):
    for visit in critical(LEGS[leg]())[::4]:
        planted = backed_out(visit)
        planted.write()
        planted.change("writer", attempt=2)
        run_to(planted, "writer", end)
        assert planted.status("writer")["attempt"] == 2


@pytest.mark.parametrize("leg", LEGS)
def test_a_restart_at_any_tick_of_it_changes_nothing(leg):
    """Whatever was answered before counts as unanswered; what is an entry stays decided."""
    for ticks in range(14):
        planted = freed(leg)
        for _ in range(ticks):
            planted.tick("writer")
        planted.restart()
        run_to(planted, "writer", "BackedOut")
        context = unit(planted)
        assert planted._side(context.leaving).may_write("User:writer", "orders"), f"tick {ticks}"
        assert planted.kinds("writer").count(EntryKind.NO_COPY) == 1


def freed(leg: str) -> Planted:
    """A unit that turns round after its return mirror was freed and resumed."""
    visit = next(
        v for v in critical(LEGS[leg]()) if v.planted.status("writer")["workingStep"] == "Switch"
    )
    planted = visit.again()
    planted.change("leave", paused=True)
    run_to(planted, "writer", "BackOut")
    planted.acts.clear()
    return planted


@pytest.mark.parametrize("leg", LEGS)
def test_nothing_is_lifted_before_the_return_mirror_is_shut_out_and_nothing_came_back(leg):
    planted = freed(leg)
    assert EntryKind.FREEING in planted.kinds("writer")
    side = unit(planted).leaving
    run_to(planted, "writer", "BackedOut")
    acts = [a for n, a in planted.acts if n == "writer"]
    names = [type(a).__name__ for a in acts]
    assert names[:4] == ["StopConnector", "FenceMirror", "HoldDenies", "LiftDenies"]
    assert isinstance(acts[2], HoldDenies)
    assert isinstance(acts[3], LiftDenies)
    assert (acts[2].side, acts[3].side) == (side, side)
    assert planted.kinds("writer")[-2:] == [EntryKind.NO_COPY, EntryKind.BACKED_OUT]


@pytest.mark.parametrize("leg", LEGS)
def test_what_may_have_come_back_holds_by_name_with_both_sides_closed(leg):
    """A record beyond T: the return mirror may have copied it before it was stopped."""
    planted = freed(leg)
    context = unit(planted)
    planted._side(context.entering).append(PARTITIONS[0], 1)
    for _ in range(20):
        planted.tick("writer")
    assert planted.ready("writer") == ("False", "BackingOut")
    conditions = {c["type"]: c for c in planted.status("writer")["conditions"]}
    assert conditions["Stalled"]["reason"] == "ReturnCopyExists"
    assert planted.replicas["writer"] == 0
    for kafka in (planted.source, planted.target):
        assert not kafka.may_write("User:writer", "orders")
    assert EntryKind.NO_COPY not in planted.kinds("writer")


@pytest.mark.parametrize("fact", ["return-connectors", "return-mirror-probes", "entering-ends"])
def test_a_return_mirror_that_cannot_be_looked_at_keeps_the_leaving_side_closed(fact):
    planted = freed("there")
    planted.unknown[fact] = not_known()
    for _ in range(20):
        planted.tick("writer")
    assert not planted.source.may_write("User:writer", "orders")
    assert planted.status("writer")["workingStep"] == "BackOut"


def test_a_return_mirror_that_was_never_freed_is_not_waited_for():
    """Connect may be down: the leaving side opens at once (protocol 3.12)."""
    visit = next(
        v for v in critical(there()) if v.planted.status("writer")["workingStep"] == "CatchUp"
    )
    planted = visit.again()
    planted.change("leave", paused=True)
    planted.unknown["reverse-connectors"] = not_known()
    planted.unknown["connectors"] = not_known()
    for _ in range(30):
        planted.tick("writer")
    assert planted.source.may_write("User:writer", "orders")
    assert planted.replicas["writer"] == 1
