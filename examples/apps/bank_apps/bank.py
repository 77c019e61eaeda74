"""The bank: one Kafka transaction per batch holds postings, balances and the position read.

Run in the Deployment `bank`, one replica with one fixed transactional.id: whoever starts later
ends the transaction of the one before. It must never skip a transfer, and must never go on after
an error: it aborts, says why in one line, and ends with 1; what was committed is where it resumes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from bank_apps.books import Books, UnreadableError, parse_transfer
from bank_apps.snapshot import read_balances
from orders_apps.binding import BindingUnusableError, read_binding
from orders_apps.readiness import Readiness

BATCH = 500
BATCH_SECONDS = 0.25
CALL_SECONDS = 10.0
PATIENCE_SECONDS = 30.0
TELL_EVERY_SECONDS = 5.0


class Bank:
    """Reads transfers, writes postings and balances, until told to stop."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        binding = read_binding()
        self._transfers, self._postings = environment["TRANSFERS"], environment["POSTINGS"]
        self._accounts, self._group = environment["ACCOUNTS"], environment["GROUP"]
        common = {**binding.settings, "client.id": "bank", "error_cb": _say_error}
        self._consumer = Consumer(
            {
                **common,
                "group.id": self._group,
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "session.timeout.ms": 10000,
            }
        )
        self._producer = Producer(
            {
                **common,
                "transactional.id": environment["TRANSACTIONAL_ID"],
                "transaction.timeout.ms": 20000,
                "linger.ms": 5,
                "compression.type": "lz4",
                "partitioner": "murmur2",
            }
        )
        self._settings = binding.settings
        self._books = Books()
        self._readiness = Readiness()
        self._processed = 0
        self.stopping = False
        _say(f"{environment['TRANSACTIONAL_ID']} works on {binding.cluster}")

    def work(self) -> None:
        """Process until stopped. Raises KafkaException or UnreadableError."""
        # In this order: what the one before me left open is aborted, then the balances are final.
        _insist(lambda: self._producer.init_transactions(CALL_SECONDS))
        self._books = read_balances(self._settings, self._accounts, self._group)
        self._consumer.subscribe([self._transfers], on_assign=self._assigned)
        told = time.monotonic()
        try:
            while not self.stopping:
                messages = self._consumer.consume(BATCH, BATCH_SECONDS)
                if messages:
                    self._process(messages)
                if time.monotonic() - told >= TELL_EVERY_SECONDS:
                    _say(f"{self._processed} transfers posted")
                    told = time.monotonic()
        finally:
            self._consumer.close()
        _say(f"stopped; {self._processed} transfers posted")

    def _process(self, messages: list[Message]) -> None:
        for message in messages:
            error = message.error()
            if error is not None:
                raise KafkaException(error)
        self._producer.begin_transaction()
        try:
            positions = self._post(messages)
            metadata = self._consumer.consumer_group_metadata()
            _insist(
                lambda: self._producer.send_offsets_to_transaction(
                    positions, metadata, CALL_SECONDS
                )
            )
            _insist(lambda: self._producer.commit_transaction(CALL_SECONDS))
        except (KafkaException, UnreadableError, BufferError):
            self._abort()
            raise
        self._processed += len(messages)

    def _post(self, messages: list[Message]) -> list[TopicPartition]:
        ends: dict[int, int] = {}
        touched: set[str] = set()
        for message in messages:
            transfer = parse_transfer(message.value() or b"")
            for account, value in self._books.post(transfer):
                self._produce(self._postings, account, value)
                touched.add(account)
            partition, offset = message.partition(), message.offset()
            if partition is None or offset is None:
                raise KafkaException(KafkaError(KafkaError.UNKNOWN))
            ends[partition] = offset + 1
        for account in sorted(touched):
            self._produce(self._accounts, account, self._books.snapshot(account))
        return [TopicPartition(self._transfers, partition, end) for partition, end in ends.items()]

    def _produce(self, topic: str, key: str, value: str) -> None:
        self._producer.produce(topic, value, key)
        self._producer.poll(0)

    def _abort(self) -> None:
        # The transaction ends either way: by this, by the next init_transactions, or by its timeout.
        try:
            self._producer.abort_transaction(CALL_SECONDS)
        except KafkaException as error:
            _say(f"abort refused: {error}")

    def _assigned(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        _say(f"assigned {len(partitions)} partitions")
        if partitions:
            self._readiness.set()


def _insist(call: Callable[[], object]) -> None:
    """Repeat a call of the transaction while the client says that repeating is right."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            call()
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise
        else:
            return


def _say(text: str) -> None:
    print(text, flush=True)


def _say_error(error: KafkaError) -> None:
    _say(f"kafka: {error.name()}: {error.str()}")


def main() -> int:
    """Run until SIGTERM (0) or the first failure (1)."""
    try:
        bank = Bank(os.environ)

        def stop(_signum: int, _frame: object) -> None:
            bank.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        bank.work()
    except (BindingUnusableError, UnreadableError, KafkaException, BufferError) as error:
        _say(f"cannot work: {error}")
        return 1
    return 0
