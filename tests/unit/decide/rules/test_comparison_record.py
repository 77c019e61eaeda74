"""Marks: equal exactly when the records are, and never a payload in what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from kafka_migration.decide.rules.comparison_record import (
    Verdict,
    describe,
    differing,
    mark,
    worst,
)

Headers = Sequence[tuple[str, bytes | None]]
Fields = tuple[bytes | None, bytes | None, Headers, int]

_bytes = st.none() | st.binary(max_size=3)
_headers = st.lists(st.tuples(st.text("ab", max_size=2), _bytes), max_size=3)
fields = st.tuples(_bytes, _bytes, _headers, st.integers(-1, 3))


@given(fields, fields)
def test_marks_are_equal_exactly_when_the_records_are(one: Fields, other: Fields):
    assert (mark(*one) == mark(*other)) == (one == other)


@given(fields, fields)
def test_the_parts_that_differ_are_named(one: Fields, other: Fields):
    expected = [
        name
        for name, a, b in zip(("key", "value", "headers", "timestamp"), one, other, strict=True)
        if a != b
    ]
    named = [part for part in differing(mark(*one), mark(*other)) if part != "null-vs-empty"]
    assert named == expected


def test_no_headers_and_an_empty_list_are_the_same():
    assert mark(b"k", b"v", None, 1) == mark(b"k", b"v", [], 1)


def test_an_ignored_timestamp_does_not_count():
    assert mark(b"k", b"v", None, None) == mark(b"k", b"v", None, None)


def test_a_description_holds_lengths_and_hashes_only():
    shown = describe(mark(b"secret-key", None, [("h", b"secret")], 7))
    assert "secret" not in str(shown)
    assert (shown["keyLength"], shown["valueLength"], shown["timestamp"]) == (10, -1, 7)


def test_nothing_compared_is_incomplete():
    assert worst([]) is Verdict.INCOMPLETE


def test_a_proven_difference_outranks_an_unfinished_partition():
    assert worst([Verdict.MATCH, Verdict.INCOMPLETE, Verdict.EXTRA]) is Verdict.EXTRA


def test_an_unfinished_partition_outranks_a_match():
    assert worst([Verdict.MATCH, Verdict.INCOMPLETE]) is Verdict.INCOMPLETE
