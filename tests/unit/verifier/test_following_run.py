"""A following verification goes on until it is told both ends, and ends with the right verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.verifier.scripted import P0, World, numbered, task, world

from kafka_migration.decide.rules.comparison_record import Verdict
from kafka_migration.verifier.reading import Log


def given(world: World, fence: int, end: int, *, after: int = 3) -> None:
    """Write the input at the `after`-th look."""

    def each() -> Mapping[str, Any] | None:
        if world.channel.looks < after:
            return None
        return {"fence": {"orders": {"0": fence}}, "end": {"orders": {"0": end}}}

    world.channel.each = each


def test_logs_equal_up_to_both_ends_match():
    here = world(numbered(range(50)), numbered(range(50)), ends=(52, 55))
    given(here, 52, 55)
    [track] = here.verify("follow", task())
    assert (track.verdict, track.records) == (Verdict.MATCH, 50)
    assert (track.next_offset(Log.SOURCE), track.next_offset(Log.TARGET)) == (52, 55)


def test_it_goes_on_until_the_input_is_there():
    here = world(numbered(range(50)), numbered(range(50)), ends=(10, 8))

    def each() -> Mapping[str, Any] | None:
        here.source.ends[P0] = min(50, here.source.ends[P0] + 5)
        here.target.ends[P0] = min(50, here.target.ends[P0] + 4)
        ready = here.channel.looks >= 30
        ends = {"orders": {"0": 50}}
        return {"fence": ends, "end": ends} if ready else None

    here.channel.each = each
    [track] = here.verify("follow", task())
    assert (track.verdict, track.records) == (Verdict.MATCH, 50)
    assert here.channel.looks >= 30


def test_an_input_without_the_target_end_is_waited_for():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))

    def each() -> Mapping[str, Any]:
        ends = {"orders": {"0": 50}}
        return {"fence": ends} if here.channel.looks < 9 else {"fence": ends, "end": ends}

    here.channel.each = each
    [track] = here.verify("follow", task())
    assert here.channel.looks == 9
    assert track.verdict is Verdict.MATCH


def test_the_final_verdict_comes_at_once_when_caught_up():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    given(here, 50, 50, after=5)
    began = here.clock.seconds
    here.verify("follow", task())
    assert here.clock.seconds - began < 5 * 0.25 + 0.2


def test_a_record_below_the_fence_without_a_copy_is_missing_at_once():
    here = world(numbered(range(50)), numbered(range(49)), ends=(50, 49))
    given(here, 50, 49)
    began = here.clock.seconds
    [track] = here.verify("follow", task())
    assert track.verdict is Verdict.MISSING
    assert here.clock.seconds - began < 2


def test_a_target_record_below_its_end_that_copies_nothing_is_extra():
    here = world(numbered(range(50)), numbered([*range(50), 99]), ends=(50, 51))
    given(here, 50, 51)
    [track] = here.verify("follow", task())
    assert track.verdict is Verdict.EXTRA


def test_a_source_record_beyond_the_fence_is_incomplete():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    given(here, 48, 50)
    [track] = here.verify("follow", task())
    assert track.verdict is Verdict.INCOMPLETE
    assert track.error == "source: a record at offset 49 lies beyond the fence at 48"


def test_a_fence_that_the_reader_never_reaches_is_incomplete_after_the_deadline():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    given(here, 60, 50)
    [track] = here.verify("follow", task())
    assert track.verdict is Verdict.INCOMPLETE
    assert track.error == "source: nothing read for 30 s; read up to 50 of 60"


def test_a_partition_that_the_input_does_not_name_is_incomplete():
    here = world(numbered(range(5)), numbered(range(5)), ends=(5, 5))
    here.channel.each = lambda: {"fence": {"orders": {"0": 5}}, "end": {}}
    [track] = here.verify("follow", task())
    assert track.error == "the input names no end for this partition"


def test_an_input_with_a_wrong_offset_is_an_error():
    here = world(numbered(range(5)), numbered(range(5)), ends=(5, 5))
    here.channel.each = lambda: {"fence": {"orders": {"0": "5"}}, "end": {}}
    with pytest.raises(ValueError, match="orders-0 has no valid offset"):
        here.verify("follow", task())


def test_an_input_in_other_words_is_an_error_not_an_endless_wait():
    here = world(numbered(range(5)), numbered(range(5)), ends=(5, 5))
    here.channel.each = lambda: {"F": {"orders": {"0": 5}}, "T": {"orders": {"0": 5}}}
    with pytest.raises(ValueError, match="unknown fields"):
        here.verify("follow", task())


def test_a_difference_is_reported_while_following():
    """The operator sees it before the cutover, not only at its end."""
    here = world(numbered(range(50)), numbered([*range(20), *range(21, 50)]), ends=(50, 49))
    seen: list[Verdict] = []

    def each() -> Mapping[str, Any] | None:
        seen.extend(verdict for verdict, _ in here.channel.last)
        ends = ({"orders": {"0": 50}}, {"orders": {"0": 49}})
        return {"fence": ends[0], "end": ends[1]} if here.channel.looks > 60 else None

    here.channel.each = each
    here.verify("follow", task())
    assert seen[0] is Verdict.INCOMPLETE
    assert Verdict.MISSING in seen


def test_nothing_unfinished_is_called_a_match():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    seen: list[Verdict] = []

    def each() -> Mapping[str, Any] | None:
        seen.extend(verdict for verdict, _ in here.channel.last)
        ends = {"orders": {"0": 50}}
        return {"fence": ends, "end": ends} if here.channel.looks > 10 else None

    here.channel.each = each
    here.verify("follow", task())
    assert set(seen) == {Verdict.INCOMPLETE}


def test_the_report_says_how_far_it_is():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    given(here, 50, 50, after=10)
    here.verify("follow", task())
    assert [source_next for _, source_next in here.channel.last] == [50]


def test_nothing_is_excused_by_retention_where_a_seam_says_what_belongs_together():
    here = world(numbered(range(50), 10), numbered([98, 99, *range(50)]), ends=(60, 52))
    here.source.log_starts[P0] = here.source.starts[P0] = 10
    given(here, 60, 52)
    [track] = here.verify("follow", task(start=10))
    assert (track.verdict, track.gap) == (Verdict.EXTRA, None)
