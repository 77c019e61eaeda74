"""The loop of a verification: read both sides, compare, report, until every partition is done.

Made by `main` with real readers and ConfigMaps, by tests with lists. Must never wait without a
deadline once the ends are known, and never turn a failure into a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kafka_migration.model.kafka import Partition
from kafka_migration.ports import Clock
from kafka_migration.verifier.reading import Fault, Log, Reader
from kafka_migration.verifier.spec import Mode, Spec
from kafka_migration.verifier.track import Track

_IDLE_SECONDS = 0.01
_HOUSEKEEPING_SECONDS = 0.2
_HELD_IN_ALL = 200_000  # records of one side; then the side behind is read alone
_RESEND_IN_ALL = 1_000_000  # records remembered to recognise repeats, over all partitions
_RESEND_MOST, _RESEND_LEAST = 20_000, 1_000


class Channel(Protocol):
    """Where the input comes from and progress goes to."""

    def progress(self, tracks: Iterable[Track]) -> None:
        """Publish what is known, if it is time to."""
        ...

    def input(self) -> Mapping[str, Any] | None:
        """The input document, or None while there is none."""
        ...


def tracks_of(spec: Spec) -> dict[Partition, Track]:
    """One track per partition, before anything was read."""
    share = _RESEND_IN_ALL // len(spec.partitions)
    resend = max(_RESEND_LEAST, min(_RESEND_MOST, share))
    return {task.id: Track(task, spec.mode, resend) for task in spec.partitions}


@dataclass
class _SideState:
    reader: Reader
    paused: set[Partition] = field(default_factory=set)


class Verification:
    """All partitions of one spec."""

    def __init__(
        self,
        spec: Spec,
        tracks: Mapping[Partition, Track],
        readers: Mapping[Log, Reader],
        channel: Channel,
        clock: Clock,
    ) -> None:
        """`tracks` come from `tracks_of(spec)`; nothing is read before `run`."""
        self._spec = spec
        self._sides = {log: _SideState(readers[log]) for log in Log}
        self._channel = channel
        self._clock = clock
        self._tracks = tracks
        self._open = set(tracks)
        self._ends_known = spec.mode is Mode.BOUNDED
        self._matched_at = clock.monotonic()
        self._held = (0, 0)
        self._held_by: dict[Partition, tuple[int, int]] = {}

    def run(self) -> None:
        """Compare until every track is done; raises what the readers and the channel raise."""
        self._start()
        next_look = 0.0
        while self._open:
            touched = self._read()
            self._advance(touched)
            now = self._clock.monotonic()
            if now >= next_look:
                next_look = now + _HOUSEKEEPING_SECONDS
                self._housekeeping(now)

    def _start(self) -> None:
        now = self._clock.monotonic()
        for log, side in self._sides.items():
            for partition, bounds in side.reader.bounds().items():
                self._tracks[partition].check_bounds(log, bounds)
        for track in self._tracks.values():
            track.progressed_at = now
        self._advance(set(self._open))

    def _read(self) -> set[Partition]:
        """Take one batch of each side; rest a moment if neither had any."""
        touched: set[Partition] = set()
        held = self._held
        order = (Log.TARGET, Log.SOURCE) if held[0] > held[1] else (Log.SOURCE, Log.TARGET)
        behind = self._take(order[0], 0)
        touched |= behind
        if not behind or max(held) < _HELD_IN_ALL:
            touched |= self._take(order[1], 0)
        return touched or self._take(order[0], _IDLE_SECONDS)

    def _take(self, log: Log, wait: float) -> set[Partition]:
        now = self._clock.monotonic()
        events = self._sides[log].reader.read(wait)
        for event in events:
            self._tracks[event.partition].take(log, event, now)
        return {event.partition for event in events}

    def _advance(self, partitions: Iterable[Partition]) -> None:
        now = self._clock.monotonic()
        for partition in partitions:
            track = self._tracks[partition]
            before = track.records
            track.advance(now)
            if track.records > before:
                self._matched_at = now
            self._weigh(partition, track)
            self._close_if_done(track)
            self._steer(track)

    def _weigh(self, partition: Partition, track: Track) -> None:
        """Keep the sums of held records, of source and target."""
        old, new = self._held_by.get(partition, (0, 0)), (0, 0) if track.done else track.held
        self._held = (self._held[0] + new[0] - old[0], self._held[1] + new[1] - old[1])
        self._held_by[partition] = new

    def _close_if_done(self, track: Track) -> None:
        if not track.done or track.task.id not in self._open:
            return
        if track.needs_second_look:
            task = track.task
            reader = self._sides[Log.SOURCE].reader
            seen = reader.holds_uncommitted(task.id, task.source_from, task.source_to or 0)
            track.second_look(holds_uncommitted=seen)
        self._open.discard(track.task.id)

    def _steer(self, track: Track) -> None:
        """Pause what is too far ahead or finished, resume what is wanted."""
        partition = track.task.id
        for log, side in self._sides.items():
            paused = partition in side.paused
            wanted = track.should_pause(log, paused=paused)
            if wanted and not paused:
                side.reader.pause(partition)
                side.paused.add(partition)
            elif paused and not wanted:
                side.reader.resume(partition)
                side.paused.discard(partition)

    # ------------------------------------------------------------ every 0.2 s

    def _housekeeping(self, now: float) -> None:
        if not self._ends_known:
            self._take_input(now)
        for partition in list(self._open):
            track = self._tracks[partition]
            if track.settled(now, self._spec.settle_seconds):
                track.advance(now, force=True)
                self._advance([partition])
        self._give_up_stalled(now)
        self._channel.progress(self._tracks.values())

    def _take_input(self, now: float) -> None:
        document = self._channel.input()
        if document is None:
            return
        unknown = sorted(set(document) - {"fence", "end"})
        if unknown:
            raise ValueError(f"input: unknown fields {unknown}; known are fence and end")
        if "fence" not in document or "end" not in document:
            return
        for partition, track in self._tracks.items():
            fence = _number(document["fence"], partition)
            track.set_ends(fence, _number(document["end"], partition), now)
        self._ends_known = True
        self._matched_at = now
        self._advance(list(self._open))

    def _give_up_stalled(self, now: float) -> None:
        limit = self._spec.stall_seconds
        if now - self._matched_at < limit:
            return  # a mirror may serve partitions one after the other
        stalled = [
            track
            for track in (self._tracks[partition] for partition in self._open)
            if track.waits_for_end and now - track.progressed_at >= limit
        ]
        if not stalled:
            return
        bounds = self._sides[Log.TARGET].reader.bounds()
        for track in stalled:
            none = Fault(track.task.id, "its end is not known")
            track.stalled(bounds.get(track.task.id, none), limit, now)
            self._close_if_done(track)


def _number(document: Mapping[str, Any], partition: Partition) -> int | None:
    """Take one offset out of {"topic": {"partition": offset}}; anything else raises ValueError."""
    value = document.get(partition.topic, {}).get(str(partition.number))
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise ValueError(f"input: {partition} has no valid offset")
    return value
