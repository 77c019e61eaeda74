"""What of stored offsets is a fault, and when a mirror may run on `none`."""

from __future__ import annotations

import pytest

from kafka_migration.decide.rules.copying import (
    certain,
    denied_topics,
    faults,
    floors,
    offset_reset,
)
from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.facts import CopyBounds
from kafka_migration.model.kafka import Partition

P, Q = Partition("t", 0), Partition("t", 1)


@pytest.mark.parametrize(
    ("start", "copied", "end", "highest", "covered", "wrong"),
    [
        (0, 9, 10, {}, {}, False),
        (10, 9, 10, {}, {}, False),  # everything expired after it was copied
        (11, 9, 20, {}, {}, True),  # 10 was lost
        (0, 10, 10, {}, {}, True),  # the source has less than was copied
        (12, 9, 12, {}, {P: 12}, False),  # only control records expired
        (13, 9, 13, {}, {P: 12}, True),
        (0, 9, 10, {P: 9}, {}, False),
        (0, 8, 10, {P: 9}, {}, True),
        (0, None, 10, {P: 9}, {}, True),  # its offset is gone
        (0, None, 10, {}, {}, False),  # nothing was ever copied
        (None, 9, None, {}, {}, False),  # got after the freeze: named by its topic, not here
    ],
)
def test_a_copy_is_wrong(start, copied, end, highest, covered, wrong):
    def vector(value):
        return {} if value is None else {P: value}

    bounds = CopyBounds(vector(start), vector(copied), vector(end), highest, covered)
    assert bool(faults(bounds)) is wrong


def test_a_fault_is_certain_in_the_second_look():
    bounds = CopyBounds({P: 5}, {P: 1}, {P: 9}, in_a_row={P: 1})
    assert not certain(bounds)
    assert certain(CopyBounds({P: 5}, {P: 1}, {P: 9}, in_a_row={P: 2}))


@pytest.mark.parametrize(
    ("partitions", "stored", "reset"),
    [
        ((P, Q), {P: 1, Q: 0}, "none"),
        ((P, Q), {P: 1}, "earliest"),
        ((P,), {}, "earliest"),
        ((), {}, "earliest"),
    ],
)
def test_none_needs_every_partitions_offset(partitions, stored, reset):
    assert offset_reset(partitions, stored) == reset


def test_entries_give_floors_and_denied_topics():
    def offsets(value: int) -> Entry:
        data = {"unit": "u", "offsets": {"t": {"0": value}}}
        return Entry(EntryKind.HAND_OVER_OFFSETS, 1, data)

    denied = Entry(EntryKind.MIRROR_DENIED, 1, {"topics": ["t"], "why": {}})
    journal = Journal((offsets(7), offsets(5), denied))
    assert floors(journal) == {P: 7}
    assert denied_topics(journal) == {"t"}
