"""T(c) by example: what each kind of log makes of a committed offset."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafka_migration.decide.rules.translation import (
    Pending,
    Refused,
    Translated,
    Unanchored,
    translate,
)
from kafka_migration.model.positions import Anchor, Grade, Log, Pair, Position, Segment
from kafka_migration.model.reasons import Reason


def log(*data: int, end: int, start: int = 0, compacted: bool = False) -> Log:
    return Log(start, end, end, data, 0, end, compacted)


HERE = log(0, 1, 2, 3, 4, 5, end=6)
THERE = log(0, 1, 3, 4, 6, 7, end=9)  # markers at 2, 5 and 8
SYNC = Anchor(2, 3, synced=True)
CLOSED = Segment("source", Pair(0, 0), Pair(6, 9))
LIVE = Segment("source", Pair(0, 0), None)
START = Anchor(0, 0, synced=False)
END = Anchor(6, 9, synced=False)


def at(commit: int, *anchors: Anchor, segment: Segment = LIVE, **changes) -> Position:
    return replace(Position(commit, segment, "source", (START, *anchors), HERE, THERE), **changes)


@pytest.mark.parametrize(("commit", "offset"), [(0, 0), (1, 1), (2, 3), (3, 4), (5, 7), (6, 9)])
def test_records_are_counted_across_markers(commit, offset):
    assert translate(at(commit, SYNC)) == Translated(offset)


@pytest.mark.parametrize(("commit", "offset"), [(0, 0), (2, 2), (3, 2), (4, 3), (6, 4), (9, 6)])
def test_on_the_way_back_the_same_anchors_are_read_inverted(commit, offset):
    inverted = Position(commit, LIVE, "target", (START, Anchor(3, 2, True)), THERE, HERE)
    assert translate(inverted) == Translated(offset)


def test_a_sync_whose_copy_was_aborted_is_no_anchor():
    """Its offset is never visible: counting from it would begin too early (or, inverted, late)."""
    there = log(0, 1, 6, 7, 9, 10, end=12)  # 3 and 4 were copied, aborted, and copied again
    false = Anchor(3, 3, synced=True)
    assert translate(at(5, false, there=there)) == Translated(10)
    assert translate(at(4, Anchor(3, 7, True), there=there)) == Translated(9)


def test_a_sync_of_an_earlier_life_of_the_partition_is_no_anchor():
    """It lies outside the segment on one side."""
    later = Segment("source", Pair(2, 3), None)
    old = Anchor(4, 1, synced=True)
    assert translate(at(5, Anchor(2, 3, False), old, segment=later)) == Translated(7)


def test_copies_that_are_still_to_come_are_waited_for():
    behind = log(0, 1, end=3)
    why = "2 records before it are not copied yet"
    assert translate(at(4, there=behind)) == Pending(Reason.LAG_TOO_HIGH, why)
    assert translate(at(2, there=behind)) == Translated(3)


def test_a_closed_stretch_whose_copies_do_not_come_is_not_waited_for():
    """T(c) is then the anchor: what follows it is read again."""
    answer = translate(at(4, segment=CLOSED, there=log(0, 1, end=9)))
    assert answer == Translated(0, Grade.SAFE, 2)


def test_without_an_anchor_near_enough_more_is_asked_for():
    narrow = Log(0, 6, 6, (4, 5), 4, 6, False)
    assert isinstance(translate(at(5, here=narrow)), Unanchored)


def test_what_retention_took_on_the_entering_side_only_is_refused():
    """The group still has records to read here that are gone there."""
    short = replace(THERE, start=6, data=(6, 7))
    answer = translate(at(2, END, segment=CLOSED, there=short))
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.CONTENT_UNVERIFIABLE


def test_what_retention_took_on_both_sides_is_counted_from_above():
    here, there = replace(HERE, start=4, data=(4, 5)), replace(THERE, start=6, data=(6, 7))
    assert translate(at(5, END, segment=CLOSED, here=here, there=there)) == Translated(7)


@pytest.mark.parametrize(
    "there",
    [Log(0, 9, 9, (0, 1, 3, 4), 0, 5, False), Log(0, 9, 9, (6, 7), 6, 9, False)],
    ids=["not up to the end", "not far enough down"],
)
def test_counting_back_needs_every_record_down_to_the_answer(there):
    position = replace(at(2, segment=CLOSED), anchors=(END,), there=there)
    assert isinstance(translate(position), Unanchored)


def test_counting_back_ends_at_the_segments_start():
    """Two copies are missing; those of the segment before must not be counted for them."""
    later = Segment("source", Pair(2, 3), Pair(6, 9))
    here, there = replace(HERE, start=3, data=(3, 4, 5)), replace(THERE, data=(0, 1, 6, 7))
    anchors = (Anchor(2, 3, synced=False), END)
    position = replace(at(3, segment=later), anchors=anchors, here=here, there=there)
    assert translate(position) == Translated(6, Grade.SAFE, 2)


def test_compaction_leaves_a_floor_between_the_syncs_around():
    """Copy 4 is gone: the count no longer says which record 6 is."""
    there = replace(THERE, data=(0, 1, 3, 6, 7), compacted=True)
    around = (SYNC, Anchor(5, 7, synced=True))
    assert translate(at(4, *around, there=there)) == Translated(6, Grade.SAFE_COMPACTED, 1)


def test_compaction_that_took_nothing_in_between_leaves_it_exact():
    around = (SYNC, Anchor(5, 7, synced=True))
    assert translate(at(4, *around, there=replace(THERE, compacted=True))) == Translated(6)


def test_equal_counts_prove_nothing_if_compaction_took_records_of_the_original_too():
    """The original lost 3, the copy 6, which is the copy of 4."""
    here = replace(HERE, data=(0, 1, 2, 4, 5), compacted=True)
    there = replace(THERE, data=(0, 1, 3, 4, 7), compacted=True)
    answer = translate(at(4, SYNC, Anchor(5, 7, synced=True), here=here, there=there))
    assert answer == Translated(4, Grade.SAFE_COMPACTED, 1)


def test_on_the_way_back_it_is_the_original_that_must_be_without_a_gap():
    around = (START, Anchor(3, 2, synced=True), Anchor(7, 5, synced=True))
    there = replace(HERE, compacted=True)
    assert translate(Position(6, LIVE, "target", around, THERE, there)) == Translated(4)


def test_a_compacted_copy_without_a_sync_above_may_still_be_on_its_way():
    assert isinstance(translate(at(4, SYNC, there=replace(THERE, compacted=True))), Pending)


@pytest.mark.parametrize(
    "narrow",
    [
        {"segment": CLOSED, "there": Log(0, 9, 9, (0, 1, 3, 4), 0, 5, True)},
        {"here": Log(0, 6, 6, (4, 5), 4, 6, True), "there": replace(THERE, compacted=True)},
    ],
    ids=["what would be read again", "what may not be copied"],
)
def test_a_floor_needs_every_record_up_to_the_next_anchor(narrow):
    assert isinstance(translate(at(5, SYNC, **narrow)), Unanchored)


def test_a_commit_at_the_record_of_a_sync_needs_no_count():
    there = replace(THERE, compacted=True)
    assert translate(at(2, SYNC, there=there)) == Translated(3)


def test_a_commit_beyond_the_end_names_what_happened():
    answer = translate(at(7))
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.OFFSET_CONFLICT
