"""Reads numbered records as an application would: read_committed, from given offsets.

Called by the re-reads. A partition that cannot be read to its end must never look short.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kafka_migration.adapters.kafka.config import client_config
from kafka_migration.adapters.kafka.rdkafka import (
    Consumer,
    KafkaException,
    Message,
    TopicPartition,
)
from kafka_migration.model.kafka import Connection, Offsets, Partition
from kmig_bench.errors import BenchError

_BATCH = 10_000
_SILENCE_SECONDS = 60.0
_END = "_PARTITION_EOF"
_DIGITS = 12


@dataclass(frozen=True)
class Seen:
    """One record: where it stands, and its number."""

    partition: Partition
    offset: int
    number: int


def read_on(connection: Connection, group: str, begin: Offsets) -> Iterator[Seen]:
    """Every visible record from these offsets to the end of each partition."""
    with _consumer(connection, group, begin) as consumer:
        yield from _records(consumer, set(begin))


def read_some(connection: Connection, group: str, wanted: Mapping[Partition, int]) -> list[Seen]:
    """The first so many records of each partition, then committed for the group."""
    left = {partition: count for partition, count in wanted.items() if count}
    found: list[Seen] = []
    last: dict[Partition, int] = {}
    with _consumer(connection, group, dict.fromkeys(wanted, 0)) as consumer:
        for seen in _records(consumer, set(wanted)):
            if seen.partition not in left:
                continue
            found.append(seen)
            last[seen.partition] = seen.offset
            left[seen.partition] -= 1
            if not left[seen.partition]:
                del left[seen.partition]
            if not left:
                break
        offsets = [TopicPartition(p.topic, p.number, o + 1) for p, o in last.items()]
        for place in consumer.commit(offsets=offsets, asynchronous=False) or ():
            if place.error is not None:
                raise KafkaException(place.error)
    if left:
        raise BenchError(f"{group} found fewer records than were written: {left}")
    return found


@contextmanager
def _consumer(connection: Connection, group: str, begin: Offsets) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            **client_config(connection),
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
    )
    try:
        consumer.assign([TopicPartition(p.topic, p.number, o) for p, o in begin.items()])
        yield consumer
    finally:
        consumer.close()


def _records(consumer: Consumer, unfinished: set[Partition]) -> Iterator[Seen]:
    heard = time.monotonic()
    while unfinished:
        for message in consumer.consume(_BATCH, 0.5):
            heard = time.monotonic()
            seen = _seen(message)
            if isinstance(seen, Partition):
                unfinished.discard(seen)
            else:
                yield seen
        if time.monotonic() - heard > _SILENCE_SECONDS:
            names = ", ".join(map(str, sorted(unfinished)))
            raise BenchError(f"{names}: no answer for {_SILENCE_SECONDS:.0f} s")


def _seen(message: Message) -> Seen | Partition:
    """A record; or the partition that is read to its end."""
    error, topic, number = message.error(), message.topic(), message.partition()
    if error is not None and error.name() != _END:
        raise KafkaException(error)
    if topic is None or number is None:
        raise BenchError("a message without a place; run the bench again")
    partition = Partition(topic, number)
    offset, value = message.offset(), message.value()
    if error is not None:
        return partition
    if offset is None or value is None:
        raise BenchError(f"{partition} holds a record that the bench did not write")
    return Seen(partition, offset, int(value[:_DIGITS]))
