"""Records of the bench's topics: numbered, so that each is known again on the other side.

Called before a figure is measured. A record without an acknowledgement is an error.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from kafka_migration.adapters.kafka.config import client_config
from kafka_migration.adapters.kafka.rdkafka import KafkaError, Message, Producer
from kafka_migration.model.kafka import Connection
from kmig_bench.errors import BenchError
from kmig_bench.parameters import ABORTED_EVERY, IN_A_TRANSACTION, PARTITIONS, VALUE_BYTES

_FLUSH_SECONDS = 300.0
_ASK_EVERY = 1_000
_QUEUED = 200_000
_POOL = 4_096
Value = Callable[[int], bytes]


def values() -> Value:
    """The value of a record: 160 bytes, a number and a filling of which lz4 saves about half."""
    chance = random.Random(4)
    half = (VALUE_BYTES - 12) // 2
    pool = [
        chance.randbytes(half // 2).hex().encode() + b"." * (VALUE_BYTES - 12 - half)
        for _ in range(_POOL)
    ]

    def value(number: int) -> bytes:
        filling = pool[number * 2_654_435_761 % _POOL]
        return (b"%012d" % number + filling).ljust(VALUE_BYTES, b".")

    return value


def aborted(number: int) -> bool:
    """True for a record of a transaction that is aborted, in the transactional topic."""
    return number // IN_A_TRANSACTION % ABORTED_EVERY == 1


def write(connection: Connection, topic: str, count: int) -> None:
    """Numbers 0 to `count`, in turn to each partition."""
    producer = _Acknowledged(connection, {"enable.idempotence": True})
    producer.write(topic, range(count))
    producer.flush()


def write_transactions(connection: Connection, topic: str, count: int) -> None:
    """The same, in transactions of which every fifth is aborted."""
    producer = _Acknowledged(connection, {"transactional.id": f"{topic}-writer"})
    producer.client.init_transactions(_FLUSH_SECONDS)
    for first in range(0, count, IN_A_TRANSACTION):
        producer.client.begin_transaction()
        producer.write(topic, range(first, min(count, first + IN_A_TRANSACTION)))
        producer.flush()
        if aborted(first):
            producer.client.abort_transaction(_FLUSH_SECONDS)
        else:
            producer.client.commit_transaction(_FLUSH_SECONDS)


class _Acknowledged:
    """A producer whose every record must be acknowledged."""

    def __init__(self, connection: Connection, more: dict[str, str | int | bool]) -> None:
        self._fault = ""
        self._value = values()
        self.client = Producer(
            {
                **client_config(connection),
                "acks": "all",
                "linger.ms": 20,
                "compression.type": "lz4",
                "queue.buffering.max.messages": _QUEUED,
                "on_delivery": self._delivered,
                **more,
            }
        )

    def write(self, topic: str, numbers: Iterable[int]) -> None:
        """Hand over records; waits while the queue is full, until librdkafka gives one up."""
        for number in numbers:
            if number % _ASK_EVERY == 0:
                while len(self.client) > _QUEUED // 2 and not self._fault:
                    self.client.poll(0.1)
                self._check()
                self.client.poll(0)
            partition = number % PARTITIONS
            self.client.produce(topic, self._value(number), partition=partition)

    def flush(self) -> None:
        """Wait for every acknowledgement. Raises BenchError when one is missing."""
        left = self.client.flush(_FLUSH_SECONDS)
        self._check()
        if left:
            raise BenchError(f"records of the bench: {left} unanswered; run the bench again")

    def _check(self) -> None:
        if self._fault:
            raise BenchError(f"records of the bench: {self._fault}; run the bench again")

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._fault = self._fault or f"{message.topic()}: {error.name()} {error.str()}"
