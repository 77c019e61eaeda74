"""The loop of a verification over scripted logs: it ends, by name, with the right verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from kafka_migration.decide.rules.comparison_record import Verdict, mark
from kafka_migration.model.kafka import Partition
from kafka_migration.verifier.reading import Bounds, End, Fault, Log, ReadEvent, Records
from kafka_migration.verifier.run import Verification, tracks_of
from kafka_migration.verifier.spec import Spec
from kafka_migration.verifier.track import Track

P0, P1 = Partition("orders", 0), Partition("orders", 1)


class TurnedClock:
    """Time passes only where the loop waits, and a little with each look."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        self.seconds += 0.0001
        return self.seconds


@dataclass
class ScriptedReader:
    """A cluster whose logs are lists; offsets without a record are control or aborted ones."""

    clock: TurnedClock
    logs: dict[Partition, dict[int, bytes]]
    ends: dict[Partition, int]
    starts: dict[Partition, int]
    log_starts: dict[Partition, int] = field(default_factory=dict)
    uncommitted: bool = False
    faults: list[Fault] = field(default_factory=list)
    batch: int = 7
    high: int = 0  # high watermark, where an open transaction holds the stable end back
    deaf: bool = False  # a broker that never answers a fetch
    problem: str | None = None
    paused: set[Partition] = field(default_factory=set)
    told: dict[Partition, int] = field(default_factory=dict)

    def read(self, wait: float) -> Sequence[ReadEvent]:
        events: list[ReadEvent] = [*self.faults]
        self.faults = []
        if not self.deaf:
            for partition in self.starts:
                if partition not in self.paused:
                    events += self._next(partition)
        if not events:
            self.clock.seconds += wait
        return events

    def _next(self, partition: Partition) -> list[ReadEvent]:
        at, end = self.starts[partition], self.ends[partition]
        log = self.logs[partition]
        offsets = list(islice((o for o in range(at, end) if o in log), self.batch))
        if offsets:
            self.starts[partition] = offsets[-1] + 1
            return [Records(partition, offsets, [log[o] for o in offsets])]
        if self.told.get(partition) != end:
            self.starts[partition] = self.told[partition] = end
            return [End(partition, end)]
        return []

    def bounds(self) -> Mapping[Partition, Bounds | Fault]:
        return {
            p: Bounds(self.log_starts.get(p, 0), self.ends[p], max(self.ends[p], self.high))
            for p in self.starts
        }

    def holds_uncommitted(self, partition: Partition, start: int, end: int) -> bool:
        return self.uncommitted

    def pause(self, partition: Partition) -> None:
        self.paused.add(partition)

    def resume(self, partition: Partition) -> None:
        self.paused.discard(partition)

    def close(self) -> None:
        """Nothing to release."""


@dataclass
class ScriptedChannel:
    """Calls `each` at every look for an input, and answers what it returns."""

    each: Callable[[], Mapping[str, Any] | None] = lambda: None
    looks: int = 0
    last: list[tuple[Verdict, int]] = field(default_factory=list)

    def progress(self, tracks: Iterable[Track]) -> None:
        self.last = [(track.verdict, track.next_offset(Log.SOURCE)) for track in tracks]

    def input(self) -> Mapping[str, Any] | None:
        self.looks += 1
        return self.each()


@dataclass
class World:
    """Source and target of one run."""

    clock: TurnedClock
    source: ScriptedReader
    target: ScriptedReader
    channel: ScriptedChannel

    def verify(self, mode: str, *tasks: dict[str, Any], **more: Any) -> list[Track]:
        side = {"bootstrap": "nowhere:1"}
        spec = Spec.model_validate(
            {
                "mode": mode,
                "owner": {"name": "m", "uid": "u"},
                "source": side,
                "target": side,
                "partitions": tasks,
                "stallSeconds": 30,
                **more,
            }
        )
        tracks = tracks_of(spec)
        readers = {Log.SOURCE: self.source, Log.TARGET: self.target}
        Verification(spec, tracks, readers, self.channel, self.clock).run()
        return list(tracks.values())


