"""The index of offset syncs: what is kept, what a later sync voids, which are nearest."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_migration.adapters.kafka.rdkafka import Message
from kafka_migration.adapters.kafka.syncs import Index, Track, parsed
from kafka_migration.errors import Refused
from kafka_migration.model.kafka import Around, Partition, Sync

P = Partition("orders", 1)
LOWEST = Sync(0, 0)


def track(*pairs: tuple[int, int]) -> Track:
    made = Track()
    for pair in pairs:
        made.add(Sync(*pair))
    return made


def found(made: Track, offset: int, *, count: int = 9, **bounds) -> list[tuple[int, int]]:
    wanted = Around(
        offset,
        bounds.get("downstream", False),
        bounds.get("lowest", LOWEST),
        bounds.get("below"),
        count,
    )
    return [(s.upstream, s.downstream) for s in made.around(wanted)]


RISING = track((1, 2), (3, 5), (6, 9), (8, 12))


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(0, [(1, 2)]), (1, [(1, 2), (3, 5)]), (5, [(3, 5), (6, 9)]), (99, [(8, 12)])],
)
def test_the_nearest_ones_are_one_at_or_below_and_one_above(offset, expected):
    assert found(RISING, offset, count=1) == expected


def test_inverted_the_copys_offsets_are_compared():
    assert found(RISING, 9, count=1, downstream=True) == [(6, 9), (8, 12)]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"lowest": Sync(3, 5)}, [(3, 5), (6, 9), (8, 12)]),
        ({"lowest": Sync(3, 6)}, [(6, 9), (8, 12)]),
        ({"below": Sync(8, 13)}, [(1, 2), (3, 5), (6, 9)]),
        ({"below": Sync(9, 12)}, [(1, 2), (3, 5), (6, 9)]),
        ({"lowest": Sync(4, 4), "below": Sync(5, 5)}, []),
    ],
)
def test_bounds_hold_on_both_sides(bounds, expected):
    assert found(RISING, 5, **bounds) == expected


@pytest.mark.parametrize(
    ("later", "left"),
    [((7, 14), [(1, 2), (3, 5), (6, 9)]), ((20, 4), [(1, 2)]), ((0, 0), [])],
    ids=["sent again after an abort", "copies begin anew", "everything anew"],
)
def test_a_sync_that_goes_back_on_either_side_voids_those_behind_it(later, left):
    made = track((1, 2), (3, 5), (6, 9), (8, 12), later)
    assert found(made, 99, count=99) == [*left, later]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=40))
def test_both_offsets_always_rise_and_the_newest_sync_is_kept(pairs):
    kept = found(track(*pairs), 99, count=99)
    assert kept == sorted(kept)
    assert all(a < b and c < d for (a, c), (b, d) in pairwise(kept))
    assert kept[-1:] == pairs[-1:]


def test_at_the_limit_every_partition_keeps_half_and_its_newest():
    index = Index(kept=10)
    for number in range(11):
        index.add(P, Sync(number, number))
    assert [s[0] for s in found(index.tracks[P], 99, count=99)] == [0, 2, 4, 6, 8, 10]
    assert index.size == 6


def test_the_size_is_that_of_what_is_kept():
    index = Index()
    for number in (5, 6, 7, 3):
        index.add(P, Sync(number, number))
    assert index.size == 1


def record(key: bytes | None, value: bytes | None) -> Message:
    return Message(topic="syncs", partition=0, offset=7, key=key, value=value)


KEY = struct.pack(">h", 6) + b"orders" + struct.pack(">i", 1)
VALUE = struct.pack(">qq", 10, 12)


def test_a_sync_is_read_as_mirrormaker_writes_it():
    assert parsed(record(KEY, VALUE)) == (P, Sync(10, 12))


@pytest.mark.parametrize(
    ("key", "value"),
    [(None, None), (KEY, None), (KEY, VALUE + b"x"), (KEY + b"x", VALUE), (b"\xff" * 9, VALUE)],
)
def test_anything_else_in_the_topic_is_refused(key, value):
    with pytest.raises(Refused, match="record 7 of syncs is no offset sync"):
        parsed(record(key, value))
