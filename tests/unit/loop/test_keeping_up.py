"""Keeping up: the copy and its comparison against the leaving side's last records."""

from __future__ import annotations

import pytest
from tests.unit.loop.fake_world import ORDERS, FakeWorld, topic, unit

from kafka_migration.model import facts
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import KeepingUp
from kafka_migration.observe import observe

LAST = 8


def look(fake: FakeWorld, copied: int, compared: int) -> KeepingUp:
    """One look at a partition whose last record is LAST; two seconds later is the next."""
    name = unit().onward_connector
    fake.source.present = {"orders": topic("orders")}
    fake.source.high, fake.source.data = {ORDERS: LAST + 1}, {ORDERS: LAST}
    fake.connect.present = {name: Connector(name, "RUNNING", {}, {}, topics=frozenset({"orders"}))}
    fake.connect.stored = {name: {ORDERS: copied}}
    row = {"topic": ORDERS.topic, "partition": ORDERS.number, "sourceNext": compared + 1}
    fake.jobs.answers["report"] = {"partitions": [row]}
    found = read(fake)
    fake.clock.advance(2.0)
    return found


def read(fake: FakeWorld) -> KeepingUp:
    found = observe(fake.world, unit(), [facts.KEEPING_UP])["keeping-up"]
    assert isinstance(found, KeepingUp), found
    return found


def test_a_unit_keeps_up_while_its_last_record_is_copied_and_compared(fake):
    assert [look(fake, LAST, LAST) for _ in range(2)] == [KeepingUp(0.0), KeepingUp(2.0)]


@pytest.mark.parametrize(("copied", "compared"), [(5, LAST), (LAST, 3), (5, 3)])
def test_what_is_late_is_named_with_how_far_copy_and_comparison_came(fake, copied, compared):
    assert look(fake, copied, compared) == KeepingUp(0.0, ORDERS, LAST, copied, compared, 0.0)
    assert look(fake, copied, compared) == KeepingUp(0.0, ORDERS, LAST, copied, compared, 2.0)


def test_a_comparison_that_has_not_reported_is_not_one_that_keeps_up(fake):
    look(fake, LAST, LAST)
    fake.jobs.answers["report"] = None
    found = read(fake)
    assert (found.late, found.compared) == (ORDERS, -1)


def test_what_was_late_before_the_switch_is_not_waited_for_on_the_way_back(fake):
    """The same partition has other offsets on the other side, lower ones where retention ran."""
    look(fake, 5, 5)
    back = unit(direction="reverse")
    name, topics = back.onward_connector, frozenset({"orders"})
    fake.target.present = {"orders": topic("orders")}
    fake.target.high, fake.target.data = {ORDERS: 3}, {ORDERS: 2}
    fake.reverse_connect.present = {name: Connector(name, "RUNNING", {}, {}, topics=topics)}
    fake.reverse_connect.stored = {name: {ORDERS: 2}}
    row = {"topic": ORDERS.topic, "partition": ORDERS.number, "sourceNext": 3}
    fake.jobs.answers["report"] = {"partitions": [row]}
    found = observe(fake.world, back, [facts.KEEPING_UP])["keeping-up"]
    assert found == KeepingUp(0.0)
