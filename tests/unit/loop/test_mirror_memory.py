"""What is remembered and read of mirrors: restarts, falling offsets, changes without an answer."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from tests.unit.loop.fake_world import MIGRATION_KEY, ORDERS, FakeWorld, migration

from kafka_migration.act import act
from kafka_migration.decide.context import MigrationContext
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.mirror_memory import HEALTHY_SECONDS, RestartLog
from kafka_migration.model import actions, facts
from kafka_migration.model.connect import OFFSET_RESET, Connector, Workers
from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.facts import Restarts
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import observe

BULK = "kmig-aaaaaaaa-bulk"
UNITS = "kmig-aaaaaaaa-unit-bbbbbbbb"
TOPICS = frozenset({"orders"})
PATCH = actions.AlterOffsets("forward", "m", ((ORDERS, 4),))


def read(fake: FakeWorld, fact, context: MigrationContext | None = None):
    return observe(fake.world, context or migration(), [fact])[fact.name]


def with_entries(*entries: Entry) -> MigrationContext:
    context = migration()
    return replace(context, journal=Journal((*context.journal.entries, *entries)))


def mirrored(fake: FakeWorld, copied: int | None, *, name: str = BULK, state: str = "RUNNING"):
    fake.connect.present = {name: Connector(name, state, {}, {}, topics=TOPICS)}
    fake.connect.stored = {name: {} if copied is None else {ORDERS: copied}}
    fake.source.high = {ORDERS: 20}
    fake.source.data = {ORDERS: 19}


def test_restarts_are_counted_until_the_mirror_was_well_for_long():
    log = RestartLog()
    log.note("m", 100.0)
    log.note("m", 110.0)
    assert log.look({"m": True}, 130.0) == {"m": Restarts(2, 20.0)}
    assert log.look({"m": False}, 140.0) == {"m": Restarts(2, 30.0)}
    assert log.look({"m": True}, 150.0 + HEALTHY_SECONDS) != {}
    assert log.look({"m": False}, 800.0) != {}
    assert log.look({"m": False}, 800.0 + HEALTHY_SECONDS) == {}


def test_a_restart_that_was_sent_counts_and_shows(fake):
    mirrored(fake, 5)
    act(fake.world, migration(), actions.RestartTasks("forward", BULK))
    fake.clock.advance(7.0)
    assert read(fake, facts.RESTARTS) == {BULK: Restarts(1, 7.0)}
    assert ("restart", BULK) in fake.connect.calls


def test_an_offset_that_falls_is_counted_look_by_look(fake):
    mirrored(fake, 9)
    assert read(fake, facts.COPY_BOUNDS).in_a_row == {}
    mirrored(fake, 8)
    assert read(fake, facts.COPY_BOUNDS).in_a_row == {ORDERS: 1}
    assert read(fake, facts.COPY_BOUNDS).in_a_row == {ORDERS: 2}
    mirrored(fake, None)
    assert read(fake, facts.COPY_BOUNDS).in_a_row == {ORDERS: 3}
    mirrored(fake, 9)
    assert read(fake, facts.COPY_BOUNDS).in_a_row == {}


def test_after_a_restart_the_journal_still_knows_how_far_a_copy_was(fake):
    mirrored(fake, 6)
    data = {"unit": "u", "offsets": {"orders": {"0": 7}}}
    context = with_entries(Entry(EntryKind.HAND_OVER_OFFSETS, 1, data))
    bounds = read(fake, facts.COPY_BOUNDS, context)
    assert (bounds.highest, bounds.in_a_row) == ({ORDERS: 7}, {ORDERS: 1})


def test_a_mirror_that_connect_does_not_list_has_not_fallen(fake):
    mirrored(fake, 9)
    read(fake, facts.COPY_BOUNDS)
    fake.connect.present = {}
    assert read(fake, facts.COPY_BOUNDS).in_a_row == {}


@pytest.mark.parametrize(("ended", "watched"), [(True, False), (False, True)])
def test_a_mirror_that_its_unit_stopped_is_not_watched(fake, ended, watched):
    """Its source may expire, or be written by the way back; before its first resume it counts."""
    mirrored(fake, 9, name=UNITS, state="STOPPED")
    begun = {"unit": "u", "receiver": UNITS, "topics": ["orders"]}
    entries = [Entry(EntryKind.HAND_OVER_BEGAN, 1, begun)]
    if ended:
        entries.append(Entry(EntryKind.HAND_OVER_DONE, 1, {"unit": "u"}))
    context = with_entries(*entries)
    assert bool(read(fake, facts.COPY_BOUNDS, context).copied) is watched
    read(fake, facts.LAG_SECONDS, context)
    fake.clock.advance(60.0)
    assert (read(fake, facts.LAG_SECONDS, context) > 0) is watched


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED"])
def test_a_lag_seen_before_a_unit_stopped_its_mirror_is_not_waited_for_afterwards(fake, state):
    """Under load some data is always ahead of the copy at the moment of a look."""
    done = (
        Entry(EntryKind.HAND_OVER_BEGAN, 1, {"unit": "u", "receiver": UNITS, "topics": ["orders"]}),
        Entry(EntryKind.HAND_OVER_DONE, 1, {"unit": "u"}),
    )
    context = with_entries(*done)
    mirrored(fake, 15, name=UNITS)
    read(fake, facts.LAG_SECONDS, context)
    mirrored(fake, 15, name=UNITS, state=state)
    fake.clock.advance(60.0)
    assert read(fake, facts.LAG_SECONDS, context) == (60.0 if state == "RUNNING" else 0.0)


def test_up_to_where_all_was_copied_nothing_can_be_missing(fake):
    mirrored(fake, 17)
    fake.source.data = {ORDERS: 17}  # two control records behind it
    read(fake, facts.LAG_SECONDS)
    assert read(fake, facts.COPY_BOUNDS).covered == {ORDERS: 20}


def test_the_lag_is_the_age_of_data_that_is_not_copied(fake):
    mirrored(fake, 5)
    assert read(fake, facts.LAG_SECONDS) == 0.0
    fake.clock.advance(30.0)
    assert read(fake, facts.LAG_SECONDS) == 30.0
    mirrored(fake, 19)
    assert read(fake, facts.LAG_SECONDS) == 0.0


def test_a_change_of_offsets_without_an_answer_may_still_come(fake, monkeypatch):
    def silent(*_):
        raise Unavailable(Reason.CONNECT_NOT_READY, "no answer")

    def refused(*_):
        raise Refused(Reason.INTERNAL_ERROR, "no")

    monkeypatch.setattr(fake.connect, "alter_offsets", refused)
    with pytest.raises(Refused):
        act(fake.world, migration(), PATCH)
    assert read(fake, facts.PATCH_QUIET_SECONDS) == inf
    monkeypatch.setattr(fake.connect, "alter_offsets", silent)
    with pytest.raises(Unavailable):
        act(fake.world, migration(), PATCH)
    fake.clock.advance(12.0)
    assert read(fake, facts.PATCH_QUIET_SECONDS) == 12.0


def test_a_configuration_without_an_answer_may_still_come(fake, monkeypatch):
    """Later it would list topics that were given away since (docs/adr/0009, 1)."""

    def silent(*_):
        raise Unavailable(Reason.CONNECT_NOT_READY, "no answer")

    monkeypatch.setattr(fake.connect, "configure", silent)
    with pytest.raises(Unavailable):
        act(fake.world, migration(), actions.ConfigureConnector("forward", BULK, ("orders",)))
    fake.clock.advance(12.0)
    assert read(fake, facts.PATCH_QUIET_SECONDS) == 12.0


@pytest.mark.parametrize(("ours", "quiet"), [(True, inf), (False, 12.0)])
def test_what_an_earlier_process_sent_counts_as_sent_at_takeover(fake, ours, quiet):
    context = with_entries(Entry(EntryKind.HAND_OVER_OFFSETS, 1, {"unit": "u", "offsets": {}}))
    if ours:
        fake.memory.for_key(MIGRATION_KEY, context.loaded.uid).recorded = {1}
    read(fake, facts.PATCH_QUIET_SECONDS, context)
    fake.clock.advance(12.0)
    assert read(fake, facts.PATCH_QUIET_SECONDS, context) == quiet


@pytest.mark.parametrize("shown", ["none", "earliest"])
def test_a_put_is_read_back_with_what_it_does_without_an_offset(fake, monkeypatch, shown):
    mirrored(fake, 5)
    told = replace(fake.connect.present[BULK], config={OFFSET_RESET: shown})
    monkeypatch.setattr(
        fake.connect, "configure", lambda *_: fake.connect.present.update({BULK: told})
    )
    action = actions.ConfigureConnector("forward", BULK, ("orders",), "none")
    if shown == "none":
        act(fake.world, migration(), action)
    else:
        with pytest.raises(Refused, match="look at Connect"):
            act(fake.world, migration(), action)


@pytest.mark.parametrize(
    ("disturb", "outdated"),
    [
        (lambda values: None, False),
        (lambda values: values.update({("platform", "mirror-source", "password"): "new"}), True),
        (lambda values: values.update({("platform", "target-ca", "ca.crt"): "new"}), True),
        (lambda values: values.pop(("platform", "kmig-aaaaaaaa-forward", "rest-password")), True),
    ],
    ids=["nothing", "password", "certificate", "the workers' own Secret"],
)
def test_workers_are_outdated_by_what_their_secrets_hold(fake, disturb, outdated):
    made = "pw-mirror-source CA target\n rest"
    fake.workers.answers["read"] = Workers(True, "image", 1, 1, None, "hash", made)
    disturb(fake.secrets.values)
    assert read(fake, facts.WORKERS).outdated is outdated
