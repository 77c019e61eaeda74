"""A log that retention empties: only what was seen copied excuses it, also after a restart (5.5)."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.loop.fake_world import MIGRATION_KEY, ORDERS, FakeWorld, migration, unit

from kafka_migration import reconcile
from kafka_migration.decide.decision import Decision
from kafka_migration.decide.rules import copying
from kafka_migration.errors import Unavailable
from kafka_migration.memory import Memory
from kafka_migration.mirror_memory import MOST_KEPT, RESTED_SECONDS, Coverage
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import CopyBounds, Unknown
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason
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


def test_control_records_that_expired_are_no_gap_after_a_restart(fake):
    copied_and_kept(fake)
    assert fake.register.copied == KEPT
    planted(fake, 17, None, (20, 20))
    assert not wrong(fake)
    restart(fake)
    assert not wrong(fake)


def test_control_records_that_came_and_expired_after_a_restart_are_none_either(fake):
    copied_and_kept(fake)
    restart(fake)
    planted(fake, 17, None, (20, 25))
    assert not wrong(fake)
    planted(fake, 17, None, (25, 25))
    assert not wrong(fake)
    rest(fake)
    restart(fake)
    assert not wrong(fake)


def test_a_log_that_lost_what_was_not_copied_does_not_excuse_itself(fake):
    planted(fake, 9, 17, (0, 20))
    assert not wrong(fake)
    planted(fake, 9, None, (20, 20))
    for _ in range(3):
        assert wrong(fake)


@pytest.mark.parametrize(
    ("copied", "log"),
    [
        (17, (23, 23)),  # 20 and later were never seen copied
        (12, (20, 20)),  # C fell since: it says nothing of what lies behind 12
        (21, (24, 24)),
    ],
)
def test_what_was_kept_excuses_no_more_than_was_seen(fake, copied, log):
    copied_and_kept(fake)
    restart(fake)
    planted(fake, copied, None, log)
    for _ in range(3):
        assert wrong(fake)


def test_what_expires_while_it_is_looked_at_is_not_taken_for_copied(fake):
    """The last record is looked for in an empty log whose start was read before it was emptied."""
    planted(fake, 9, None, (0, 20))
    fake.source.last_data = lambda below: fake.source.begin.update({ORDERS: 20}) or {ORDERS: None}
    assert wrong(fake)


def test_what_another_migration_of_the_same_name_kept_is_not_believed(fake):
    fake.register.copied = {**KEPT, "migration": "cccccccc-3333"}
    planted(fake, 17, None, (20, 20))
    assert wrong(fake)


@pytest.mark.parametrize(
    "damage", [{"forward": {"orders": {"0": "17"}}}, {"forward": None}, {"reverse": {"t": []}}]
)
def test_a_damaged_memory_is_unknown_and_not_overwritten(fake, damage):
    fake.register.copied = {**KEPT, **damage}
    planted(fake, 17, 17, (0, 20))
    read = observe(fake.world, migration(), BOTH)
    for fact in BOTH:
        found = read[fact.name]
        assert isinstance(found, Unknown)
        assert (found.reason, found.refused) == (Reason.STATUS_LOST, True)
        assert "restore it" in found.message
    rest(fake)
    assert fake.register.copied == {**KEPT, **damage}


def test_what_came_back_from_the_target_is_kept_too(fake):
    name = "kmig-aaaaaaaa-reverse-bbbbbbbb"
    mirror = Connector(name, "RUNNING", {}, {}, topics=frozenset({"orders"}))
    fake.reverse_connect.present = {name: mirror}
    fake.reverse_connect.stored = {name: {ORDERS: 4}}
    fake.target.high, fake.target.data = {ORDERS: 6}, {ORDERS: 4}
    fake.store.answers["list_keys"] = []
    observe(fake.world, migration(), [facts.REVERSE_LAG_SECONDS])
    rest(fake)
    assert fake.register.copied["reverse"] == {"orders": {"0": "4 6"}}
    fake.target.begin, fake.target.data = {ORDERS: 6}, {ORDERS: None}
    restart(fake)
    assert bounds_of(fake, facts.REVERSE_COPY_BOUNDS).covered == {ORDERS: 6}
    fake.target.begin = fake.target.high = {ORDERS: 9}  # what came since was lost
    bounds = bounds_of(fake, facts.REVERSE_LAG_SECONDS, facts.REVERSE_COPY_BOUNDS)
    assert copying.faults(bounds, "target")


# ---- how often it is written


def test_nothing_is_written_for_a_partition_before_it_rests_and_none_again(fake, monkeypatch):
    planted(fake, 17, 17, (0, 20))
    wrong(fake)
    rest(fake, RESTED_SECONDS - 1)
    planted(fake, 20, 20, (0, 22))
    wrong(fake)
    rest(fake, RESTED_SECONDS - 1)
    assert fake.register.copied == {}
    rest(fake, 1.0)
    assert fake.register.copied["forward"] == {"orders": {"0": "20 22"}}
    monkeypatch.setattr(fake.register, "write", None)
    wrong(fake)
    rest(fake)
    restart(fake)
    wrong(fake)
    rest(fake)


def test_nothing_is_kept_where_c_says_it_all(fake):
    planted(fake, 19, 19, (0, 20))
    wrong(fake)
    rest(fake)
    assert fake.register.copied == {}


def test_it_is_written_under_the_lease_and_by_the_migration_only(fake):
    planted(fake, 17, 17, (0, 20))
    wrong(fake)
    fake.clock.advance(RESTED_SECONDS)
    keep_copied(fake.world, unit())
    fake.lease.held = False
    with pytest.raises(Unavailable):
        keep_copied(fake.world, migration())
    assert fake.register.copied == {}


def test_a_tick_keeps_it_after_all_else(fake, monkeypatch):
    app: Any = SimpleNamespace(world=lambda: fake.world, related=lambda _: ())
    fake.store.answers["load"] = migration().loaded
    monkeypatch.setattr(reconcile, "release", lambda *_: None)
    monkeypatch.setattr(reconcile, "migration_context", lambda *_, **__: migration())
    monkeypatch.setattr(reconcile, "_decide", lambda _, context: (context, Decision(status={})))
    monkeypatch.setattr(reconcile, "_carry_out", lambda *_: wrong(fake) or 7.0)
    planted(fake, 17, 17, (0, 20))
    assert reconcile.tick(app, MIGRATION_KEY) == 7.0
    fake.clock.advance(RESTED_SECONDS)
    assert fake.register.copied == {}
    assert reconcile.tick(app, MIGRATION_KEY) == 7.0
    assert fake.register.copied == KEPT


def test_of_very_many_partitions_those_are_kept_that_rest_for_the_longest():
    coverage = Coverage()
    coverage.recall({})
    for number in range(MOST_KEPT + 1):
        partition = Partition("t", number)
        coverage.cover({partition: 3}, {partition: 5}, float(-number))
    kept = coverage.to_keep()
    assert len(kept) == MOST_KEPT
    assert Partition("t", 0) not in kept
    coverage.keeps(kept)
    assert not coverage.rests(RESTED_SECONDS)


# ---- any history


class History:
    """A log of data ("d") and control ("c") records, its mirror, and the operator looking on."""

    def __init__(self) -> None:
        self.fake, self.log, self.start, self.copied = FakeWorld(), "d", 0, 0
        self.seen = self.kept = (0, 1)  # C, and the end below which all was seen copied

    def data(self) -> list[int]:
        """Data records that are still there."""
        return [at for at, kind in enumerate(self.log) if kind == "d" and at >= self.start]

    @property
    def lost(self) -> bool:
        return any(kind == "d" for kind in self.log[self.copied + 1 : self.start])

    def append(self, kind: str) -> None:
        self.log += kind

    def copy(self) -> None:
        """The next record; a mirror that lost its place stands still."""
        left = [at for at in self.data() if at > self.copied]
        if left and not self.lost:
            self.copied = left[0]

    def expire(self, records: int) -> None:
        self.start = min(self.start + records, len(self.log))

    def restart(self) -> None:
        restart(self.fake)
        self.seen = self.kept

    def look(self, *wanted) -> None:
        planted(self.fake, self.copied, max(self.data(), default=None), (self.start, len(self.log)))
        if facts.LAG_SECONDS in wanted and not self.lost:
            whole = all(at <= self.copied for at in self.data())
            known = self.start <= max(self.copied + 1, self.seen_to())
            self.seen = (self.copied, len(self.log)) if whole and known else self.seen
        found = wrong(self.fake, *wanted)
        if self.lost:
            assert found
        elif self.start <= max(self.copied + 1, self.seen_to()):
            assert not found
        if facts.LAG_SECONDS in wanted:
            rest(self.fake)
            self.kept = self.seen

    def seen_to(self) -> int:
        return self.seen[1] if self.seen[0] == self.copied else 0


STEPS: dict[str, Callable[[History], None]] = {
    "data": lambda h: h.append("d"),
    "control": lambda h: h.append("c"),
    "copy": History.copy,
    "expire": lambda h: h.expire(1),
    "empty": lambda h: h.expire(1000),
    "restart": History.restart,
    "bounds": lambda h: h.look(facts.COPY_BOUNDS),
    "both": lambda h: h.look(*BOTH),
}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=25))
def test_a_lost_record_is_always_found_and_what_was_seen_copied_never(steps: list[str]):
    history = History()
    for step in steps:
        STEPS[step](history)
    history.look(*BOTH)
