"""A bounded verification ends, by name, with the right verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from tests.unit.verifier.scripted import P0, P1, numbered, record, task, world

from kafka_migration.decide.rules.comparison_record import Verdict
from kafka_migration.verifier.reading import Fault, Log, ReadEvent, Records
from kafka_migration.verifier.track import Track


def test_equal_ranges_match_and_the_anchors_lie_behind_them():
    here = world(numbered(range(100)), numbered(range(100), 40), ends=(100, 140), base=40)
    [track] = here.verify("bounded", task(100, base=40))
    assert (track.verdict, track.records) == (Verdict.MATCH, 100)
    assert (track.next_offset(Log.SOURCE), track.next_offset(Log.TARGET)) == (100, 140)


def test_the_source_beyond_the_range_and_its_copies_are_not_judged():
    here = world(numbered(range(100)), numbered(range(100)), ends=(100, 100))
    [track] = here.verify("bounded", task(60))
    assert (track.verdict, track.records) == (Verdict.MATCH, 60)
    assert (track.next_offset(Log.SOURCE), track.next_offset(Log.TARGET)) == (60, 60)


def test_a_range_that_ends_in_control_records_is_read_to_its_end():
    here = world(numbered(range(10)), numbered(range(10)), ends=(14, 11))
    [track] = here.verify("bounded", task(14))
    assert (track.verdict, track.next_offset(Log.SOURCE)) == (Verdict.MATCH, 14)


def test_an_empty_range_matches_with_nothing():
    here = world({}, {}, ends=(0, 0))
    [track] = here.verify("bounded", task(0))
    assert (track.verdict, track.records) == (Verdict.MATCH, 0)


def test_an_empty_range_beyond_the_logs_end_is_incomplete():
    """The log was truncated or re-created: an empty range there proves nothing."""
    here = world({}, {}, ends=(5, 0))
    [track] = here.verify("bounded", task(9, start=9))
    assert track.verdict is Verdict.INCOMPLETE
    assert track.error == "source: the log ends at 5, before offset 9"


@pytest.mark.parametrize(
    ("aborted", "expected"), [(True, Verdict.MATCH), (False, Verdict.UNVERIFIABLE)]
)
def test_a_range_without_records_matches_only_if_aborted_ones_are_seen(
    aborted: bool, expected: Verdict
):
    here = world({}, {}, ends=(5, 0))
    here.source.uncommitted = aborted
    [track] = here.verify("bounded", task(5))
    assert (track.verdict, track.records) == (expected, 0)


def test_a_dropped_record_is_missing():
    here = world(numbered(range(50)), numbered([*range(20), *range(21, 50)]), ends=(50, 49))
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.MISSING
    assert track.result.first is not None
    assert track.result.first.source_offset == 20


def test_a_target_that_stays_short_is_missing_after_the_deadline_not_before():
    here = world(numbered(range(50)), numbered(range(40)), ends=(50, 40))
    began = here.clock.seconds
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.MISSING
    assert 30 <= here.clock.seconds - began < 60


def test_a_copy_hidden_by_an_open_transaction_is_incomplete_not_missing():
    here = world(numbered(range(50)), numbered(range(40)), ends=(50, 40))
    here.target.high = 50
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.INCOMPLETE
    assert track.error == ("target: nothing read for 30 s; an open transaction hides 40 to 50")


def test_a_target_that_catches_up_in_time_matches(monkeypatch):
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 10))
    grow = iter(range(11, 51))

    def each(tracks: Iterable[Track]) -> None:
        here.target.ends[P0] = next(grow, 50)
        here.clock.seconds += 20

    monkeypatch.setattr(here.channel, "progress", each)
    [track] = here.verify("bounded", task(50))
    assert (track.verdict, track.records) == (Verdict.MATCH, 50)


def test_a_target_that_does_not_answer_is_incomplete_never_missing():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    here.target.deaf = True
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.INCOMPLETE
    assert track.error == "target: nothing read for 30 s; read up to 0 of 50"


def test_a_source_that_does_not_answer_is_incomplete():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    here.source.deaf = True
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.INCOMPLETE
    assert track.error == "source: nothing read for 30 s; read up to 0 of 50"


def test_an_open_transaction_below_the_range_end_is_incomplete():
    here = world(numbered(range(50)), numbered(range(50)), ends=(30, 30))
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.INCOMPLETE
    assert track.error == "source: nothing read for 30 s; read up to 30 of 50"


@pytest.mark.parametrize("side", list(Log))
def test_a_range_removed_before_the_start_is_unverifiable(side: Log):
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    (here.source if side is Log.SOURCE else here.target).log_starts[P0] = 3
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.UNVERIFIABLE
    assert track.gap is not None
    assert (track.gap.side, track.gap.start, track.gap.end) == (side, 0, 3)


def test_a_range_removed_while_reading_is_unverifiable():
    here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
    here.source.faults = [Fault(P0, "offset out of range", gone=True)]
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.UNVERIFIABLE


def test_a_partition_that_cannot_be_read_is_incomplete_and_the_others_go_on():
    here = world(numbered(range(20)), numbered(range(20)), ends=(20, 20))
    for reader in (here.source, here.target):
        reader.logs[P1], reader.ends[P1], reader.starts[P1] = reader.logs[P0], 20, 0
    here.source.faults = [Fault(P0, "Topic authorization failed")]
    first, second = here.verify("bounded", task(20), task(20, partition=1))
    assert (first.verdict, first.error) == (
        Verdict.INCOMPLETE,
        "source: Topic authorization failed",
    )
    assert second.verdict is Verdict.MATCH


def test_an_offset_read_twice_is_incomplete():
    here = world(numbered(range(20)), numbered(range(20)), ends=(20, 20))
    here.source.faults = [Records(P0, [0, 1], [record(0), record(1)])]
    [track] = here.verify("bounded", task(20))
    assert track.verdict is Verdict.INCOMPLETE


def test_a_lost_record_of_a_compacted_topic_is_unverifiable():
    here = world(numbered(range(50)), numbered([*range(20), *range(21, 50)]), ends=(50, 49))
    [track] = here.verify("bounded", task(50, cleanup="compact"))
    assert track.verdict is Verdict.UNVERIFIABLE


def test_a_long_log_is_read_in_bounded_memory(monkeypatch):
    """The side that is ahead rests until the other one caught up."""
    numbers = numbered(range(30_000))
    here = world(numbers, numbers, ends=(30_000, 30_000))
    here.source.batch, here.target.batch = 500, 50
    held: list[int] = []
    take = here.target.read

    def read(wait: float) -> Sequence[ReadEvent]:
        held.append(here.source.starts[P0] - here.target.starts[P0])
        return take(wait)

    monkeypatch.setattr(here.target, "read", read)
    [track] = here.verify("bounded", task(30_000))
    assert (track.verdict, track.records) == (Verdict.MATCH, 30_000)
    assert max(held) < 10_000


@pytest.mark.parametrize("gone", [3, 9_000])
def test_copies_of_what_retention_took_from_the_source_are_unverifiable_not_extra(gone: int):
    """Also where more of them stand there than are looked at together; the rest is compared."""
    here = world(numbered(range(50), gone), numbered(range(-gone, 50)), ends=(gone + 50, gone + 50))
    here.source.log_starts[P0] = here.source.starts[P0] = gone
    here.target.batch = 500
    [track] = here.verify("bounded", task(gone + 50, start=gone))
    assert (track.verdict, track.records) == (Verdict.UNVERIFIABLE, 50)
    assert track.result.first is None
    assert track.gap is not None
    assert (track.gap.side, track.gap.start, track.gap.end) == (Log.SOURCE, 0, gone)
    assert track.gap.reason.endswith(
        f"delete the target's records before offset {gone} (kafka-delete-records)"
    )


@pytest.mark.parametrize("gone", [3, 9_000])
def test_what_retention_took_from_the_target_is_unverifiable_not_missing(gone: int):
    here = world(numbered(range(-gone, 50)), numbered(range(50), gone), ends=(gone + 50, gone + 50))
    here.target.log_starts[P0] = gone
    here.source.batch = 500
    [track] = here.verify("bounded", task(gone + 50, base=gone))
    assert (track.verdict, track.records) == (Verdict.UNVERIFIABLE, 50)
    assert track.gap is not None
    assert (track.gap.side, track.gap.start, track.gap.end) == (Log.TARGET, 0, gone)


def test_a_difference_behind_an_expired_head_is_still_found():
    here = world(numbered(range(50), 3), numbered([*range(-3, 20), *range(21, 50)]), ends=(53, 52))
    here.source.log_starts[P0] = here.source.starts[P0] = 3
    [track] = here.verify("bounded", task(53, start=3))
    assert track.verdict is Verdict.MISSING
    assert track.result.first is not None
    assert track.result.first.source_offset == 23


def test_foreign_records_before_a_source_that_begins_at_zero_are_extra():
    here = world(numbered(range(50)), numbered(range(-3, 50)), ends=(50, 53))
    [track] = here.verify("bounded", task(50))
    assert track.verdict is Verdict.EXTRA


def test_a_difference_behind_the_first_match_is_no_expired_head():
    """Whichever log begins late, by more records than differ."""
    here = world(numbered(range(50), 10), numbered([*range(20), 99, *range(20, 50)]), ends=(60, 51))
    here.source.log_starts[P0] = here.source.starts[P0] = 10
    [track] = here.verify("bounded", task(60, start=10))
    assert (track.verdict, track.gap) == (Verdict.EXTRA, None)

    here = world(
        numbered(range(50)), numbered([*range(20), *range(21, 50)], 10), ends=(50, 59), base=10
    )
    here.target.log_starts[P0] = 10
    [track] = here.verify("bounded", task(50, base=10))
    assert (track.verdict, track.gap) == (Verdict.MISSING, None)


def test_more_than_retention_can_have_taken_from_the_target_is_missing():
    """The mirror lost the first records, and one that it wrote has expired since."""
    here = world(numbered(range(50)), numbered(range(3, 50), 1), ends=(50, 48), base=1)
    here.target.log_starts[P0] = 1
    [track] = here.verify("bounded", task(50, base=1))
    assert (track.verdict, track.gap) == (Verdict.MISSING, None)


def test_what_retention_can_have_taken_is_counted_over_all_that_is_passed():
    """Each window of a long head would fit by itself."""
    here = world(
        numbered(range(9_050)),
        numbered(range(9_000, 9_050), 5_000),
        ends=(9_050, 5_050),
        base=5_000,
    )
    here.target.log_starts[P0], here.source.batch = 5_000, 500
    [track] = here.verify("bounded", task(9_050, base=5_000))
    assert track.verdict in (Verdict.MISSING, Verdict.CORRUPT)


def test_more_than_retention_can_have_taken_from_the_source_is_extra():
    here = world(numbered(range(50), 2), numbered(range(-3, 50)), ends=(52, 53))
    here.source.log_starts[P0] = here.source.starts[P0] = 2
    [track] = here.verify("bounded", task(52, start=2))
    assert (track.verdict, track.gap) == (Verdict.EXTRA, None)


def test_copies_of_what_the_source_still_holds_are_extra_before_its_first_record():
    """Five of them were copied before all others: retention explains none."""
    copies = [*range(41, 46), *range(10, 61)]
    here = world(numbered(range(10, 61), 10), numbered(copies), ends=(61, 56))
    here.source.log_starts[P0] = here.source.starts[P0] = 10
    [track] = here.verify("bounded", task(61, start=10))
    assert (track.verdict, track.gap) == (Verdict.EXTRA, None)
