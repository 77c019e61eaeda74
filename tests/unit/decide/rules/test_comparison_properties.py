"""Properties of the comparison against a brute-force model, over many random logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_migration.decide.rules.comparison import Comparison, compare
from kafka_migration.decide.rules.comparison_record import Verdict, mark

PASSING = {Verdict.MATCH, Verdict.MATCH_WITH_DUPLICATES}


def record(number: int) -> bytes:
    return mark(str(number % 3).encode(), str(number).encode(), None, number)


def log(numbers: Sequence[int]) -> list[tuple[int, bytes]]:
    return [(offset, record(number)) for offset, number in enumerate(numbers)]


def brute_force(source: Sequence[int], target: Sequence[int]) -> Verdict | None:
    """MATCH, MATCH_WITH_DUPLICATES, or None for any difference: walk, allow seen records again."""
    if list(source) == list(target):
        return Verdict.MATCH
    at = 0
    for number in target:
        if at < len(source) and source[at] == number:
            at += 1
        elif number not in source[:at]:
            return None
    return Verdict.MATCH_WITH_DUPLICATES if at == len(source) else None


def small(alphabet: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, alphabet), max_size=30)


@settings(max_examples=200, deadline=None)
@given(small(3), small(3))
def test_two_logs_of_repeated_records_pass_exactly_when_the_model_says_so(
    source: list[int], target: list[int]
):
    found = compare(log(source), log(target)).verdict
    expected = brute_force(source, target)
    assert found == expected if expected is not None else found not in PASSING


@settings(max_examples=200, deadline=None)
@given(small(4), small(4), st.integers(1, 8), st.integers(1, 8))
def test_a_short_lookahead_never_makes_different_logs_pass(
    source: list[int], target: list[int], lookahead: int, resend: int
):
    """With tiny windows a verdict may be harsher than the model's, never milder."""
    result = compare(log(source), log(target), lookahead=lookahead, resend=resend)
    if result.verdict in PASSING:
        assert brute_force(source, target) is result.verdict
        assert result.records == len(source)
        assert result.duplicates == len(target) - len(source)
    assert (source == target) == (result.verdict is Verdict.MATCH)


unique = st.lists(st.integers(0, 10_000), min_size=4, max_size=60, unique=True)


@settings(max_examples=100, deadline=None)
@given(unique, st.data())
def test_each_planted_fault_gets_its_own_verdict(source: list[int], data: st.DataObject):
    at = data.draw(st.integers(0, len(source) - 1))
    other = data.draw(st.integers(0, len(source) - 1).filter(lambda n: n != at))
    low, high = sorted((at, other))
    swapped = list(source)
    swapped[at], swapped[other] = source[other], source[at]
    planted = {
        Verdict.MISSING: [
            source[:at] + source[at + 1 :],
            source[:at],
            source[:low] + source[high:],
        ],
        Verdict.EXTRA: [[*source[:at], 77_777, *source[at:]], [*source, 77_777]],
        Verdict.MATCH_WITH_DUPLICATES: [
            [*source[: high + 1], source[low], *source[high + 1 :]],
            [*source[:high], *source[low:]],
        ],
        Verdict.REORDERED: [swapped],
    }
    for expected, targets in planted.items():
        for target in targets:
            result = compare(log(source), log(target))
            assert result.verdict is expected, target


@settings(max_examples=100, deadline=None)
@given(unique, st.data())
def test_an_altered_part_is_corrupt_at_its_offset(source: list[int], data: st.DataObject):
    at = data.draw(st.integers(0, len(source) - 1))
    key, value, headers = f"k{at}".encode(), str(at).encode(), [("h", b"")]
    altered = {
        "key": mark(b"", value, headers, 5),
        "value": mark(key, None, headers, 5),
        "headers": mark(key, value, [("h", None)], 5),
        "timestamp": mark(key, value, headers, 6),
    }
    part = data.draw(st.sampled_from(sorted(altered)))
    good, bad = log(source), log(source)
    good[at] = (at, mark(key, value, headers, 5))
    bad[at] = (at, altered[part])
    result = compare(good, bad)
    assert result.verdict is Verdict.CORRUPT
    assert result.first is not None
    assert (result.first.source_offset, result.first.target_offset) == (at, at)
    assert result.first.parts[0] == part


@settings(max_examples=100, deadline=None)
@given(unique, unique, st.integers(0, 10**6))
def test_a_record_in_the_wrong_partition_fails_both_partitions(
    one: list[int], two: list[int], seed: int
):
    two = [number + 20_000 for number in two]
    taken, put = seed % len(one), seed % (len(two) + 1)
    here = compare(log(one), log(one[:taken] + one[taken + 1 :]))
    there = compare(log(two), log([*two[:put], one[taken], *two[put:]]))
    assert (here.verdict, there.verdict) == (Verdict.MISSING, Verdict.EXTRA)


@settings(max_examples=100, deadline=None)
@given(small(6), small(6), st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=40))
def test_the_verdict_does_not_depend_on_how_records_arrive(
    source: list[int], target: list[int], schedule: list[tuple[bool, int]]
):
    """Whether the logs pass is the same however they were cut into batches."""
    walk = Comparison(0, 0)
    todo_source, todo_target = log(source), log(target)
    for from_source, number in [*schedule, (True, 99), (False, 99)]:
        todo = todo_source if from_source else todo_target
        taken, todo[:] = todo[:number], todo[number:]
        feed = walk.feed_source if from_source else walk.feed_target
        feed([offset for offset, _ in taken], [one for _, one in taken])
        walk.advance(source_ended=not todo_source)
    walk.advance(source_ended=True, target_ended=True)
    whole = compare(log(source), log(target))
    assert (walk.result().verdict in PASSING) == (whole.verdict in PASSING)


@settings(max_examples=100, deadline=None)
@given(small(6), small(6))
def test_every_record_is_accounted_for_once(source: list[int], target: list[int]):
    """Both logs are used up, and matched records are a common subset of both."""
    walk = Comparison(0, 0)
    walk.feed_source(range(len(source)), [record(n) for n in source])
    walk.feed_target(range(len(target)), [record(n) for n in target])
    walk.advance(source_ended=True, target_ended=True)
    result = walk.result()
    assert (result.source_next, result.target_next) == (len(source), len(target))
    assert result.records <= sum((Counter(source) & Counter(target)).values())
