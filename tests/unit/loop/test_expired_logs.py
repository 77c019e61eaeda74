"""A log that retention empties: only what was seen copied excuses it, also after a restart (5.5)."""

from __future__ import annotations

import pytest
from tests.unit.loop.expired_logs import (
    BOTH,
    KEPT,
    bounds_of,
    copied_and_kept,
    planted,
    rest,
    restart,
    wrong,
)
from tests.unit.loop.fake_world import MIGRATION_KEY, ORDERS, migration

from kafka_migration.decide.rules import copying
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import Unknown
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import observe


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
    planted(fake, 17, None, (20, 20))
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


def test_what_lies_above_an_open_transaction_was_not_seen_copied(fake):
    """Below LSO only: 18 and later are of a transaction that may still commit."""
    planted(fake, 17, 17, (0, 23))
    fake.source.stable = {ORDERS: 18}
    assert not wrong(fake)
    planted(fake, 17, None, (23, 23))
    fake.source.stable = {}
    assert wrong(fake)


def test_on_the_way_back_too_nothing_above_an_open_transaction_was_seen_copied(fake):
    name = "kmig-aaaaaaaa-reverse-bbbbbbbb"
    mirror = Connector(name, "RUNNING", {}, {}, topics=frozenset({"orders"}))
    fake.reverse_connect.present = {name: mirror}
    fake.reverse_connect.stored = {name: {ORDERS: 4}}
    fake.target.high, fake.target.stable = {ORDERS: 9}, {ORDERS: 6}
    fake.target.data = {ORDERS: 4}
    fake.store.answers["list_keys"] = []
    observe(fake.world, migration(), [facts.REVERSE_LAG_SECONDS])
    assert bounds_of(fake, facts.REVERSE_COPY_BOUNDS).covered == {ORDERS: 6}


@pytest.mark.parametrize(
    ("last", "log", "later"),
    [
        (19, (0, 25), (20, 20)),  # a visible record where none was: another log
        (None, (5, 12), (20, 20)),  # it ended before what was seen
    ],
)
def test_a_log_that_was_replaced_is_not_excused_by_what_the_one_before_showed(
    fake, last, log, later
):
    """An unclean election keeps the topic's id; what was kept is withdrawn, also from the next process."""
    copied_and_kept(fake)
    planted(fake, 17, last, log)
    wrong(fake)
    rest(fake)
    assert fake.register.copied["forward"] == {}
    for _ in range(2):
        planted(fake, 17, None, later)
        assert wrong(fake)
        restart(fake)


def test_a_shorter_log_is_not_excused_by_a_look_at_its_bounds_alone(fake):
    copied_and_kept(fake)
    planted(fake, 17, None, (19, 19))  # 18 was seen to be a control record of a log up to 20
    assert wrong(fake, facts.COPY_BOUNDS)


def test_what_no_memory_excuses_is_found_while_the_memory_is_damaged(fake):
    """C fell: whatever was kept, the mirror copies once more."""
    planted(fake, 17, 17, (0, 18))
    assert not wrong(fake)
    fake.memory.for_key(MIGRATION_KEY).covered["forward"]._kept = None
    fake.register.copied = {**KEPT, "forward": None}
    planted(fake, 9, 17, (0, 18))
    assert "fell from 17 to 9" in str(copying.faults(bounds_of(fake, facts.COPY_BOUNDS)))
    planted(fake, 17, None, (25, 25))
    found = observe(fake.world, migration(), [facts.COPY_BOUNDS])[facts.COPY_BOUNDS.name]
    assert isinstance(found, Unknown)
