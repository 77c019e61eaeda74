"""Finds the last data record before an offset, as a read_committed reader sees it.

Called by `client`. Must never take a marker or an aborted record for data, and never say "none"
before the log start was reached.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.config import consumer_config
from kafka_migration.adapters.kafka.errors import (
    refused_configuration,
    translate,
    translate_exception,
)
from kafka_migration.adapters.kafka.faults import FaultLog
from kafka_migration.adapters.kafka.offsets import read_stable_ends, read_starts
from kafka_migration.adapters.kafka.rdkafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Local,
    Message,
    TopicPartition,
)
from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason

# A transactional topic ends with a marker; a few records back there is data nearly always, and
# the broker sends whole batches anyway.
_FIRST_STEP = 8
_GROWTH = 8
_NAMED = 5  # partitions named in a time-out's message


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
    """One consumer, reused under a lock; it never joins a group nor commits."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._lock = threading.Lock()
        self._faults = FaultLog()
        self._consumer: Consumer | None = None
        self._known: set[str] = set()

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
        deadline = time.monotonic() + timeout
        with self._lock:
            try:
                self._run(searches, deadline)
            except BaseException:
                self._drop()
                raise
        return {partition: search.found for partition, search in searches.items()}

    def close(self) -> None:
        """Close the consumer; a later search opens a new one."""
        with self._lock:
            self._drop()

    def _run(self, searches: Mapping[Partition, Search], deadline: float) -> None:
        open_ = {part: search for part, search in searches.items() if not search.done}
        if not open_:
            return
        consumer = self._opened()
        self._learn(consumer, {partition.topic for partition in open_})
        while open_:
            consumer.assign(
                [TopicPartition(part.topic, part.number, s.low) for part, s in open_.items()]
            )
            self._read_windows(consumer, open_, deadline)
            open_ = {part: search for part, search in open_.items() if not search.done}
            for search in open_.values():
                search.step_back()
        consumer.unassign()

    def _learn(self, consumer: Consumer, topics: set[str]) -> None:
        """Fetch the leaders of topics new to this consumer; by itself it would take a second."""
        for topic in sorted(topics - self._known):
            try:
                consumer.list_topics(topic, timeout=REQUEST_TIMEOUT)
            except KafkaException as error:
                doing = f"find the leaders of topic {topic}"
                raise translate_exception(error, doing, self._faults.worst()) from None
            self._known.add(topic)

    def _read_windows(
        self, consumer: Consumer, searches: Mapping[Partition, Search], deadline: float
    ) -> None:
        unread = dict(searches)
        paused: dict[Partition, TopicPartition] = {}
        while unread:
            self._check(unread, deadline)
            message = consumer.poll(0.05)
            if message is None or _about_group(message):
                continue
            partition = Partition(str(message.topic()), int(message.partition() or 0))
            offset = self._offset(message, partition)
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

    def _offset(self, message: Message, partition: Partition) -> int | None:
        """The offset of a record; None at the end of a partition; anything else raises."""
        error = message.error()
        if error is None:
            return int(message.offset() or 0)
        if error.code() == Local.PARTITION_EOF:
            return None
        raise translate(error, f"read {partition}", self._faults.worst())

    def _check(self, unread: Iterable[Partition], deadline: float) -> None:
        if time.monotonic() <= deadline:
            return
        left = sorted(unread)
        if not left:
            return
        names = ", ".join(map(str, left[:_NAMED]))
        fault = self._faults.worst()
        cause = f": {fault.str()}" if fault is not None else ""
        raise Unavailable(
            Reason.UNREACHABLE,
            f"cannot find the last record of {len(left)} partitions ({names}) in time{cause};"
            " check the brokers that lead them; it is tried again",
        )

    def _opened(self) -> Consumer:
        if self._consumer is None:
            connection = self._admin.connection
            config = {**consumer_config(connection), "error_cb": self._faults.record}
            self._faults.clear()
            try:
                self._consumer = Consumer(config)
            except (KafkaException, ValueError, TypeError) as error:
                raise refused_configuration(error, connection) from None
        return self._consumer

    def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._known.clear()
        if consumer is not None:
            try:
                consumer.close()
            except KafkaException as error:
                raise translate_exception(error, "close a consumer") from None


def _about_group(message: Message) -> bool:
    """True for a refusal of the group that librdkafka looks up although nobody uses it."""
    error = message.error()
    return error is not None and error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED
