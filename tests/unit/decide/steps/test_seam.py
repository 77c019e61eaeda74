"""What is recorded as the seam was compared up to the seam, on every partition."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.decide.moving import before_entry
from tests.unit.decide.planted import PARTITIONS, Planted

from kafka_migration.model.entries import EntryKind


def report(planted: Planted) -> dict[str, Any]:
    found: dict[str, Any] = next(j["report"] for n, j in planted.jobs.items() if "tail" in n)
    return found


@pytest.mark.parametrize(
    "disturb",
    [
        lambda p: p.target.high.update({PARTITIONS[1]: 99}),
        lambda p: report(p)["partitions"].pop(),
        lambda p: report(p)["partitions"][0].update(sourceNext=9),
        lambda p: report(p)["partitions"][0].update(targetNext=11),
    ],
    ids=["the target grew after the instruction", "a partition is left out", "short of F", "of T"],
)
def test_a_match_that_does_not_reach_both_ends_is_no_proof_of_them(disturb):
    """Otherwise T would be recorded over records that nobody compared."""
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    disturb(planted)
    entry = planted.decide("writer")[0].entry
    assert entry is not None
    assert entry.kind is EntryKind.BACK_OUT
    assert entry.data["reason"] == "ComparisonIncomplete"
