"""The walk along one partition: planted differences are named, equal logs always match."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kafka_migration.decide.rules.comparison import Comparison, Result, compare
from kafka_migration.decide.rules.comparison_record import Verdict, mark


def record(key: int, *, value: bytes | None = None, ts: int | None = None) -> bytes:
    """Return a record whose content is unique to `key` unless told otherwise."""
    return mark(
        f"k{key % 7}".encode(),
        f"value {key}".encode() if value is None else value,
        [("h", b"1")],
        1_700_000_000_000 + key if ts is None else ts,
    )


def log(marks: Sequence[bytes], start: int = 0) -> list[tuple[int, bytes]]:
    return list(enumerate(marks, start))


SOURCE = [record(n) for n in range(200)]


def verdict(target: Sequence[bytes]) -> Result:
    return compare(log(SOURCE), log(target, 1000))


def test_equal_logs_match_whatever_their_offsets():
    result = verdict(SOURCE)
    assert (result.verdict, result.records, result.first) == (Verdict.MATCH, 200, None)


@pytest.mark.parametrize("at", [0, 1, 99, 198, 199])
def test_a_dropped_record_is_missing_with_its_source_offset(at: int):
    result = verdict(SOURCE[:at] + SOURCE[at + 1 :])
    assert result.verdict is Verdict.MISSING
    assert result.first is not None
    assert (result.first.source_offset, result.first.target_offset) == (at, None)
    assert result.records == 199


@pytest.mark.parametrize("at", [0, 1, 99, 199, 200])
def test_a_foreign_record_is_extra_with_its_target_offset(at: int):
    result = verdict([*SOURCE[:at], record(999), *SOURCE[at:]])
    assert result.verdict is Verdict.EXTRA
    assert result.first is not None
    assert (result.first.source_offset, result.first.target_offset) == (None, 1000 + at)


@pytest.mark.parametrize(("at", "back"), [(1, 0), (100, 50), (200, 199), (200, 0)])
def test_a_repeated_record_is_a_counted_duplicate(at: int, back: int):
    result = verdict([*SOURCE[:at], SOURCE[back], *SOURCE[at:]])
    assert (result.verdict, result.duplicates) == (Verdict.MATCH_WITH_DUPLICATES, 1)
    assert result.records == 200


def test_a_resent_stretch_is_counted_record_by_record():
    result = verdict([*SOURCE[:150], *SOURCE[100:150], *SOURCE[150:]])
    assert (result.verdict, result.duplicates) == (Verdict.MATCH_WITH_DUPLICATES, 50)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (50, 51), (198, 199), (3, 190), (0, 199)])
def test_swapped_records_are_reordered_not_lost(one: int, other: int):
    target = list(SOURCE)
    target[one], target[other] = target[other], target[one]
    assert verdict(target).verdict is Verdict.REORDERED


@pytest.mark.parametrize(("frm", "to"), [(10, 60), (60, 10), (0, 199), (199, 0)])
def test_a_record_moved_far_away_is_reordered(frm: int, to: int):
    target = list(SOURCE)
    target.insert(to, target.pop(frm))
    assert verdict(target).verdict is Verdict.REORDERED


ALTERED = {
    "key": mark(b"other", b"value 70", [("h", b"1")], 1_700_000_000_070),
    "value": mark(b"k0", b"value 7!", [("h", b"1")], 1_700_000_000_070),
    "headers": mark(b"k0", b"value 70", [("h", None)], 1_700_000_000_070),
    "timestamp": mark(b"k0", b"value 70", [("h", b"1")], 1_700_000_000_071),
}


@pytest.mark.parametrize("at", [0, 70, 199])
@pytest.mark.parametrize("part", ALTERED)
def test_an_altered_record_is_corrupt_and_the_part_is_named(part: str, at: int):
    source = [*SOURCE]
    source[at] = SOURCE[70]
    target = [*source]
    target[at] = ALTERED[part]
    result = compare(log(source), log(target, 5))
    assert result.verdict is Verdict.CORRUPT
    assert result.first is not None
    assert result.first.parts == (part,)
    assert (result.first.source_offset, result.first.target_offset) == (at, at + 5)


def test_a_tombstone_that_became_an_empty_value_is_corrupt_and_says_so():
    source = [mark(b"k", None, None, 5)]
    result = compare(log(source), log([mark(b"k", b"", None, 5)]))
    assert result.first is not None
    assert result.first.parts == ("value", "null-vs-empty")


def test_two_alterations_close_together_are_two_corrupt_records():
    target = [*SOURCE]
    target[70], target[72] = ALTERED["value"], record(72, value=b"x")
    result = verdict(target)
    assert (result.verdict, result.records) == (Verdict.CORRUPT, 198)


def test_a_truncated_target_lacks_its_last_records():
    result = verdict(SOURCE[:120])
    assert (result.verdict, result.records) == (Verdict.MISSING, 120)
    assert result.first is not None
    assert result.first.source_offset == 120


def test_an_empty_target_lacks_everything():
    assert verdict([]).verdict is Verdict.MISSING


def test_a_record_in_the_wrong_partition_is_missing_here_and_extra_there():
    other = [record(n + 1000) for n in range(50)]
    assert verdict(SOURCE[:80] + SOURCE[81:]).verdict is Verdict.MISSING
    there = compare(log(other), log([*other[:20], SOURCE[80], *other[20:]]))
    assert there.verdict is Verdict.EXTRA


def test_a_difference_counts_more_than_duplicates():
    target = [*SOURCE[:50], SOURCE[49], *SOURCE[50:80], *SOURCE[81:]]
    result = verdict(target)
    assert (result.verdict, result.duplicates) == (Verdict.MISSING, 1)


def test_a_lost_record_among_identical_ones_is_found():
    """Endless repeats never stand in for the record that is waited for."""
    same = record(1)
    source = [same] * 50 + [record(2)] + [same] * 200
    result = compare(log(source), log([same] * 250), lookahead=32, resend=64)
    assert result.verdict is Verdict.MISSING


def test_logs_without_a_common_record_are_given_up_but_never_match():
    walk = Comparison(0, 0, lookahead=10)
    walk.feed_source(range(50), SOURCE[:50])
    walk.feed_target(range(50), SOURCE[100:150])
    walk.advance()
    result = walk.result()
    assert result.lost
    assert result.verdict is Verdict.MISSING
    assert (result.source_next, result.target_next) == (0, 0)


class TestArrival:
    """Records arrive in pieces; what is not there yet is waited for."""

    def test_a_slow_target_is_waited_for_without_a_verdict_against_it(self):
        walk = Comparison(10, 20)
        walk.feed_source(range(10, 15), SOURCE[:5])
        walk.advance(source_ended=True)
        assert walk.result().verdict is Verdict.MATCH
        assert walk.waiting == (5, 0)
        walk.feed_target(range(20, 25), SOURCE[:5])
        walk.advance(source_ended=True)
        assert walk.waiting == (0, 0)
        assert (walk.result().source_next, walk.result().target_next) == (15, 25)

    def test_a_target_that_runs_ahead_is_not_extra_before_the_source_has_ended(self):
        walk = Comparison(0, 0)
        walk.feed_target(range(3), SOURCE[:3])
        walk.advance(target_ended=True)
        assert walk.result().verdict is Verdict.MATCH
        walk.advance(source_ended=True, target_ended=True)
        assert walk.result().verdict is Verdict.EXTRA

    def test_the_target_after_a_bounded_source_is_not_judged(self):
        walk = Comparison(0, 0, judge_tail=False)
        walk.feed_source(range(3), SOURCE[:3])
        walk.feed_target(range(9), SOURCE[:9])
        walk.advance(source_ended=True)
        assert walk.result().verdict is Verdict.MATCH
        assert walk.result().target_next == 3

    @pytest.mark.parametrize(
        ("target", "expected", "target_next"),
        [
            ([SOURCE[0], *SOURCE[2:9]], Verdict.MISSING, 1),
            ([SOURCE[0], record(1, value=b"!"), *SOURCE[2:9]], Verdict.CORRUPT, 2),
            ([SOURCE[0], record(900), SOURCE[1], *SOURCE[2:9]], Verdict.EXTRA, 3),
        ],
    )
    def test_the_last_record_of_a_bounded_source_is_judged(
        self, target: list[bytes], expected: Verdict, target_next: int
    ):
        walk = Comparison(0, 0, judge_tail=False)
        walk.feed_source(range(2), SOURCE[:2])
        walk.feed_target(range(len(target)), target)
        walk.advance(source_ended=True, force=True)
        assert walk.result().verdict is expected
        assert walk.result().target_next == target_next

    def test_differing_heads_wait_for_the_lookahead_or_for_force(self):
        walk = Comparison(0, 0)
        walk.feed_source(range(4), SOURCE[:4])
        walk.feed_target(range(3), SOURCE[1:4])
        walk.advance()
        before = walk.undecided
        walk.advance(force=True)
        assert (before, walk.undecided) == (True, False)
        assert walk.result().verdict is Verdict.MISSING

    def test_a_record_thought_missing_that_comes_later_was_moved(self):
        walk = Comparison(0, 0)
        walk.feed_source(range(4), SOURCE[:4])
        walk.feed_target(range(3), SOURCE[1:4])
        walk.advance(force=True)
        walk.feed_target([3], [SOURCE[0]])
        walk.advance(source_ended=True, target_ended=True)
        result = walk.result()
        assert result.verdict is Verdict.REORDERED
        assert result.first is not None
        assert (result.first.source_offset, result.first.target_offset) == (0, 3)
