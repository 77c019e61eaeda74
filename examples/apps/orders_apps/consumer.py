"""The example reader: read_committed, commits only what the recorder has taken.

Run in the Deployment `orders-reader`. A missing committed offset is an error, not a new start.
It must never skip a failure: an error message ends it with 1.
"""

from __future__ import annotations

import os
import signal
import time
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from orders_apps.binding import BindingUnusableError, read_binding
from orders_apps.readiness import Readiness
from orders_apps.record import identity
from orders_apps.recording import RecorderUnreachableError, Recording

BATCH = 5000
BATCH_SECONDS = 0.25
TELL_EVERY_SECONDS = 5.0


class Reader:
    """Consumes, reports, commits, in this order, until told to stop."""

    def __init__(self, group: str, topic: str, recorder: str) -> None:
        binding = read_binding()
        name = f"r{uuid.uuid4().hex[:8]}"
        self._reads = Recording(recorder, "reads", name, binding.cluster)
        self._readiness = Readiness()
        self._topic = topic
        self._consumed = 0
        self.stopping = False
        self._consumer = Consumer(
            {
                **binding.settings,
                "client.id": "orders-reader",
                "group.id": group,
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "session.timeout.ms": 10000,
                "error_cb": _say_error,
            }
        )
        self._consumer.subscribe([topic], on_assign=self._assigned)
        _say(f"incarnation {name} reads from {binding.cluster}")

    def work(self) -> None:
        """Consume until stopped. Raises KafkaException on the first error."""
        told = time.monotonic()
        try:
            while not self.stopping:
                messages = self._consumer.consume(BATCH, BATCH_SECONDS)
                if messages:
                    self._take(messages)
                if time.monotonic() - told >= TELL_EVERY_SECONDS:
                    _say(f"{self._consumed} consumed")
                    told = time.monotonic()
        finally:
            self._consumer.close()
        self._reads.send(last=True)
        _say(f"stopped; {self._consumed} consumed")

    def _take(self, messages: list[Message]) -> None:
        millis = int(time.time() * 1000)
        ends: dict[int, int] = {}
        failure: KafkaError | None = None
        for message in messages:
            failure = message.error()
            if failure is not None:
                break
            partition, offset = _place(message)
            self._reads.add(f"{identity(message.value() or b'')} {partition} {offset} {millis}")
            ends[partition] = offset + 1
        self._reads.send()
        self._consumed += len(messages)
        if ends:
            commit = [TopicPartition(self._topic, part, end) for part, end in ends.items()]
            self._consumer.commit(offsets=commit, asynchronous=False)
        if failure is not None:
            raise KafkaException(failure)

    def _assigned(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        _say(f"assigned {len(partitions)} partitions")
        if partitions:
            self._readiness.set()


def _place(message: Message) -> tuple[int, int]:
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise KafkaException(KafkaError(KafkaError.UNKNOWN))
    return partition, offset


def _say(text: str) -> None:
    print(text, flush=True)


def _say_error(error: KafkaError) -> None:
    _say(f"kafka: {error.name()}: {error.str()}")


def main() -> int:
    """Run until SIGTERM (0) or the first failure (1)."""
    environment = os.environ
    try:
        reader = Reader(environment["GROUP"], environment["TOPIC"], environment["RECORDER_URL"])

        def stop(_signum: int, _frame: object) -> None:
            reader.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        reader.work()
    except (BindingUnusableError, RecorderUnreachableError, KafkaException) as error:
        _say(f"cannot work: {error}")
        return 1
    return 0
