"""Asks a cluster where partitions begin and end: one request per leader and kind of end.

Called by `reader`. Whatever cannot be told about a partition is a Fault with the broker's words,
never a number.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future, wait
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from kafka_migration.model.kafka import Partition
from kafka_migration.verifier.reading import Bounds, Fault

PASSING = (
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.KAFKA_STORAGE_ERROR,
)
_REQUEST_SECONDS = 15.0
_PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.3


def ask_bounds(
    admin: AdminClient, partitions: Collection[Partition]
) -> Mapping[Partition, Bounds | Fault]:
    """Return start, last stable offset and high watermark of each partition.

    While a leader is being elected the question is repeated, for a bounded time.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    pause = threading.Event()
    while True:
        found = _ask_once(admin, partitions)
        passing = any(isinstance(one, Fault) and one.passing for one in found.values())
        if not passing or time.monotonic() >= deadline:
            return found
        pause.wait(_PAUSE_SECONDS)


def _ask_once(
    admin: AdminClient, partitions: Collection[Partition]
) -> Mapping[Partition, Bounds | Fault]:
    hidden = _hidden_topics(admin, {partition.topic for partition in partitions})
    asked = [partition for partition in partitions if partition.topic not in hidden]
    starts = _ask(admin, asked, OffsetSpec.earliest(), IsolationLevel.READ_COMMITTED)
    stable = _ask(admin, asked, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
    ends = _ask(admin, asked, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)
    found: dict[Partition, Bounds | Fault] = {}
    for partition in partitions:
        if partition.topic in hidden:
            found[partition] = Fault(partition, hidden[partition.topic])
        else:
            found[partition] = _bounds(starts[partition], stable[partition], ends[partition])
    return found


def _hidden_topics(admin: AdminClient, topics: Collection[str]) -> Mapping[str, str]:
    """Topics that do not exist or may not be described, with the broker's words."""
    listed = admin.list_topics(timeout=_REQUEST_SECONDS).topics
    hidden: dict[str, str] = {}
    for topic in topics:
        if topic not in listed:
            error = admin.list_topics(topic, timeout=_REQUEST_SECONDS).topics[topic].error
            hidden[topic] = f"topic {topic}: {'not listed' if error is None else error.str()}"
    return hidden


def _ask(
    admin: AdminClient, partitions: Collection[Partition], spec: Any, isolation: IsolationLevel
) -> Mapping[Partition, int | Fault]:
    if not partitions:
        return {}
    futures = admin.list_offsets(
        {TopicPartition(p.topic, p.number): spec for p in partitions},
        isolation_level=isolation,
        request_timeout=_REQUEST_SECONDS,
    )
    wait(futures.values(), timeout=_REQUEST_SECONDS + 5)
    return {Partition(tp.topic, tp.partition): _offset(tp, f) for tp, f in futures.items()}


def _offset(asked: TopicPartition, future: Future[Any]) -> int | Fault:
    partition = Partition(asked.topic, asked.partition)
    if not future.done():
        return Fault(partition, f"no answer to ListOffsets within {_REQUEST_SECONDS:.0f} s")
    error = future.exception()
    if error is None:
        answer: int = future.result().offset
        return answer
    if isinstance(error, KafkaException):
        told: KafkaError = error.args[0]
        return Fault(partition, told.str(), passing=told.code() in PASSING)
    raise error


def _bounds(start: int | Fault, stable: int | Fault, end: int | Fault) -> Bounds | Fault:
    if isinstance(start, Fault):
        return start
    if isinstance(stable, Fault):
        return stable
    return end if isinstance(end, Fault) else Bounds(start, stable, end)
