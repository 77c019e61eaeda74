"""Segments of a partition's map: where authority passed, and which entries say so."""

from __future__ import annotations

from typing import Any

import pytest

from kafka_migration.decide.rules.segments import (
    Seam,
    broken,
    chain,
    seams,
    seams_of,
    segment_at,
    turning,
)
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import Partition
from kafka_migration.model.positions import Pair, Segment
from kafka_migration.model.sides import Direction

K = EntryKind
P = Partition("orders", 0)


def leg(
    attempt: int, left: int, entered: int, *, back: bool = False, kinds: str = ""
) -> list[Entry]:
    """A leg's entries; `back` = from target to source."""
    data: dict[EntryKind, dict[str, Any]] = {
        K.FENCING: {},
        K.FENCED: {"F": {"orders": {"0": left}}, "D": {"orders": {"0": None}}},
        K.CAUGHT_UP: {"T": {"orders": {"0": entered}}},
        K.SWITCH: {},
        K.RESUMED: {},
        K.BACK_OUT: {},
        K.BACKED_OUT: {},
    }
    wanted = kinds.split() or ["Fencing", "Fenced", "CaughtUp", "Switch", "Resumed"]
    way: Direction = "reverse" if back else "forward"
    return [Entry(K(kind), attempt, data[K(kind)], direction=way) for kind in wanted]


def test_a_leg_that_switched_leaves_f_where_it_left_and_t_where_it_entered():
    assert seams(leg(1, 10, 12)) == ({P: Seam(Pair(10, 12), "target")},)


def test_on_the_way_back_f_counts_on_the_target():
    there_and_back = [*leg(1, 10, 12), *leg(1, 20, 17, back=True)]
    assert [s[P] for s in seams(there_and_back)] == [
        Seam(Pair(10, 12), "target"),
        Seam(Pair(17, 20), "source"),
    ]


@pytest.mark.parametrize(
    "kinds",
    ["Fencing Fenced CaughtUp", "Fencing Fenced BackOut BackedOut"],
)
def test_an_attempt_without_a_switch_leaves_no_seam(kinds):
    assert seams(leg(1, 10, 12, kinds=kinds)) == ()


def test_a_switch_that_was_voided_leaves_no_seam_and_the_next_attempt_its_own():
    voided = leg(1, 10, 12, kinds="Fencing Fenced CaughtUp Switch BackOut BackedOut")
    assert seams(voided) == ()
    assert [s[P] for s in seams([*voided, *leg(2, 14, 19)])] == [Seam(Pair(14, 19), "target")]


def test_a_back_out_takes_back_only_the_leg_that_it_ends():
    moved, failed = leg(1, 10, 12), leg(1, 20, 17, back=True, kinds="Fencing Fenced BackOut")
    assert [s[P] for s in seams([*moved, *failed])] == [Seam(Pair(10, 12), "target")]


def test_a_leg_that_writes_nothing_leaves_nothing():
    assert seams(leg(1, 0, 0, kinds="Switch Resumed")) == ({},)


def test_what_a_leg_measured_tells_its_seam_before_it_switches():
    assert seams_of({P: 10}, {P: 12}, "forward") == {P: Seam(Pair(10, 12), "target")}
    assert seams_of({P: 20}, {P: 17}, "reverse") == {P: Seam(Pair(17, 20), "source")}
    assert seams_of({P: 10}, {}, "forward") == {}


FIRST = Segment("source", Pair(0, 0), Pair(10, 12))
SECOND = Segment("target", Pair(10, 12), Pair(17, 20))
LIVE = Segment("source", Pair(17, 20), None)
CHAIN = (FIRST, SECOND, LIVE)
SEAMS = (Seam(Pair(10, 12), "target"), Seam(Pair(17, 20), "source"))


def test_segments_join_at_seams_and_the_last_one_is_live():
    assert chain(SEAMS) == CHAIN
    assert chain(()) == (Segment("source", Pair(0, 0), None),)


@pytest.mark.parametrize(
    ("side", "offset", "expected"),
    [
        ("source", 0, FIRST),
        ("source", 9, FIRST),
        ("source", 10, SECOND),
        ("target", 12, SECOND),
        ("target", 11, FIRST),
        ("target", 19, SECOND),
        ("source", 99, LIVE),
    ],
)
def test_an_offset_lies_in_one_segment_and_at_an_end_in_the_next(side, offset, expected):
    assert segment_at(CHAIN, side, offset) == expected


def test_an_empty_stretch_is_passed_to_the_newest_segment_that_starts_there():
    at_once = chain((*SEAMS, Seam(Pair(17, 20), "target")))
    assert segment_at(at_once, "source", 17) == Segment("target", Pair(17, 20), None)


@pytest.mark.parametrize(
    ("found", "is_broken"),
    [
        (SEAMS, False),
        ((), False),
        ((SEAMS[1],), True),
        ((SEAMS[0], SEAMS[0]), True),
        ((SEAMS[0], Seam(Pair(9, 20), "source")), True),
        ((SEAMS[0], Seam(Pair(17, 11), "source")), True),
    ],
    ids=["alternating", "none", "back first", "twice the same way", "source back", "target back"],
)
def test_a_map_that_cannot_be_is_told(found, is_broken):
    assert broken(chain(found)) is is_broken


@pytest.mark.parametrize(
    ("kinds", "inside"),
    [
        ("Fencing", True),
        ("Fencing Fenced CaughtUp Switch", True),
        ("Fencing Fenced BackOut", True),
        ("Fencing Fenced CaughtUp Switch Resumed", False),
        ("Fencing BackOut BackedOut", False),
        ("Switch", False),
    ],
)
def test_an_owner_turns_from_its_fence_to_the_end_of_resume_or_back_out(kinds, inside):
    assert turning(leg(1, 1, 1, kinds=kinds)) is inside


def test_a_pair_is_covered_only_with_both_ends_inside():
    inside = [(10, 12), (16, 19)]
    outside = [(9, 12), (10, 11), (17, 19), (16, 20)]
    assert all(SECOND.covers(Pair(*pair)) for pair in inside)
    assert not any(SECOND.covers(Pair(*pair)) for pair in outside)
