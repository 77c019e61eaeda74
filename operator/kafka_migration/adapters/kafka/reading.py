"""A consumer that is opened when needed, reused under a lock, and dropped after any failure.

Called by `tail`, `records` and `syncs`. It never joins a group nor commits; a refusal of the group
that librdkafka looks up all the same is nobody's business.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.config import consumer_config
from kafka_migration.adapters.kafka.errors import (
    refused_configuration,
    translate,
    translate_exception,
)
from kafka_migration.adapters.kafka.faults import FaultLog
from kafka_migration.adapters.kafka.rdkafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Local,
    Message,
)
from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason

_NAMED = 5  # partitions named in a time-out's message


class Reading:
    """One consumer of one connection."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._lock = threading.Lock()
        self._faults = FaultLog()
        self._consumer: Consumer | None = None
        self._known: set[str] = set()

    @contextmanager
    def consumer(self, topics: Collection[str], deadline: float) -> Iterator[Consumer]:
        """The consumer, for one caller at a time, with the leaders of these topics known.

        Unavailable if it is still another's at the deadline (monotonic).
        """
        self._take_turn(deadline)
        try:
            with ExitStack() as undo:
                undo.callback(self._drop)
                consumer = self._opened()
                self._learn(consumer, topics)
                yield consumer
                consumer.unassign()
                undo.pop_all()  # it went well: the consumer is kept
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the consumer; a later use opens a new one."""
        with self._lock:
            self._drop()

    def offset(self, message: Message, partition: Partition) -> int | None:
        """The offset of a record; None at the end of a partition; anything else raises."""
        error = message.error()
        if error is None:
            return int(message.offset() or 0)
        if error.code() == Local.PARTITION_EOF:
            return None
        raise translate(error, f"read {partition}", self._faults.worst())

    def reached(self, message: Message, partition: Partition) -> tuple[int | None, int]:
        """The record's offset, or None at an end, and up to where the log was looked at."""
        offset = self.offset(message, partition)
        return (None, int(message.offset() or 0)) if offset is None else (offset, offset + 1)

    def check(self, unread: Collection[Partition], deadline: float, doing: str) -> None:
        """Raise Unavailable once the deadline has passed with something unread."""
        if time.monotonic() <= deadline or not unread:
            return
        names = ", ".join(map(str, sorted(unread)[:_NAMED]))
        fault = self._faults.worst()
        cause = f": {fault.str()}" if fault is not None else ""
        raise Unavailable(
            Reason.UNREACHABLE,
            f"cannot {doing} of {len(unread)} partitions ({names}) in time{cause};"
            " check the brokers that lead them; it is tried again",
        )

    def _take_turn(self, deadline: float) -> None:
        if self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return
        raise Unavailable(
            Reason.DEADLINE_EXCEEDED,
            "another reading of this cluster has not ended in time; it is tried again",
        )

    def _learn(self, consumer: Consumer, topics: Collection[str]) -> None:
        """Fetch the leaders of topics new to this consumer; by itself it would take a second."""
        for topic in sorted(set(topics) - self._known):
            try:
                consumer.list_topics(topic, timeout=REQUEST_TIMEOUT)
            except KafkaException as error:
                doing = f"find the leaders of topic {topic}"
                raise translate_exception(error, doing, self._faults.worst()) from None
            self._known.add(topic)

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


def partition_of(message: Message) -> Partition:
    """The partition that a message or its error is about; number -1 if it names none."""
    number = message.partition()
    return Partition(str(message.topic()), -1 if number is None else number)


def about_group(message: Message) -> bool:
    """True for a refusal of the group that librdkafka looks up although nobody uses it."""
    error = message.error()
    return error is not None and error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED
