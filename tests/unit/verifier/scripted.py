"""Two scripted clusters, and a verification run over them to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

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
    faults: list[ReadEvent] = field(default_factory=list)
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
