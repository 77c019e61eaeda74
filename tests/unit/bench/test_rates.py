"""Throughput from samples of log ends."""

from __future__ import annotations

import pytest

from kmig_bench.errors import BenchError
from kmig_bench.rates import medians, records_per_second, slope, span

SAMPLES = [(0.0, 0), (1.0, 0), (2.0, 100), (3.0, 400), (4.0, 700), (5.0, 1_100), (6.0, 1_100)]


def test_a_run_goes_from_the_first_records_seen_to_the_first_sight_of_the_last() -> None:
    """Start-up before and the quiet look after do not count."""
    assert span(SAMPLES) == ((2.0, 100), (5.0, 1_100))


def test_what_was_there_at_the_first_look_is_not_counted_as_copied_since() -> None:
    assert records_per_second(SAMPLES, 1_100) == pytest.approx(1_000 / 3)


def test_markers_in_the_ends_are_not_records() -> None:
    """A tenth of 1,100 offsets are markers: 1,000 records arrived in all."""
    assert records_per_second(SAMPLES, 1_000) == pytest.approx(1_000 / 3 * 10 / 11)


def test_records_that_came_between_two_looks_give_no_rate() -> None:
    with pytest.raises(BenchError, match="raise BENCH_RECORDS"):
        records_per_second([(0.0, 0), (1.0, 1_100), (2.0, 1_100)], 1_100)


def test_a_median_is_taken_within_a_variant() -> None:
    rows = [{"variant": "a", "n": n} for n in (1, 9, 2)] + [{"variant": "b", "n": 5}]
    assert medians(rows, "n") == {"a": 2, "b": 5}


def test_the_cost_of_one_more_marker_is_the_slope() -> None:
    assert slope([(0, 1.0), (100, 1.2), (200, 1.4)]) == pytest.approx(0.002)
    assert slope([(5, 1.0), (5, 2.0)]) is None
    assert slope([]) is None
