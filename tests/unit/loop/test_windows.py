"""How long ends have stood still and a mirror has kept up: looks that failed do not count.

A settle window never begins before the last write is known to have been refused.
"""

from __future__ import annotations

import pytest
from tests.unit.loop.fake_world import ORDERS, UNIT_KEY, FakeWorld, migration, read, topic, unit

from kafka_migration.act import act
from kafka_migration.errors import Unavailable
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import Facts, Unknown
from kafka_migration.model.kafka import Acl, PatternType, Permission, ProbeResult, ResourceType
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import observe

TOPIC, LITERAL = ResourceType.TOPIC, PatternType.LITERAL


def test_the_lag_streak_grows_while_snapshots_are_covered_in_time(fake):
    """Copied means at or beyond the last data record of the snapshot."""
    name = "kmig-aaaaaaaa-bulk"
    orders = frozenset({"orders"})
    fake.connect.present = {name: Connector(name, "RUNNING", {}, {}, topics=orders)}
    fake.source.high = {ORDERS: 9}

    def look(data: int, copied: int) -> float:
        fake.source.data = {ORDERS: data}
        fake.connect.stored = {name: {ORDERS: copied}}
        value: float = read(fake, migration(), facts.WITHIN_LAG_SECONDS)["within-lag-seconds"]
        fake.clock.advance(2.0)
        return value

    assert look(8, 5) == 0.0  # snapshot of 8 at 0 s
    assert look(12, 8) == 2.0  # covered after 2 s; snapshot of 12
    assert look(20, 9) == 4.0  # 2 s old, still allowed
    assert look(20, 10) == 6.0
    assert look(20, 11) == 0.0  # older than 5 s: broken
    assert fake.memory.for_key(migration().loaded.key).lag_seconds == 6.0
    assert look(20, 20) == 0.0  # everything copied: a streak begins
    assert look(20, 20) == 2.0
    assert fake.memory.for_key(migration().loaded.key).lag_seconds == 0.0


def test_the_leaving_ends_are_watched_from_the_first_look_of_the_step(fake):
    fake.source.present = {"orders": topic("orders")}
    context = unit()

    def look(high: int, stable: int | None = None):
        fake.source.high = {ORDERS: high}
        fake.source.stable = {} if stable is None else {ORDERS: stable}
        value = read(fake, context, facts.LEAVING_ENDS)["leaving-ends"]
        fake.clock.advance(1.0)
        return value

    look(10)
    second = look(10)
    assert (second.unchanged_seconds, second.stable_seconds, second.moved) == (1.0, 1.0, ())
    third = look(11)
    assert (third.unchanged_seconds, third.stable_seconds) == (0.0, 0.0)
    assert third.moved == (ORDERS,)
    fourth = look(11, 10)  # an open transaction
    assert (fourth.unchanged_seconds, fourth.stable_seconds) == (1.0, 0.0)
    fake.memory.for_key(UNIT_KEY).reset_step("Fence")
    assert look(11).moved == ()


def test_a_look_that_failed_breaks_the_window(fake):
    """What was not seen is not known to have been still."""
    fake.source.present = {"orders": topic("orders")}
    fake.source.high = {ORDERS: 10}
    read(fake, unit(), facts.LEAVING_ENDS)
    fake.clock.advance(1.0)
    fake.source.fault = Unavailable(Reason.UNREACHABLE, "no answer")
    assert isinstance(read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"], Unknown)
    fake.source.fault = None
    fake.clock.advance(1.0)
    assert read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"].stable_seconds == 0.0


@pytest.mark.parametrize("change", ["denied", "accepted"])
def test_the_window_begins_when_the_last_write_was_refused(fake, change):
    """Ends that stood still before the fence say nothing of a write under way through it."""
    fake.source.present = {"orders": topic("orders")}
    fake.source.high = {ORDERS: 10}
    read(fake, unit(), facts.LEAVING_ENDS)
    fake.clock.advance(3.0)
    if change == "denied":
        deny = Acl(TOPIC, "orders", LITERAL, "User:app", "*", "WRITE", Permission.DENY)
        act(fake.world, unit(), HoldDenies("source", (deny,)))
    else:
        fake.source.probed = ProbeResult.ALLOWED
        read(fake, unit(), facts.LEAVING_PROBES)
    fake.clock.advance(1.0)
    assert read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"].stable_seconds == 0.0
    fake.clock.advance(1.0)
    assert read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"].stable_seconds == 1.0


def test_too_few_replicas_in_sync_are_named_and_not_stable(fake):
    fake.source.present = {"orders": topic("orders", in_sync=1, needed=2)}
    fake.source.high = {ORDERS: 10}
    read(fake, unit(), facts.LEAVING_ENDS)
    fake.clock.advance(1.0)
    settled = read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"]
    assert settled.under_replicated == (ORDERS,)
    assert (settled.unchanged_seconds, settled.stable_seconds) == (1.0, 0.0)


def test_replicas_that_cannot_be_read_are_unknown_and_not_fine(fake):
    fake.source.high = {ORDERS: 10}
    found = read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"]
    assert isinstance(found, Unknown)


def stable_seconds(fake: FakeWorld) -> float:
    read = Facts(observe(fake.world, unit(), [facts.LEAVING_ENDS]))
    return read[facts.LEAVING_ENDS].stable_seconds


@pytest.mark.parametrize("missing", ["answer", "secret"])
def test_a_probe_without_an_answer_breaks_the_window(fake, monkeypatch, missing):
    """What is not known to be refused may be under way; only refused by all counts (3.5)."""

    def no_answer(*_):
        raise Unavailable(Reason.UNREACHABLE, "no answer")

    fake.source.present = {"orders": topic("orders")}
    fake.source.high = {ORDERS: 10}
    stable_seconds(fake)
    fake.clock.advance(3.0)
    with monkeypatch.context() as broken:
        if missing == "answer":
            broken.setattr(fake.source, "probe_writes", no_answer)
        else:
            broken.setattr(fake.secrets, "value", no_answer)
        found = observe(fake.world, unit(), [facts.LEAVING_PROBES])["leaving-probes"]
    assert isinstance(found, Unknown)
    fake.clock.advance(1.0)
    assert stable_seconds(fake) == 0.0
    fake.clock.advance(1.0)
    assert stable_seconds(fake) == 1.0
