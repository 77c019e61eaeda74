"""Positions of a group whose topics belong to two units, of which only one has moved."""

from __future__ import annotations

import pytest
from tests.e2e.ground import Ground
from tests.e2e.grouped import COMPACTED, PLAIN, Journey, records_named, travel


@pytest.fixture(scope="module")
def journey(ground: Ground) -> Journey:
    """The whole journey, once."""
    return travel(ground)


def test_a_group_without_a_commit_on_a_topic_that_holds_records_is_refused_and_heals(
    journey: Journey,
) -> None:
    """NoCommit names group and partition, before anything stops; a commit heals."""
    said = journey.refused["NoCommit"]
    topic = journey.ground.named(COMPACTED)
    assert f"group {journey.group} has no commit on {topic}-0" in said


def test_a_group_on_topics_of_two_units_goes_on_exactly_where_nothing_was_compacted(
    journey: Journey,
) -> None:
    """One owner is on the target, the other on the source; there and back, record for record."""
    for partition in (0, 1):
        before = journey.following("before", "source", PLAIN, partition)
        assert journey.following("there", "target", PLAIN, partition) == before
        read_on = journey.following("read on", "target", PLAIN, partition)
        assert journey.following("back", "source", PLAIN, partition) == read_on


def test_a_group_amid_compacted_records_moves_only_if_its_unit_allows_what_is_read_again(
    journey: Journey,
) -> None:
    """GradeTooLow names how many; minimumGrade Safe moves it; none is skipped, at most so many twice."""
    most = records_named(journey.refused["GradeTooLow"])
    assert journey.promised["there"] == {"grade": "SafeCompacted", "replayRecords": most}
    before = journey.following("before", "source", COMPACTED, 0)
    there = journey.following("there", "target", COMPACTED, 0)
    again = len(there) - len(before)
    assert 0 <= again <= most
    assert there[again:] == before


def test_a_group_amid_compacted_records_comes_back_and_skips_none(journey: Journey) -> None:
    """What is read again is again no more than status says."""
    most = journey.promised["back"]["replayRecords"]
    read_on = journey.following("read on", "target", COMPACTED, 0)
    back = journey.following("back", "source", COMPACTED, 0)
    again = len(back) - len(read_on)
    assert 0 <= again <= most
    assert back[again:] == read_on