def record(number: int) -> bytes:
    return mark(b"key", str(number).encode(), None, number)


def world(
    source: Mapping[int, int], target: Mapping[int, int], *, ends: tuple[int, int], base: int = 0
) -> World:
    """Logs of orders-0 as offset -> record number, with both stable ends."""
    clock = TurnedClock()

    def reader(log: Mapping[int, int], end: int, start: int) -> ScriptedReader:
        marks = {offset: record(number) for offset, number in log.items()}
        return ScriptedReader(clock, {P0: marks}, {P0: end}, {P0: start})

    return World(
        clock, reader(source, ends[0], 0), reader(target, ends[1], base), ScriptedChannel()
    )


def numbered(numbers: Iterable[int], start: int = 0) -> dict[int, int]:
    return dict(enumerate(numbers, start))


def task(to: int | None = None, *, start: int = 0, base: int = 0, **more: Any) -> dict[str, Any]:
    found = {"topic": "orders", "partition": 0, "sourceFrom": start, "targetFrom": base, **more}
    return found if to is None else {**found, "sourceTo": to}


class TestBounded:
    def test_equal_ranges_match_and_the_anchors_lie_behind_them(self):
        here = world(numbered(range(100)), numbered(range(100), 40), ends=(100, 140), base=40)
        [track] = here.verify("bounded", task(100, base=40))
        assert (track.verdict, track.records) == (Verdict.MATCH, 100)
        assert (track.next_offset(Log.SOURCE), track.next_offset(Log.TARGET)) == (100, 140)

    def test_the_source_beyond_the_range_and_its_copies_are_not_judged(self):
        here = world(numbered(range(100)), numbered(range(100)), ends=(100, 100))
        [track] = here.verify("bounded", task(60))
        assert (track.verdict, track.records) == (Verdict.MATCH, 60)
        assert (track.next_offset(Log.SOURCE), track.next_offset(Log.TARGET)) == (60, 60)

    def test_a_range_that_ends_in_control_records_is_read_to_its_end(self):
        here = world(numbered(range(10)), numbered(range(10)), ends=(14, 11))
        [track] = here.verify("bounded", task(14))
        assert (track.verdict, track.next_offset(Log.SOURCE)) == (Verdict.MATCH, 14)

    def test_an_empty_range_matches_with_nothing(self):
        here = world({}, {}, ends=(0, 0))
        [track] = here.verify("bounded", task(0))
        assert (track.verdict, track.records) == (Verdict.MATCH, 0)

    def test_an_empty_range_beyond_the_logs_end_is_incomplete(self):
        """The log was truncated or re-created: an empty range there proves nothing."""
        here = world({}, {}, ends=(5, 0))
        [track] = here.verify("bounded", task(9, start=9))
        assert track.verdict is Verdict.INCOMPLETE
        assert track.error == "source: the log ends at 5, before offset 9"

    @pytest.mark.parametrize(
        ("aborted", "expected"), [(True, Verdict.MATCH), (False, Verdict.UNVERIFIABLE)]
    )
    def test_a_range_without_records_matches_only_if_aborted_ones_are_seen(
        self, aborted: bool, expected: Verdict
    ):
        here = world({}, {}, ends=(5, 0))
        here.source.uncommitted = aborted
        [track] = here.verify("bounded", task(5))
        assert (track.verdict, track.records) == (expected, 0)

    def test_a_dropped_record_is_missing(self):
        here = world(numbered(range(50)), numbered([*range(20), *range(21, 50)]), ends=(50, 49))
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.MISSING
        assert track.result.first is not None
        assert track.result.first.source_offset == 20

    def test_a_target_that_stays_short_is_missing_after_the_deadline_not_before(self):
        here = world(numbered(range(50)), numbered(range(40)), ends=(50, 40))
        began = here.clock.seconds
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.MISSING
        assert 30 <= here.clock.seconds - began < 60

    def test_a_copy_hidden_by_an_open_transaction_is_incomplete_not_missing(self):
        here = world(numbered(range(50)), numbered(range(40)), ends=(50, 40))
        here.target.high = 50
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.INCOMPLETE
        assert track.error == ("target: nothing read for 30 s; an open transaction hides 40 to 50")

    def test_a_target_that_catches_up_in_time_matches(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 10))
        grow = iter(range(11, 51))

        def each(tracks: Iterable[Track]) -> None:
            here.target.ends[P0] = next(grow, 50)
            here.clock.seconds += 20

        here.channel.progress = each  # type: ignore[method-assign]
        [track] = here.verify("bounded", task(50))
        assert (track.verdict, track.records) == (Verdict.MATCH, 50)

    def test_a_target_that_does_not_answer_is_incomplete_never_missing(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        here.target.deaf = True
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.INCOMPLETE
        assert track.error == "target: nothing read for 30 s; read up to 0 of 50"

    def test_a_source_that_does_not_answer_is_incomplete(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        here.source.deaf = True
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.INCOMPLETE
        assert track.error == "source: nothing read for 30 s; read up to 0 of 50"

    def test_an_open_transaction_below_the_range_end_is_incomplete(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(30, 30))
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.INCOMPLETE
        assert track.error == "source: nothing read for 30 s; read up to 30 of 50"

    @pytest.mark.parametrize("side", list(Log))
    def test_a_range_removed_before_the_start_is_unverifiable(self, side: Log):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        (here.source if side is Log.SOURCE else here.target).log_starts[P0] = 3
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.UNVERIFIABLE
        assert track.gap is not None
        assert (track.gap.side, track.gap.start, track.gap.end) == (side, 0, 3)

    def test_a_range_removed_while_reading_is_unverifiable(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        here.source.faults = [Fault(P0, "offset out of range", gone=True)]
        [track] = here.verify("bounded", task(50))
        assert track.verdict is Verdict.UNVERIFIABLE

    def test_a_partition_that_cannot_be_read_is_incomplete_and_the_others_go_on(self):
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

    def test_an_offset_read_twice_is_incomplete(self):
        here = world(numbered(range(20)), numbered(range(20)), ends=(20, 20))
        here.source.faults = [Records(P0, [0, 1], [record(0), record(1)])]  # type: ignore[list-item]
        [track] = here.verify("bounded", task(20))
        assert track.verdict is Verdict.INCOMPLETE

    def test_a_lost_record_of_a_compacted_topic_is_unverifiable(self):
        here = world(numbered(range(50)), numbered([*range(20), *range(21, 50)]), ends=(50, 49))
        [track] = here.verify("bounded", task(50, cleanup="compact"))
        assert track.verdict is Verdict.UNVERIFIABLE

    def test_a_long_log_is_read_in_bounded_memory(self):
        """The side that is ahead rests until the other one caught up."""
        numbers = numbered(range(30_000))
        here = world(numbers, numbers, ends=(30_000, 30_000))
        here.source.batch, here.target.batch = 500, 50
        held: list[int] = []
        take = here.target.read

        def read(wait: float) -> Sequence[ReadEvent]:
            held.append(here.source.starts[P0] - here.target.starts[P0])
            return take(wait)

        here.target.read = read  # type: ignore[method-assign]
        [track] = here.verify("bounded", task(30_000))
        assert (track.verdict, track.records) == (Verdict.MATCH, 30_000)
        assert max(held) < 10_000


def given(world: World, fence: int, end: int, *, after: int = 3) -> None:
    """Write the input at the `after`-th look."""

    def each() -> Mapping[str, Any] | None:
        if world.channel.looks < after:
            return None
        return {"fence": {"orders": {"0": fence}}, "end": {"orders": {"0": end}}}

    world.channel.each = each


class TestFollow:
    def test_logs_equal_up_to_both_ends_match(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(52, 55))
        given(here, 52, 55)
        [track] = here.verify("follow", task())
        assert (track.verdict, track.records) == (Verdict.MATCH, 50)
        assert (track.next_offset(Log.SOURCE), track.next_offset(Log.TARGET)) == (52, 55)

    def test_it_goes_on_until_the_input_is_there(self):
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

    def test_an_input_without_the_target_end_is_waited_for(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))

        def each() -> Mapping[str, Any]:
            ends = {"orders": {"0": 50}}
            return {"fence": ends} if here.channel.looks < 9 else {"fence": ends, "end": ends}

        here.channel.each = each
        [track] = here.verify("follow", task())
        assert here.channel.looks == 9
        assert track.verdict is Verdict.MATCH

    def test_the_final_verdict_comes_at_once_when_caught_up(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        given(here, 50, 50, after=5)
        began = here.clock.seconds
        here.verify("follow", task())
        assert here.clock.seconds - began < 5 * 0.25 + 0.2

    def test_a_record_below_the_fence_without_a_copy_is_missing_at_once(self):
        here = world(numbered(range(50)), numbered(range(49)), ends=(50, 49))
        given(here, 50, 49)
        began = here.clock.seconds
        [track] = here.verify("follow", task())
        assert track.verdict is Verdict.MISSING
        assert here.clock.seconds - began < 2

    def test_a_target_record_below_its_end_that_copies_nothing_is_extra(self):
        here = world(numbered(range(50)), numbered([*range(50), 99]), ends=(50, 51))
        given(here, 50, 51)
        [track] = here.verify("follow", task())
        assert track.verdict is Verdict.EXTRA

    def test_a_source_record_beyond_the_fence_is_incomplete(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        given(here, 48, 50)
        [track] = here.verify("follow", task())
        assert track.verdict is Verdict.INCOMPLETE
        assert track.error == "source: a record at offset 49 lies beyond the fence at 48"

    def test_a_fence_that_the_reader_never_reaches_is_incomplete_after_the_deadline(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        given(here, 60, 50)
        [track] = here.verify("follow", task())
        assert track.verdict is Verdict.INCOMPLETE
        assert track.error == "source: nothing read for 30 s; read up to 50 of 60"

    def test_a_partition_that_the_input_does_not_name_is_incomplete(self):
        here = world(numbered(range(5)), numbered(range(5)), ends=(5, 5))
        here.channel.each = lambda: {"fence": {"orders": {"0": 5}}, "end": {}}
        [track] = here.verify("follow", task())
        assert track.error == "the input names no end for this partition"

    def test_an_input_with_a_wrong_offset_is_an_error(self):
        here = world(numbered(range(5)), numbered(range(5)), ends=(5, 5))
        here.channel.each = lambda: {"fence": {"orders": {"0": "5"}}, "end": {}}
        with pytest.raises(ValueError, match="orders-0 has no valid offset"):
            here.verify("follow", task())

    def test_an_input_in_other_words_is_an_error_not_an_endless_wait(self):
        here = world(numbered(range(5)), numbered(range(5)), ends=(5, 5))
        here.channel.each = lambda: {"F": {"orders": {"0": 5}}, "T": {"orders": {"0": 5}}}
        with pytest.raises(ValueError, match="unknown fields"):
            here.verify("follow", task())

    def test_a_difference_is_reported_while_following(self):
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

    def test_nothing_unfinished_is_called_a_match(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        seen: list[Verdict] = []

        def each() -> Mapping[str, Any] | None:
            seen.extend(verdict for verdict, _ in here.channel.last)
            ends = {"orders": {"0": 50}}
            return {"fence": ends, "end": ends} if here.channel.looks > 10 else None

        here.channel.each = each
        here.verify("follow", task())
        assert set(seen) == {Verdict.INCOMPLETE}

    def test_the_report_says_how_far_it_is(self):
        here = world(numbered(range(50)), numbered(range(50)), ends=(50, 50))
        given(here, 50, 50, after=10)
        here.verify("follow", task())
        assert [source_next for _, source_next in here.channel.last] == [50]
