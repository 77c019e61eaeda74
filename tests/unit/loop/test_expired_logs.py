"""A log that retention empties: it never excuses itself (5.5)."""

from __future__ import annotations

from tests.unit.loop.fake_world import FakeWorld
from tests.unit.loop.small_objects import ORDERS, migration

from kafka_migration.decide.rules import copying
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import CopyBounds
from kafka_migration.observe import observe

BULK = "kmig-aaaaaaaa-bulk"


def planted(fake: FakeWorld, copied: int, last: int | None, log: tuple[int, int]) -> None:
    mirror = Connector(BULK, "RUNNING", {}, {}, topics=frozenset({"orders"}))
    fake.connect.present = {BULK: mirror}
    fake.connect.stored = {BULK: {ORDERS: copied}}
    fake.source.begin, fake.source.high = {ORDERS: log[0]}, {ORDERS: log[1]}
    fake.source.data = {ORDERS: last}


def look(fake: FakeWorld, *wanted) -> bool:
    """True if the copy reads as wrong."""
    read = observe(fake.world, migration(), wanted or (facts.COPY_BOUNDS, facts.LAG_SECONDS))
    bounds = read[facts.COPY_BOUNDS.name]
    assert isinstance(bounds, CopyBounds)
    return bool(copying.faults(bounds))


def test_a_log_that_lost_what_was_not_copied_does_not_excuse_itself(fake):
    planted(fake, 9, 17, (0, 20))
    assert not look(fake)
    planted(fake, 9, None, (20, 20))
    for _ in range(3):
        assert look(fake, facts.LAG_SECONDS, facts.COPY_BOUNDS)
