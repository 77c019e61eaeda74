"""The history that exists before the migration: produced fast from this machine.

Called by the scenario once. Each acknowledgement is returned in the recorder's form, so that the
checker treats history like everything else. It must never count what was not acknowledged.
"""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, Message, Producer

from kmig_demo.environment import Side
from kmig_demo.errors import DemoError

INCARNATION = "history"
FLUSH_SECONDS = 60.0


class History:
    """Writes `count` records over `keys` keys to one topic, each key's sequence from 1."""

    def __init__(self, side: Side, run: str) -> None:
        self._run = run
        self._lines: list[str] = []
        self._fault = ""
        self._producer = Producer(
            {
                **side.client,
                "client.id": "kmig-demo-history",
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 20,
                "compression.type": "lz4",
                "partitioner": "murmur2",
                "queue.buffering.max.messages": 500_000,
                "on_delivery": self._delivered,
            }
        )

    def write(self, topic: str, count: int, keys: int, prefix: str) -> list[str]:
        """Produce everything; returns the recorder's lines. Raises DemoError on any failure."""
        self._lines = []
        for number in range(count):
            key = f"{prefix}{number % keys:04d}"
            millis = int(time.time() * 1000)
            value = f"{self._run}|{INCARNATION}|{key}|{number // keys + 1}|{millis}|{'.' * 48}"
            self._producer.produce(topic, value, key)
            self._producer.poll(0)
        left = self._producer.flush(FLUSH_SECONDS)
        if self._fault or left or len(self._lines) != count:
            what = self._fault or f"{count - len(self._lines)} records without an answer"
            raise DemoError(f"history of {topic}: {what}")
        return self._lines

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._fault = self._fault or f"{error.name()}: {error.str()}"
            return
        run, incarnation, key, sequence, _ = (message.value() or b"").decode().split("|", 4)
        millis = int(time.time() * 1000)
        place = f"{message.partition()} {message.offset()} {millis}"
        self._lines.append(f"{run} {incarnation} {key} {sequence} {place}")
