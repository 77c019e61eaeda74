"""Positions of a group whose topics belong to two units, of which only one has moved."""

from __future__ import annotations

import pytest
from tests.e2e.ground import Ground
from tests.e2e.grouped import COMPACTED, PLAIN, Journey, travel


@pytest.fixture(scope="module")
def journey(ground: Ground) -> Journey:
    """The whole journey, once."""
    return travel(ground)


def test_a_group_without_a_commit_on_a_topic_that_holds_records_is_refused_and_heals(
    journey: Journey,
) -> None:
    """NoCommit names group and partition, before anything stops; a commit heals."""
    topic = journey.ground.named(COMPACTED)
    assert f"group {journey.group} has no commit on {topic}-0" in journey.refused


def test_a_group_on_topics_of_two_units_goes_on_exactly_where_nothing_was_compacted(
    journey: Journey,
) -> None:
    """One owner is on the target, the other on the source; there and back, record for record."""
    for partition in (0, 1):
        before = journey.following("before", "source", PLAIN, partition)
        assert journey.following("there", "target", PLAIN, partition) == before
        read_on = journey.following("read on", "target", PLAIN, partition)
        assert journey.following("back", "source", PLAIN, partition) == read_on


def test_a_group_amid_compacted_records_skips_none_and_reads_no_more_again_than_promised(
    journey: Journey,
) -> None:
    """There and back: status says beforehand how many at most; the rest is read once, in order."""
    for moment, stopped, resumed, side, other in (
        ("there", "before", "there", "source", "target"),
        ("back", "read on", "back", "target", "source"),
    ):
        most = journey.promised[moment]["replayRecords"]
        before = journey.following(stopped, side, COMPACTED, 0)
        after = journey.following(resumed, other, COMPACTED, 0)
        again = len(after) - len(before)
        assert 0 <= again <= most, moment
        assert after[again:] == before, moment
