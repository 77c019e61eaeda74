"""The list of a range's records, against a log model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_migration.adapters.kafka.records import Listing
from kafka_migration.model.kafka import Span


def run(listing: Listing, visible: list[int], stable: int) -> Listing:
    """Deliver as the consumer would: records from `low` on, then the end."""
    for offset in (o for o in visible if listing.low <= o < stable):
        if listing.read:
            return listing
        listing.see(offset, offset + 1)
    if not listing.read:
        listing.see(None, stable)
    return listing


@given(
    offsets=st.sets(st.integers(0, 60), max_size=40),
    bounds=st.tuples(*[st.integers(0, 60)] * 4),
    to_the_end=st.booleans(),
    limit=st.integers(1, 10),
)
def test_every_record_up_to_where_it_is_complete_is_listed(offsets, bounds, to_the_end, limit):
    start, stable, low, high = bounds
    visible = sorted(o for o in offsets if o >= start)
    span = Span(low, None if to_the_end else high)
    listing = run(Listing.of(span, start, stable, limit), visible, stable)
    assert listing.read
    assert listing.found == [o for o in visible if listing.low <= o < listing.high]
    whole = max(listing.low, min(stable, stable if to_the_end else high))
    assert listing.high == whole or len(listing.found) == limit


def test_an_end_that_lies_before_the_known_one_is_not_believed():
    """A broker that was elected just now may not know yet how far the log goes."""
    listing = Listing.of(Span(0), 0, 5, 99)
    listing.see(1, 2)
    listing.see(None, 3)
    assert not listing.read
    listing.see(None, 5)
    assert (listing.found, listing.read) == ([1], True)


@pytest.mark.parametrize("span", [Span(5, 5), Span(9), Span(2, 1)])
def test_a_range_without_offsets_is_not_read(span):
    assert Listing.of(span, 0, 5, 9).read
