"""A mirror and its source log as values, and one look at them."""

from __future__ import annotations

from tests.unit.loop.fake_world import ORDERS, FakeWorld, migration

from kafka_migration.decide.rules import copying
from kafka_migration.memory import Memory
from kafka_migration.mirror_memory import RESTED_SECONDS
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import CopyBounds
from kafka_migration.observe import observe
from kafka_migration.recording import keep_copied

BULK = "kmig-aaaaaaaa-bulk"
BOTH = (facts.LAG_SECONDS, facts.COPY_BOUNDS)
KEPT = {"migration": "aaaaaaaa-1111", "forward": {"orders": {"0": "17 20"}}, "reverse": {}}


def planted(fake: FakeWorld, copied: int, last: int | None, log: tuple[int, int]) -> None:
    mirror = Connector(BULK, "RUNNING", {}, {}, topics=frozenset({"orders"}))
    fake.connect.present = {BULK: mirror}
    fake.connect.stored = {BULK: {ORDERS: copied}}
    fake.source.begin, fake.source.high = {ORDERS: log[0]}, {ORDERS: log[1]}
    fake.source.data = {ORDERS: last}


def wrong(fake: FakeWorld, *wanted) -> bool:
    """One look: the copy reads as wrong."""
    return bool(copying.faults(bounds_of(fake, *(wanted or BOTH))))


def bounds_of(fake: FakeWorld, *wanted) -> CopyBounds:
    """The last of these facts, read with the others."""
    bounds = observe(fake.world, migration(), wanted)[wanted[-1].name]
    assert isinstance(bounds, CopyBounds)
    return bounds


def rest(fake: FakeWorld, seconds: float = RESTED_SECONDS) -> None:
    fake.clock.advance(seconds)
    keep_copied(fake.world, migration())


def restart(fake: FakeWorld) -> None:
    fake.memory = Memory()


def copied_and_kept(fake: FakeWorld) -> None:
    """Records up to 17 are copied, 18 and 19 are control records."""
    planted(fake, 17, 17, (0, 20))
    assert not wrong(fake)
    rest(fake)
