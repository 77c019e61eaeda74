"""Seams, positions, windows, register and pause: small rules with sharp edges."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import before_entry
from tests.unit.decide.planted import acl, loaded

from kafka_migration.decide.rules import register
from kafka_migration.decide.rules.pause import pause_of
from kafka_migration.decide.rules.positions import lagging
from kafka_migration.decide.rules.seams import Seam, seams
from kafka_migration.decide.rules.windows import settle_seconds
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import UnitView
from kafka_migration.model.inventory import acl_json
from kafka_migration.model.kafka import Commit, Partition

P = Partition("orders", 0)
ENTRIES = {
    EntryKind.FENCED: {"F": {"orders": {"0": 10}}, "D": {"orders": {"0": 8}}},
    EntryKind.CAUGHT_UP: {"T": {"orders": {"0": 12}}},
    EntryKind.SWITCH: {},
    EntryKind.RESUMED: {},
}


def unit(*kinds: EntryKind, **data):
    body = loaded("WorkloadCutover", "orders", "writer", {})
    return UnitView(body, tuple(Entry(k, 1, ENTRIES[k] | data) for k in kinds))


@pytest.mark.parametrize(
    ("commit", "last", "behind"),
    [
        (10, 9, False),
        (9, 9, True),
        (9, 8, False),
        (0, None, False),
        (None, None, False),
        (None, 0, True),
        (0, 0, True),
    ],
)
def test_a_group_is_at_the_end_when_no_record_is_left_for_it(commit, last, behind):
    """Control records behind the last one do not count; a partition without records needs none."""
    commits = {} if commit is None else {P: Commit(commit)}
    assert lagging([P], commits, {P: Seam(10, last, 12)}) == ([P] if behind else [])


def test_a_partition_without_a_seam_is_never_at_its_end():
    assert lagging([P], {P: Commit(99)}, {}) == [P]


def test_a_seam_counts_once_its_unit_resumed_on_the_target():
    assert seams([unit(*ENTRIES)], "forward") == {P: Seam(10, 8, 12)}


@pytest.mark.parametrize("missing", [EntryKind.RESUMED, EntryKind.CAUGHT_UP])
def test_authority_that_may_still_turn_makes_no_seam(missing):
    assert seams([unit(*(k for k in ENTRIES if k is not missing))], "forward") == {}


def test_a_partition_without_a_record_has_a_seam_without_a_last_one():
    kinds = [k for k in ENTRIES if k is not EntryKind.FENCED]
    fenced = Entry(EntryKind.FENCED, 1, {"F": {"orders": {"0": 0}}, "D": {"orders": {"0": None}}})
    view = unit(*kinds)
    view = replace(view, entries=(fenced, *view.entries))
    assert seams([view], "forward") == {P: Seam(0, None, 12)}


def test_the_seam_is_that_of_the_attempt_that_moved():
    """An attempt that backed out leaves none."""
    moved = unit(*ENTRIES).entries
    old = Entry(EntryKind.FENCED, 1, {"F": {"orders": {"0": 5}}, "D": {"orders": {"0": 4}}})
    view = replace(unit(), entries=(old, *moved))
    assert seams([view], "forward") == {P: Seam(10, 8, 12)}


@pytest.mark.parametrize(
    ("propagation", "factor", "settings", "seconds"),
    [
        (0.01, 1, {}, 0.5),
        (1.0, 1, {}, 3.0),
        (1.0, 1, {"replica.lag.time.max.ms": "30000"}, 3.0),
        (1.0, 3, {"replica.lag.time.max.ms": "10000"}, 10.0),
        (5.0, 3, {"replica.lag.time.max.ms": "10000"}, 15.0),
        (1.0, 3, {}, 30.0),
        (1.0, 3, {"replica.lag.time.max.ms": None}, 30.0),
    ],
)
def test_the_settle_window_is_the_longest_that_applies(propagation, factor, settings, seconds):
    assert settle_seconds(propagation, factor, settings) == seconds


DENY = acl("writer", "WRITE", deny=True)


def document(state: str, side: str = "source"):
    return {"entries": [{"side": side, "acl": acl_json(DENY), "state": state}]}


@pytest.mark.parametrize("state", ["wanted", "held", "lifting", "lifted"])
def test_whatever_was_ever_registered_is_ours(state):
    assert register.ours(document(state), "source") == {DENY}
    assert register.ours(document(state), "target") == frozenset()


def test_entries_are_those_of_the_side_in_the_state():
    assert register.entries(document("held"), "source", ("held",)) == {DENY}
    assert register.entries(document("wanted"), "source", ("held",)) == frozenset()


def test_a_topic_that_the_register_does_not_name_is_the_sources():
    assert register.authority({}, "orders") == "source"
    assert register.authority({"authority": {"orders": "none"}}, "orders") == "none"


def test_the_shares_of_the_pause_add_up():
    context = before_entry("writer", EntryKind.RESUMED).context("writer")
    shares = pause_of(context)  # type: ignore[arg-type]
    parts = [shares[f"{p}Seconds"] for p in ("operator", "settle", "application")]
    assert sum(parts) == pytest.approx(shares["totalSeconds"], abs=0.01)
    assert all(part >= 0 for part in parts)
