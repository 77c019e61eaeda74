"""What a read_committed reader finds in a topic, and how two clusters' topics differ, in words.

Called by the rows about awkward topics. It shares no code with the operator, keeps payloads whole,
and must never call a topic equal that could not be read to its end.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, TopicPartition

from kmig_demo.environment import Side

SECONDS = 30.0
SHOWN = 60  # characters of a record in a difference


class Record(NamedTuple):
    """One record; headers keep order, repetitions and nulls. The offset is no part of equality."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    millis: int
    offset: int

    @property
    def content(self) -> tuple[object, ...]:
        """All that a mirror has to keep."""
        return (self.key, self.value, self.headers, self.millis)


Log = dict[int, list[Record]]


def read(side: Side, topic: str) -> Log:
    """Every visible record by partition, in offset order; a partition that does not end fails."""
    consumer = Consumer(
        {
            **side.client,
            "group.id": "e2e-awkward",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        numbers = sorted(consumer.list_topics(topic, timeout=SECONDS).topics[topic].partitions)
        assert numbers, f"{side.name} has no topic {topic}"
        found: Log = {number: [] for number in numbers}
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        _fill(consumer, found, set(numbers))
        return found
    finally:
        consumer.close()


def _fill(consumer: Consumer, found: Log, unread: set[int]) -> None:
    deadline = time.monotonic() + SECONDS
    while unread:
        assert time.monotonic() < deadline, (
            f"partitions {sorted(unread)} were not read to their end"
        )
        message = consumer.poll(1.0)
        if message is None:
            continue
        error, number = message.error(), message.partition()
        assert number is not None
        if error is not None:
            assert error.code() == KafkaError._PARTITION_EOF, error
            unread.discard(number)
            continue
        told: Any = message.headers() or ()  # the stub also knows another form
        headers = tuple((name, value) for name, value in told)
        offset = message.offset()
        assert offset is not None
        found[number].append(
            Record(message.key(), message.value(), headers, message.timestamp()[1], offset)
        )


def differences(one: Log, other: Log, *, timestamps: bool = True) -> list[str]:
    """Where two topics are not the same records in the same order; empty when they are."""
    if set(one) != set(other):
        return [f"partitions {sorted(one)} and {sorted(other)}"]
    return [text for number in one for text in _partition(number, one, other, timestamps)]


def _partition(number: int, one: Log, other: Log, timestamps: bool) -> list[str]:
    left, right = one[number], other[number]
    said = [] if len(left) == len(right) else [f"{number}: {len(left)} and {len(right)} records"]
    for mine, its in zip(left, right, strict=False):
        wanted, found = _compared(mine, timestamps), _compared(its, timestamps)
        if wanted != found:
            return [
                *said,
                f"{number}: {str(wanted)[:SHOWN]} at {mine.offset} is {str(found)[:SHOWN]}",
            ]
    return said


def _compared(record: Record, timestamps: bool) -> tuple[object, ...]:
    return record.content if timestamps else record.content[:3]


def not_the_end_of(kept: Log, whole: Log) -> list[str]:
    """Where `whole` does not end with the records that retention left in `kept`."""
    cut = {number: whole[number][len(whole[number]) - len(kept[number]) :] for number in kept}
    return differences(kept, cut)


def states(records: Sequence[Record]) -> dict[bytes | None, bytes | None]:
    """What a table made from the log holds: the last value of each key, deletions left out."""
    last = {record.key: record.value for record in records}
    return {key: value for key, value in last.items() if value is not None}
