"""The offset-syncs topics of our mirrors: which record was copied to which offset.

Called by `client`. A topic is read once into an index and followed from there. Format: key =
STRING topic, INT32 partition; value = INT64 upstream, INT64 downstream; big endian, no version
(MirrorMaker's OffsetSync, Kafka 4.3). Must never keep a sync that a later one contradicts.
"""

from __future__ import annotations

import struct
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_migration.adapters.kafka.admin import Admin
from kafka_migration.adapters.kafka.offsets import read_ends, read_starts
from kafka_migration.adapters.kafka.rdkafka import Consumer, Message, TopicPartition
from kafka_migration.adapters.kafka.reading import Reading, about_group
from kafka_migration.errors import Refused
from kafka_migration.model.kafka import Around, Partition, Sync
from kafka_migration.model.reasons import Reason

_BATCH = 1_000
_WAIT = 0.05  # seconds for a batch: consume() waits them out unless the batch is full
_KEPT = 2_000_000  # syncs of one topic in memory, 32 MB
_LENGTH = struct.Struct(">h")
_NUMBER = struct.Struct(">i")
_OFFSETS = struct.Struct(">qq")


@dataclass
class Track:
    """Syncs of one partition, both offsets strictly rising; the newest word counts."""

    upstream: array[int] = field(default_factory=lambda: array("q"))
    downstream: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        """Syncs kept."""
        return len(self.upstream)

    def add(self, sync: Sync) -> None:
        """Add one; it voids those at or after it on either side.

        A task that begins again sends the records of its aborted transaction once more, and the
        copies of a topic that was made anew begin at 0.
        """
        while self.upstream and (
            self.upstream[-1] >= sync.upstream or self.downstream[-1] >= sync.downstream
        ):
            self.upstream.pop()
            self.downstream.pop()
        self.upstream.append(sync.upstream)
        self.downstream.append(sync.downstream)

    def thin(self) -> None:
        """Keep every second one, and the last: what lies between is counted instead."""
        last = (len(self) - 1) % 2
        self.upstream = self.upstream[last::2]
        self.downstream = self.downstream[last::2]

    def around(self, wanted: Around) -> tuple[Sync, ...]:
        """The nearest ones within the bounds, in order."""
        first = max(
            bisect_left(self.upstream, wanted.lowest.upstream),
            bisect_left(self.downstream, wanted.lowest.downstream),
        )
        end = len(self)
        if wanted.below is not None:
            end = min(
                bisect_left(self.upstream, wanted.below.upstream),
                bisect_left(self.downstream, wanted.below.downstream),
            )
        at = bisect_right(self.downstream if wanted.downstream else self.upstream, wanted.offset)
        low, high = max(first, at - wanted.count), min(end, at + wanted.count)
        return tuple(Sync(self.upstream[i], self.downstream[i]) for i in range(low, max(low, high)))


@dataclass
class Index:
    """One syncs topic, read up to `next`."""

    kept: int = _KEPT
    next: int = 0
    size: int = 0
    tracks: dict[Partition, Track] = field(default_factory=dict)

    def add(self, partition: Partition, sync: Sync) -> None:
        """Add one; at the limit every partition keeps half."""
        track = self.tracks.setdefault(partition, Track())
        before = len(track)
        track.add(sync)
        self.size += len(track) - before
        if self.size > self.kept:
            for other in self.tracks.values():
                other.thin()
            self.size = sum(map(len, self.tracks.values()))


class SyncReader:
    """Follows syncs topics with one reused consumer, one call at a time."""

    def __init__(self, admin: Admin, reading: Reading) -> None:
        self._admin = admin
        self._reading = reading
        self._indexes: dict[str, Index] = {}

    def syncs(
        self, topic: str, wanted: Mapping[Partition, Around], timeout: float
    ) -> dict[Partition, tuple[Sync, ...]]:
        """The wanted syncs as of now; Unavailable after `timeout` seconds, what was read stays."""
        index = self._followed(topic, time.monotonic() + timeout)
        return {
            part: track.around(around) if (track := index.tracks.get(part)) else ()
            for part, around in wanted.items()
        }

    def _followed(self, topic: str, deadline: float) -> Index:
        place = Partition(topic, 0)
        with self._reading.consumer([topic], deadline) as consumer:
            # In turn: an end from before another call read on would look like a new topic's.
            start = read_starts(self._admin, [place])[place]
            end = read_ends(self._admin, [place]).high[place]
            index = self._indexes.setdefault(topic, Index())
            if end < index.next:  # the topic was made anew
                index = self._indexes[topic] = Index()
            index.next = max(index.next, start)
            if index.next < end:
                consumer.assign([TopicPartition(topic, 0, index.next)])
            while index.next < end:
                self._reading.check([place], deadline, "read the offset syncs")
                self._read(consumer, index, place)
        return index

    def _read(self, consumer: Consumer, index: Index, place: Partition) -> None:
        for message in consumer.consume(_BATCH, _WAIT):
            if about_group(message):
                continue
            offset, through = self._reading.reached(message, place)
            if offset is not None:
                index.add(*parsed(message))
            index.next = max(index.next, through)


def parsed(message: Message) -> tuple[Partition, Sync]:
    """Partition and sync of one record; anything else in that topic = Refused."""
    key, value = message.key() or b"", message.value() or b""
    try:
        length = _LENGTH.unpack_from(key)[0]
        name = key[_LENGTH.size : _LENGTH.size + length].decode()
        (number,) = _NUMBER.unpack(key[_LENGTH.size + length :])
        return Partition(name, number), Sync(*_OFFSETS.unpack(value))
    except (struct.error, UnicodeDecodeError):
        text = (
            f"record {message.offset()} of {message.topic()} is no offset sync: somebody else "
            "writes that topic; stop them and start a new KafkaMigration"
        )
        raise Refused(Reason.GAP_DETECTED, text) from None
