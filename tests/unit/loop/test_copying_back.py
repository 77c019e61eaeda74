"""Facts of the reverse mirrors while they run: read on the target, and only of those that run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.loop.fake_world import (
    ORDERS,
    UNIT_KEY,
    FakeWorld,
    loaded,
    migration,
    unit_spec,
)

from kafka_migration.act import act
from kafka_migration.mirror_memory import HEALTHY_SECONDS
from kafka_migration.model import actions, facts
from kafka_migration.model.connect import Connector
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import CopyBounds, Facts, Restarts, UnitView
from kafka_migration.model.sides import Direction
from kafka_migration.observe import observe

BACK = "kmig-aaaaaaaa-reverse-bbbbbbbb"
TOPICS = frozenset({"orders"})


def read(fake: FakeWorld, fact, units: tuple[UnitView, ...] = ()) -> Any:
    context = replace(migration(), facts=Facts({facts.UNITS.name: units}))
    return observe(fake.world, context, [fact])[fact.name]


def mirrored(fake: FakeWorld, copied: int | None, *, state: str = "RUNNING", name: str = BACK):
    fake.reverse_connect.present = {name: Connector(name, state, {}, {}, topics=TOPICS)}
    fake.reverse_connect.stored = {name: {} if copied is None else {ORDERS: copied}}
    fake.target.high = {ORDERS: 20}
    fake.target.data = {ORDERS: 19}


def armed(offset: int, direction: Direction = "forward") -> UnitView:
    entry = Entry(EntryKind.ARMING, 1, {"offsets": {"orders": {"0": offset}}}, direction=direction)
    return UnitView(loaded(UNIT_KEY, "bbbbbbbb-2222", unit_spec()), (entry,))


def test_bounds_are_those_of_the_targets_log(fake):
    mirrored(fake, 9)
    fake.source.high = {ORDERS: 3}
    bounds = read(fake, facts.REVERSE_COPY_BOUNDS)
    assert (bounds.starts, bounds.copied, bounds.ends) == ({ORDERS: 0}, {ORDERS: 9}, {ORDERS: 20})
    assert fake.reverse_connect.calls == [("offsets", BACK, "taaaaaaaa")]
    assert not fake.source.calls


@pytest.mark.parametrize(
    ("state", "name"), [("STOPPED", BACK), ("RUNNING", "kmig-bbbbbbbb-reverse-cccccccc")]
)
def test_a_mirror_at_rest_or_of_another_migration_is_not_looked_at(fake, state, name):
    mirrored(fake, 9, state=state, name=name)
    assert read(fake, facts.REVERSE_COPY_BOUNDS) == CopyBounds({}, {}, {})
    fake.clock.advance(60.0)
    assert read(fake, facts.REVERSE_LAG_SECONDS) == 0.0
    assert not fake.target.calls


def test_an_offset_that_falls_is_counted_look_by_look(fake):
    mirrored(fake, 9)
    assert read(fake, facts.REVERSE_COPY_BOUNDS).in_a_row == {}
    mirrored(fake, 8)
    assert read(fake, facts.REVERSE_COPY_BOUNDS).in_a_row == {ORDERS: 1}
    assert read(fake, facts.REVERSE_COPY_BOUNDS).in_a_row == {ORDERS: 2}


@pytest.mark.parametrize(
    ("offset", "direction", "fallen"),
    [(12, "forward", {ORDERS: 1}), (11, "forward", {}), (12, "reverse", {})],
)
def test_no_offset_is_below_the_one_that_a_unit_set(fake, offset, direction, fallen):
    """Also after a restart. An entry of the way back speaks of the forward mirror's offsets."""
    mirrored(fake, 11)
    bounds = read(fake, facts.REVERSE_COPY_BOUNDS, (armed(5), armed(offset, direction)))
    assert bounds.in_a_row == fallen


def test_lag_is_the_age_of_what_did_not_come_back(fake):
    mirrored(fake, 15)
    assert read(fake, facts.REVERSE_LAG_SECONDS) == 0.0
    fake.clock.advance(7.0)
    assert read(fake, facts.REVERSE_LAG_SECONDS) == 7.0
    mirrored(fake, 19)
    fake.target.high = {ORDERS: 22}  # two control records behind it
    assert read(fake, facts.REVERSE_LAG_SECONDS) == 0.0
    assert read(fake, facts.REVERSE_COPY_BOUNDS).covered == {ORDERS: 22}
    assert fake.memory.for_key(migration().loaded.key).lag_seconds is None


@pytest.mark.parametrize(("state", "kept"), [("FAILED", True), ("RUNNING", False)])
def test_restarts_are_those_of_the_reverse_connect_cluster(fake, state, kept):
    """One that runs well for long begins anew."""
    mirrored(fake, 5, state=state)
    act(fake.world, migration(), actions.RestartTasks("reverse", BACK))
    fake.clock.advance(7.0)
    assert read(fake, facts.REVERSE_RESTARTS) == {BACK: Restarts(1, 7.0)}
    assert ("restart", BACK) in fake.reverse_connect.calls
    assert not fake.connect.calls
    fake.clock.advance(HEALTHY_SECONDS)
    assert bool(read(fake, facts.REVERSE_RESTARTS)) is kept
