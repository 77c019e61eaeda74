"""Arithmetic of throughput: from what was seen of log ends to records per second. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from kmig_bench.errors import BenchError

Sample = tuple[float, int]  # seconds, sum of the target's log ends
_LEAST_SAMPLES = 4


def span(samples: Sequence[Sample]) -> tuple[Sample, Sample]:
    """From the first look that saw records to the first that saw the final end."""
    growing = [sample for sample in samples if sample[1] > 0]
    final = growing[-1][1] if growing else 0
    first = growing[0] if growing else (0.0, 0)
    last = next((sample for sample in growing if sample[1] == final), first)
    steps = {end for _, end in growing}
    if len(steps) < _LEAST_SAMPLES:
        raise BenchError("too few records to see them arrive; raise BENCH_RECORDS")
    return first, last


def records_per_second(samples: Sequence[Sample], records: int) -> float:
    """Records that arrived between both looks; markers in the log's ends are taken out evenly."""
    (begin, early), (end, final) = span(samples)
    return records * (final - early) / final / (end - begin)


def medians(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, float]:
    """Median by variant of one number of throughput rows."""
    variants = {str(row["variant"]) for row in rows}
    return {
        variant: median(float(row[key]) for row in rows if row["variant"] == variant)
        for variant in sorted(variants)
    }


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Least squares: seconds for one more marker; None where x never changes."""
    middle = sum(x for x, _ in points) / len(points) if points else 0.0
    height = sum(y for _, y in points) / len(points) if points else 0.0
    spread = sum((x - middle) ** 2 for x, _ in points)
    if not spread:
        return None
    return sum((x - middle) * (y - height) for x, y in points) / spread
