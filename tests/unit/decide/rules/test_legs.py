"""Legs out of a journal: only an unvoided Switch entry moves authority and leaves a seam."""

from __future__ import annotations

from typing import Any

from kafka_migration.decide.rules import legs
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import Partition
from kafka_migration.model.sides import Direction

P = Partition("orders", 0)
ANCHORS = [("orders", 0, 5, 7)]


def leg(attempt: int, direction: Direction, fence: int, end: int, *more: EntryKind) -> list[Entry]:
    """Entries of a leg up to its Switch entry, and more of them."""
    vectors: dict[EntryKind, dict[str, Any]] = {
        EntryKind.FENCED: {"F": {"orders": {"0": fence}}, "D": {"orders": {"0": fence - 1}}},
        EntryKind.CAUGHT_UP: {"T": {"orders": {"0": end}}},
        EntryKind.SWITCH: {"topics": ["orders"]},
    }
    kinds = (EntryKind.DRAINING, *vectors, *more)
    return [Entry(k, attempt, vectors.get(k, {}), direction=direction) for k in kinds]


def test_a_journal_without_a_switch_is_the_sources():
    entries = leg(1, "forward", 10, 12)[:-1]
    assert legs.switched(entries) == ()
    assert legs.authority(entries) == "source"
    assert legs.follow_from(entries, ANCHORS) == {P: (5, 7)}


def test_a_switch_entry_that_was_voided_moves_nothing():
    entries = leg(1, "forward", 10, 12, EntryKind.BACK_OUT, EntryKind.BACKED_OUT)
    assert legs.switched(entries) == ()
    assert legs.authority(entries) == "source"
    moved = [*entries, *leg(2, "forward", 20, 22, EntryKind.RESUMED)]
    assert [found.attempt for found in legs.switched(moved)] == [2]


def test_a_voided_way_back_leaves_the_unit_on_the_target():
    there = leg(1, "forward", 10, 12, EntryKind.RESUMED)
    entries = [*there, *leg(1, "reverse", 30, 32, EntryKind.BACK_OUT)]
    assert legs.authority(entries) == "target"
    assert legs.follow_from(entries, ANCHORS) == {P: (12, 10)}


def test_comparing_goes_on_at_the_newest_seam_on_the_side_with_authority():
    entries = [*leg(1, "forward", 10, 12), *leg(1, "reverse", 30, 32)]
    assert legs.authority(entries) == "source"
    assert legs.follow_from(entries, ANCHORS) == {P: (32, 30)}
    newest = legs.newest(entries)
    assert newest is not None
    assert (newest.left, newest.entered, newest.resumed) == ("target", "source", False)


def test_a_unit_that_writes_nothing_has_legs_without_a_seam():
    entries = [Entry(EntryKind.SWITCH, 1, {"topics": []}), Entry(EntryKind.RESUMED, 1, {})]
    assert legs.authority(entries) == "target"
    assert legs.follow_from(entries, ANCHORS) == {}
