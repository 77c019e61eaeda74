"""Reads one topic of one cluster from its first record to its end, read_committed.

Called when evidence is collected. A partition that cannot be read to its end is a fault of the
log and must never look like a short partition.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from kmig_demo.environment import Side
from kmig_demo.evidence import Log, LogRecord, parse_value

TIMEOUT = 20.0
SILENCE_SECONDS = 20.0
BATCH = 10_000
_END = "_PARTITION_EOF"  # librdkafka's name of it
T = TypeVar("T")
Make = Callable[[bytes | None, int], T]


def read_log(side: Side, topic: str, run: str) -> Log:
    """The whole topic. Faults instead of exceptions: the checker must hear of them."""

    def identified(value: bytes | None, offset: int) -> LogRecord:
        return LogRecord(parse_value(value, run), offset)

    return Log(*read_topic(side, topic, identified))


def read_topic(side: Side, topic: str, make: Make[T]) -> tuple[dict[int, list[T]], list[str]]:
    """What `make` makes of each record's value and offset, by partition, and the faults."""
    consumer = Consumer(
        {
            **side.client,
            "client.id": "kmig-demo-checker",
            "group.id": "kmig-demo-checker",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
    )
    try:
        return _Reading(consumer, side.name, topic, make).whole()
    except KafkaException as error:
        return {}, [f"{side.name} {topic}: {error}"]
    finally:
        consumer.close()


class _Reading(Generic[T]):
    """One pass over all partitions of a topic."""

    def __init__(self, consumer: Consumer, side: str, topic: str, make: Make[T]) -> None:
        self._consumer, self._side, self._topic, self._make = consumer, side, topic, make
        self._partitions: dict[int, list[T]] = {}
        self._faults: list[str] = []
        self._ends: dict[int, int] = {}

    def whole(self) -> tuple[dict[int, list[T]], list[str]]:
        """Read every partition to the end that it had when the reading began."""
        found = self._consumer.list_topics(self._topic, timeout=TIMEOUT).topics.get(self._topic)
        if found is None or found.error is not None or not found.partitions:
            return {}, [f"{self._side} {self._topic}: the topic does not exist"]
        for partition in found.partitions:
            self._begin(partition)
        self._consumer.assign([TopicPartition(self._topic, p, 0) for p in self._ends])
        self._read()
        return self._partitions, self._faults

    def _begin(self, partition: int) -> None:
        place = TopicPartition(self._topic, partition)
        low, high = self._consumer.get_watermark_offsets(place, timeout=TIMEOUT)
        if low != 0:
            where = f"{self._side} {self._topic} partition {partition}"
            self._faults.append(f"{where} begins at {low}: its first records are gone")
        self._partitions[partition], self._ends[partition] = [], high

    def _read(self) -> None:
        open_partitions = set(self._ends)
        heard = time.monotonic()
        while open_partitions:
            for message in self._consumer.consume(BATCH, 1.0):
                heard = time.monotonic()
                error, partition, offset = message.error(), message.partition(), message.offset()
                if error is not None and error.name() != _END:
                    raise KafkaException(error)
                if partition is None or offset is None:
                    raise KafkaException(KafkaError(KafkaError.UNKNOWN))
                if error is None:
                    self._partitions[partition].append(self._make(message.value(), offset))
                elif offset >= self._ends[partition]:
                    open_partitions.discard(partition)
            if time.monotonic() - heard > SILENCE_SECONDS:
                self._faults.extend(
                    f"{self._side} {self._topic} partition {p}: not readable to its end"
                    for p in sorted(open_partitions)
                )
                return
