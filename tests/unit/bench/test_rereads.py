"""The judgement over re-reads, and who reads how much."""

from __future__ import annotations

from collections import Counter

from kmig_bench.parameters import PARTITIONS, Sizes
from kmig_bench.rereads import Reread, compare, to_read, visible_numbers
from kmig_bench.writing import aborted, values

VISIBLE = set(range(10))


def test_a_reader_that_goes_on_exactly_reads_nothing_again() -> None:
    assert compare(Counter(range(4, 10)), set(range(4)), VISIBLE) == Reread(0, 0, 0, 0)


def test_records_that_the_group_had_read_count_each_time() -> None:
    """Also a copy of them that stands there twice."""
    found = compare(Counter([2, 3, 3, *range(4, 10)]), set(range(4)), VISIBLE)
    assert found == Reread(again=3, skipped=0, never=0, twice=1)


def test_a_record_that_nobody_gives_the_group_is_skipped() -> None:
    found = compare(Counter(range(6, 10)), set(range(4)), VISIBLE)
    assert found == Reread(again=0, skipped=2, never=0, twice=0)


def test_a_record_of_an_aborted_transaction_is_neither_again_nor_skipped() -> None:
    found = compare(Counter([*range(4, 10), 77]), set(range(4)), VISIBLE)
    assert found == Reread(again=0, skipped=0, never=1, twice=0)


def test_every_fifth_transaction_is_aborted_in_the_transactional_topic_only() -> None:
    count = 5_000
    assert visible_numbers(count, transactional=False) == set(range(count))
    seen = visible_numbers(count, transactional=True)
    assert len(seen) == count * 4 // 5
    assert not any(map(aborted, seen))


def test_a_share_of_each_partition_is_read_and_all_of_it_at_the_end() -> None:
    visible = visible_numbers(Sizes(300_000).rereads, transactional=True)
    whole = to_read(visible, 100)
    assert sum(whole.values()) == len(visible)
    assert set(whole) == set(range(PARTITIONS))
    assert to_read(visible, 25) == {p: n * 25 // 100 for p, n in whole.items()}


def test_values_are_160_bytes_and_begin_with_their_number() -> None:
    value = values()
    assert {len(value(n)) for n in (0, 7, 1_499_999)} == {160}
    assert int(value(1_499_999)[:12]) == 1_499_999
