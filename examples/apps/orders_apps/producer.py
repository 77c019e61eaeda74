"""The example writer: idempotent, acks=all, one growing sequence per key, a steady rate.

Run in the Deployment `orders-writer`. It asks the recorder where each sequence stood and goes on
from there; every record that it sent ends as acknowledged or as failed in the recorder. It must
never go on after a failed delivery: it says why in one line and exits with 1.
"""

from __future__ import annotations

import os
import signal
import time
import uuid

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from orders_apps.binding import BindingUnusableError, read_binding
from orders_apps.readiness import Readiness
from orders_apps.record import encode, identity
from orders_apps.recording import RecorderUnreachableError, Recording, last_sequences

TICK_SECONDS = 0.02
SEND_EVERY_SECONDS = 0.2
TELL_EVERY_SECONDS = 5.0
FLUSH_SECONDS = 8.0
CATCH_UP_SECONDS = 0.5


class Writer:
    """Produces at `rate` records per second until told to stop or a delivery fails."""

    client = "orders-writer"
    key_form = "k{:04d}"

    def __init__(self, run: str, rate: int, keys: int, topic: str, recorder: str) -> None:
        binding = read_binding()
        self.run, self._rate, self._topic = run, rate, topic
        self.incarnation = f"w{uuid.uuid4().hex[:8]}"
        self.keys = [self.key_form.format(number) for number in range(keys)]
        self._next = dict.fromkeys(self.keys, 1)
        self._next.update({k: s + 1 for k, s in last_sequences(recorder).items()})
        self._turn = 0
        self._acks = Recording(recorder, "acks", self.incarnation, binding.cluster)
        self._failures = Recording(recorder, "failures", self.incarnation, binding.cluster)
        self._readiness = Readiness()
        self._acknowledged = 0
        self.fault = ""
        self.stopping = False
        self._producer = Producer(
            {
                **binding.settings,
                "client.id": self.client,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "compression.type": "lz4",
                "partitioner": "murmur2",
                "on_delivery": self._delivered,
                "error_cb": _say_error,
            }
        )
        _say(f"incarnation {self.incarnation} writes to {binding.cluster}, {rate} records/s")

    def value(self, key: str, sequence: int, millis: int) -> str:
        """The value of one record; it begins with run, incarnation, key and sequence."""
        return encode(self.run, self.incarnation, key, sequence, millis)

    def work(self) -> None:
        """Produce until stopped; then flush, report everything, and return."""
        started = time.monotonic()
        sent, reported, told = 0, started, started
        while not self.stopping and not self.fault:
            now = time.monotonic()
            # After a stall the schedule starts anew: a burst would only hide the pause.
            if (now - started) * self._rate - sent > CATCH_UP_SECONDS * self._rate:
                started, sent = now, 0
            sent += self._produce(int((now - started) * self._rate) - sent)
            self._poll_until(now + TICK_SECONDS)
            if now - reported >= SEND_EVERY_SECONDS:
                self._acks.send()
                reported = now
            if now - told >= TELL_EVERY_SECONDS:
                _say(f"{self._acknowledged} acknowledged")
                told = now
        self._finish()

    def _produce(self, count: int) -> int:
        millis = int(time.time() * 1000)
        for done in range(count):
            key = self.keys[self._turn]
            sequence = self._next[key]
            value = self.value(key, sequence, millis)
            try:
                self._producer.produce(self._topic, value, key)
            except BufferError:
                return done
            except KafkaException as error:
                self.fault = self.fault or f"produce refused: {error}"
                return done
            self._next[key] = sequence + 1
            self._turn = (self._turn + 1) % len(self.keys)
        return count

    def _poll_until(self, deadline: float) -> None:
        # A fatal error, such as the idempotent producer's id refused, is raised here.
        try:
            self._producer.poll(0)
            while (left := deadline - time.monotonic()) > 0:
                self._producer.poll(left)
        except KafkaException as error:
            self.fault = self.fault or f"producer refused: {error}"

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        name = identity(message.value() or b"")
        if error is not None:
            self.fault = self.fault or f"delivery failed: {error.name()}: {error.str()}"
            self._failures.add(f"{name} {error.name()}")
            return
        millis = int(time.time() * 1000)
        self._acks.add(f"{name} {message.partition()} {message.offset()} {millis}")
        self._acknowledged += 1
        self._readiness.set()

    def _finish(self) -> None:
        left = self._flush(FLUSH_SECONDS)
        if left:
            # What was not answered is reported as failed: its outcome is unknown, not forgotten.
            self._producer.purge()
            self._flush(1)
        self._acks.send(last=True)
        self._failures.send(last=True)
        _say(f"stopped; {self._acknowledged} acknowledged, {left} without an answer")

    def _flush(self, seconds: float) -> int:
        try:
            return self._producer.flush(seconds)
        except KafkaException as error:
            self.fault = self.fault or f"producer refused: {error}"
            return len(self._producer)


def _say(text: str) -> None:
    print(text, flush=True)


def _say_error(error: KafkaError) -> None:
    _say(f"kafka: {error.name()}: {error.str()}")


def run(program: type[Writer]) -> int:
    """Run a writer until SIGTERM (0) or the first failure (1)."""
    environment = os.environ
    try:
        writer = program(
            environment["RUN"],
            int(environment["RATE"]),
            int(environment["KEYS"]),
            environment["TOPIC"],
            environment["RECORDER_URL"],
        )

        def stop(_signum: int, _frame: object) -> None:
            writer.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        writer.work()
    except (BindingUnusableError, RecorderUnreachableError) as error:
        _say(f"cannot work: {error}")
        return 1
    if writer.fault:
        _say(writer.fault)
    return 1 if writer.fault else 0


def main() -> int:
    """Run until SIGTERM (0) or the first failure (1)."""
    return run(Writer)
