"""One partition under comparison: how far each side was read, and when it is finished.

Used by `run` only. No I/O; time is handed in (monotonic seconds). Must never be finished with a
MATCH unless the whole range was read on the source and every record in it was matched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kafka_migration.decide.rules.comparison import LOOKAHEAD, Comparison, Result
from kafka_migration.decide.rules.comparison_head import Head
from kafka_migration.decide.rules.comparison_record import Verdict
from kafka_migration.verifier.reading import Bounds, End, Fault, Log, ReadEvent, Records
from kafka_migration.verifier.spec import Cleanup, Mode, Task

_HELD_AT_MOST = 2 * LOOKAHEAD  # records per side and partition; then its fetching pauses
_PASSING = (Verdict.MATCH, Verdict.MATCH_WITH_DUPLICATES)


@dataclass
class _Progress:
    """How far one side was read: everything below `next` was seen."""

    next: int
    end: int | None = None  # read up to here, exclusive; None = not known yet
    last: int = -1  # offset of the last data record

    @property
    def ended(self) -> bool:
        return self.end is not None and self.next >= self.end


@dataclass(frozen=True)
class Gap:
    """A range that can no longer be read on one side."""

    side: Log
    start: int
    end: int
    reason: str


class Track:
    """State of one partition; `done` is final."""

    def __init__(self, task: Task, mode: Mode, resend: int) -> None:
        """Start before any record was read."""
        self.task = task
        self.done = False
        self.error: str | None = None
        self.gap: Gap | None = None
        self.progressed_at = 0.0
        self._bounded = mode is Mode.BOUNDED
        self._logs = {
            Log.SOURCE: _Progress(task.source_from, task.source_to if self._bounded else None),
            Log.TARGET: _Progress(task.target_from),
        }
        self._walk = Comparison(
            task.source_from, task.target_from, judge_tail=not self._bounded, resend=resend
        )
        self._undecided_since: float | None = None
        self._reached_then: tuple[int, Head | None] = (0, None)
        self._second_look_passed = False

    # ------------------------------------------------------------ what happened

    def check_bounds(self, log: Log, bounds: Bounds | Fault) -> None:
        """Refuse to start where the log no longer, or not yet, holds the first offset."""
        start = self._logs[log].next
        if isinstance(bounds, Fault):
            self.fail(f"{log}: {bounds.message}")
        elif bounds.stable_end < start:
            self.fail(f"{log}: the log ends at {bounds.stable_end}, before offset {start}")
        elif bounds.start > start and not self._empty:
            self._gone(log, start, bounds.start)
        elif self._bounded and start > 0 and bounds.start == start:
            self._walk.late = replace(self._walk.late, **{log.value: True})

    @property
    def _empty(self) -> bool:
        return self._bounded and self.task.source_from == self.task.source_to

    def _gone(self, log: Log, start: int, end: int) -> None:
        reason = f"the log starts at {end}: retention or deletion removed what was before"
        self._unverifiable(Gap(log, start, end, reason))

    def _unverifiable(self, gap: Gap) -> None:
        self.gap = gap
        self.done = True

    def fail(self, message: str) -> None:
        """End without a verdict: INCOMPLETE, with this message (already redacted)."""
        if not self.done:
            self.error = message
            self.done = True

    def take(self, log: Log, event: ReadEvent, now: float) -> None:
        """Note what a reader told about this partition."""
        if self.done:
            return
        self.progressed_at = now
        if isinstance(event, Records):
            self._records(log, event)
        elif isinstance(event, End):
            self._logs[log].next = max(self._logs[log].next, event.offset)
        elif event.gone:
            at = self._logs[log].next
            self._unverifiable(Gap(log, at, at + 1, f"removed while reading: {event.message}"))
        else:
            self.fail(f"{log}: {event.message}")

    def _records(self, log: Log, records: Records) -> None:
        progress = self._logs[log]
        if records.offsets[0] < progress.next:
            self.fail(f"{log}: read offset {records.offsets[0]} again, after {progress.next - 1}")
            return
        offsets, marks = list(records.offsets), list(records.marks)
        progress.next = progress.last = offsets[-1]
        progress.next += 1
        if log is Log.TARGET:
            self._walk.feed_target(offsets, marks)
            return
        if progress.end is not None and offsets[-1] >= progress.end:
            if not self._bounded:
                self._beyond_fence(offsets[-1], progress.end)
                return
            inside = sum(offset < progress.end for offset in offsets)
            offsets, marks = offsets[:inside], marks[:inside]
        self._walk.feed_source(offsets, marks)

    def _beyond_fence(self, offset: int, fence: int) -> None:
        self.fail(f"source: a record at offset {offset} lies beyond the fence at {fence}")

    def set_ends(self, fence: int | None, end: int | None, now: float) -> None:
        """Follow mode: both logs are final, the source at `fence`, the target at `end`."""
        if self.done:
            return
        if fence is None or end is None:
            self.fail("the input names no end for this partition")
            return
        source = self._logs[Log.SOURCE]
        if fence < self.task.source_from or end < self.task.target_from:
            self.fail(f"the ends {fence} and {end} lie before where the comparison began")
        elif source.last >= fence:
            self._beyond_fence(source.last, fence)
        source.end, self._logs[Log.TARGET].end = fence, end
        self.progressed_at = now

    # ------------------------------------------------------------ moving on

    def advance(self, now: float, *, force: bool = False, target_ended: bool = False) -> None:
        """Compare what was read; sets `done` when nothing is left to compare."""
        if self.done:
            return
        source, target = self._logs[Log.SOURCE], self._logs[Log.TARGET]
        over = target_ended or target.ended
        self._walk.advance(source_ended=source.ended, target_ended=over, force=force)
        self._note_undecided(now)
        self._note_head()
        if self._walk.lost:
            self.done = True
        elif source.ended and self._walk.waiting[0] == 0:
            self.done = self._bounded or (target.ended and self._walk.waiting[1] == 0)

    def _note_head(self) -> None:
        """What lost its counterpart before the comparison began leaves a gap; the rest goes on."""
        head = self._walk.head
        if head is None:
            return
        if head.only_source:
            gone, until = Log.TARGET, self.task.target_from
            remedy = "copy the topic anew, with a longer retention there"
        else:
            gone, until = Log.SOURCE, self.task.source_from
            remedy = f"delete the target's records before offset {head.end} (kafka-delete-records)"
        reason = f"retention took records of the {gone} before they were compared; {remedy}"
        self.gap = Gap(gone, 0, until, reason)

    def _note_undecided(self, now: float) -> None:
        reached = (self._walk.records, self._walk.head)
        if not self._walk.undecided:
            self._undecided_since = None
        elif self._undecided_since is None or reached != self._reached_then:
            self._undecided_since = now
        self._reached_then = reached

    def settled(self, now: float, seconds: float) -> bool:
        """Tell whether differing heads were looked at for so long that they must be judged."""
        return self._undecided_since is not None and now - self._undecided_since >= seconds

    @property
    def waits_for_end(self) -> bool:
        """True if the partition has to finish: both ends are known, or the mode is bounded."""
        return not self.done and self._logs[Log.SOURCE].end is not None

    def stalled(self, target: Bounds | Fault, seconds: float, now: float) -> None:
        """Nothing moved for too long: MISSING if the target provably has no more, else fail."""
        source, copy = self._logs[Log.SOURCE], self._logs[Log.TARGET]
        since = f"nothing read for {seconds:.0f} s"
        if not source.ended:
            self.fail(f"source: {since}; read up to {source.next} of {source.end}")
        elif isinstance(target, Fault):
            self.fail(f"target: {since}; {target.message}")
        elif copy.next < (wanted := target.stable_end if copy.end is None else copy.end):
            self.fail(f"target: {since}; read up to {copy.next} of {wanted}")
        elif target.end > target.stable_end:
            self.fail(
                f"target: {since}; an open transaction hides {target.stable_end} to {target.end}"
            )
        else:
            self.advance(now, force=True, target_ended=True)
            self.fail(f"{since}, and no verdict")

    @property
    def needs_second_look(self) -> bool:
        """True if a range was read through and nothing was in it: that wants more evidence."""
        return (
            self._bounded
            and self.done
            and self.verdict is Verdict.MATCH
            and not self._empty
            and self._walk.records == 0
            and not self._second_look_passed
        )

    def second_look(self, *, holds_uncommitted: bool) -> None:
        """An empty range is a match only if what fills it was seen: aborted records."""
        if holds_uncommitted:
            self._second_look_passed = True
            return
        start, end = self.task.source_from, self.task.source_to or 0
        reason = "no readable record: only transaction markers, or compacted away"
        self._unverifiable(Gap(Log.SOURCE, start, end, reason))

    def should_pause(self, log: Log, *, paused: bool) -> bool:
        """Tell whether fetching this side should rest, given whether it rests now."""
        if self.done or (log is Log.SOURCE and self._bounded and self._logs[log].ended):
            return True
        held = self._walk.waiting[0 if log is Log.SOURCE else 1]
        return held > (_HELD_AT_MOST // 2 if paused else _HELD_AT_MOST)

    # ------------------------------------------------------------ what is known

    @property
    def held(self) -> tuple[int, int]:
        """Records of source and target that wait for the other side."""
        return self._walk.waiting

    @property
    def records(self) -> int:
        """Pairs of equal records found so far."""
        return self._walk.records

    @property
    def result(self) -> Result:
        """The comparison's own figures."""
        return self._walk.result()

    @property
    def verdict(self) -> Verdict:
        """The verdict now; INCOMPLETE until done, unless a difference was proven."""
        found = self._walk.result().verdict
        if found in (Verdict.MISSING, Verdict.EXTRA) and self.task.cleanup is Cleanup.COMPACT:
            return Verdict.UNVERIFIABLE
        if found not in _PASSING:
            return found
        if self.gap is not None:
            return Verdict.UNVERIFIABLE
        return found if self.done and self.error is None else Verdict.INCOMPLETE

    def next_offset(self, log: Log) -> int:
        """First offset that is not compared yet; everything below it is accounted for."""
        result = self._walk.result()
        progress = self._logs[log]
        compared = result.source_next if log is Log.SOURCE else result.target_next
        if self._walk.waiting[0 if log is Log.SOURCE else 1]:
            return compared
        reached = progress.next if progress.end is None else min(progress.next, progress.end)
        return max(compared, reached)
