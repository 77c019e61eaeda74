"""Finds the last data record before an offset, as a read_committed reader sees it.

Called by `client`. Must never take a marker or an aborted record for data, and never say "none"
before the log start was reached.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from kafka_migration.adapters.kafka.admin import Admin
from kafka_migration.adapters.kafka.offsets import read_stable_ends, read_starts
from kafka_migration.adapters.kafka.rdkafka import Consumer, TopicPartition
from kafka_migration.adapters.kafka.reading import Reading, about_group, partition_of
from kafka_migration.model.kafka import Partition

# A transactional topic ends with a marker; a few records back there is data nearly always, and
# the broker sends whole batches anyway.
_FIRST_STEP = 8
_GROWTH = 8


@dataclass
class Search:
    """One partition's search: the window [low, top) of offsets is being read."""

    floor: int  # log start: nothing can be below
    low: int
    top: int
    step: int = _FIRST_STEP
    found: int | None = None
    read: bool = False  # the whole window was seen

    @classmethod
    def below(cls, top: int, floor: int) -> Search:
        """A search for the last record in [floor, top)."""
        return cls(floor=floor, low=max(floor, top - _FIRST_STEP), top=top, read=top <= floor)

    @property
    def done(self) -> bool:
        """True if a record was found or nothing is left to read."""
        return self.read and (self.found is not None or self.low <= self.floor)

    def see(self, offset: int | None) -> None:
        """A data record was delivered; None = the end of what is visible was reached."""
        if offset is not None and offset < self.top:
            self.found = offset
        if offset is None or offset >= self.top - 1:
            self.read = True

    def step_back(self) -> None:
        """Move the window before the one that held no record."""
        self.step *= _GROWTH
        self.top = self.low
        self.low = max(self.floor, self.top - self.step)
        self.read = False


class TailReader:
    """Searches with one reused consumer, one call at a time."""

    def __init__(self, admin: Admin, reading: Reading) -> None:
        self._admin = admin
        self._reading = reading

    def last_data(
        self, below: Mapping[Partition, int], timeout: float
    ) -> dict[Partition, int | None]:
        """Offset of the last data record below each offset; None = there is none.

        Nothing at or above the LSO is visible. Unavailable after `timeout` seconds.
        """
        starts = read_starts(self._admin, below)
        stable = read_stable_ends(self._admin, below)
        searches = {
            partition: Search.below(min(offset, stable[partition]), starts[partition])
            for partition, offset in below.items()
        }
        self._run(searches, time.monotonic() + timeout)
        return {partition: search.found for partition, search in searches.items()}

    def _run(self, searches: Mapping[Partition, Search], deadline: float) -> None:
        open_ = {part: search for part, search in searches.items() if not search.done}
        if not open_:
            return
        with self._reading.consumer({part.topic for part in open_}, deadline) as consumer:
            while open_:
                consumer.assign(
                    [TopicPartition(part.topic, part.number, s.low) for part, s in open_.items()]
                )
                self._read_windows(consumer, open_, deadline)
                open_ = {part: search for part, search in open_.items() if not search.done}
                for search in open_.values():
                    search.step_back()

    def _read_windows(
        self, consumer: Consumer, searches: Mapping[Partition, Search], deadline: float
    ) -> None:
        unread = dict(searches)
        paused: dict[Partition, TopicPartition] = {}
        while unread:
            self._reading.check(unread.keys(), deadline, "find the last record")
            message = consumer.poll(0.05)
            if message is None or about_group(message):
                continue
            partition = partition_of(message)
            offset = self._reading.offset(message, partition)
            search = unread.get(partition)
            if search is not None:
                search.see(offset)
                if search.read:
                    del unread[partition]
            elif offset is not None and partition not in paused:
                # Its window is read: its live end would drown the others.
                paused[partition] = TopicPartition(partition.topic, partition.number)
                consumer.pause([paused[partition]])
        if paused:  # librdkafka keeps a pause over a new assignment
            consumer.resume(list(paused.values()))
