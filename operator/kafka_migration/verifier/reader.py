"""Reads one cluster with confluent-kafka and turns messages into marks.

Made by `main`, used by `run`. Reads only: no group membership, no commits. The figures behind the
settings are in knowledge/lag-verification-offsets.md 1.2 and 1.5.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from kafka_migration.decide.rules.comparison_record import mark
from kafka_migration.model.kafka import Connection, Partition
from kafka_migration.model.librdkafka import Local
from kafka_migration.verifier.bounds import PASSING, ask_bounds
from kafka_migration.verifier.reading import Bounds, End, Fault, ReadEvent, Records

_BATCH = 500
_CONNECT_SECONDS = 15.0
_REFUSALS = (Local.AUTHENTICATION, Local.SSL)
_SECOND_LOOK_SECONDS = 30.0

Config = dict[str, Any]


def settings(connection: Connection, client_id: str) -> Config:
    """Client settings for one connection; holds the password, never log it."""
    config: Config = {
        "bootstrap.servers": connection.bootstrap_servers,
        "client.id": client_id,
        "security.protocol": connection.security_protocol,
        "socket.timeout.ms": 30_000,
        "socket.keepalive.enable": True,
        "reconnect.backoff.ms": 250,
        "reconnect.backoff.max.ms": 2_000,
        "log_level": 2,  # failed attempts are told once, in the report
    }
    if connection.ca_pem is not None:
        config["ssl.ca.pem"] = connection.ca_pem
    if connection.mechanism is not None:
        config["sasl.mechanism"] = connection.mechanism
        config["sasl.username"] = connection.username
        config["sasl.password"] = connection.password
    return config


_READING: Config = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",  # a vanished range is told, never skipped
    "enable.partition.eof": True,
    "check.crcs": True,
    "queued.min.messages": 20_000,
    "queued.max.messages.kbytes": 32_768,
    "fetch.queue.backoff.ms": 10,
    "fetch.error.backoff.ms": 100,
    "fetch.wait.max.ms": 50,  # an end is told by the fetch after the last record
}


class _Record(Protocol):
    """A message without an error: the library's type leaves open what each of these has."""

    def topic(self) -> str: ...
    def partition(self) -> int: ...
    def offset(self) -> int: ...
    def key(self) -> bytes | None: ...
    def value(self) -> bytes | None: ...
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...
    def timestamp(self) -> tuple[int, int]: ...


class KafkaReader:
    """Implements `reading.Reader` for one cluster."""

    def __init__(
        self,
        connection: Connection,
        client_id: str,
        starts: Mapping[Partition, int],
        timestamps: Mapping[Partition, bool],
    ) -> None:
        """Begin fetching each partition at its start; `timestamps` says where they count."""
        self._config = settings(connection, client_id)
        self._config["error_cb"] = self._remember
        self._problem: str | None = None
        self._refused = False
        self._starts = dict(starts)
        self._timestamps = dict(timestamps)
        self._ids = {(p.topic, p.number): p for p in starts}
        self._consumer = self._open("read_committed")
        self._admin: AdminClient | None = None
        self._consumer.assign([TopicPartition(p.topic, p.number, o) for p, o in starts.items()])

    def _open(self, isolation: str) -> Consumer:
        group = f"{self._config['client.id']}"
        return Consumer(
            {**self._config, **_READING, "group.id": group, "isolation.level": isolation}
        )

    def _remember(self, error: KafkaError) -> None:
        if error.code() == Local.ALL_BROKERS_DOWN and self._problem:
            return  # the reason came before
        self._problem = error.str()
        self._refused = error.code() in _REFUSALS

    @property
    def problem(self) -> str | None:
        """See `Reader.problem`."""
        return self._problem

    def read(self, wait: float) -> Sequence[ReadEvent]:
        """See `Reader.read`."""
        messages = self._consumer.consume(_BATCH, 0)
        if not messages and wait > 0:  # consume() with a count would wait its full timeout
            messages = self._consumer.consume(1, wait)
        return self._events(messages)

    def _events(self, messages: Sequence[Message]) -> list[ReadEvent]:
        events: list[ReadEvent] = []
        open_run: dict[Partition, tuple[list[int], list[bytes]]] = {}
        # Asking each record for what it always has would cost per record.
        for message, record in zip(messages, cast("Sequence[_Record]", messages), strict=True):
            error = message.error()
            if error is not None:
                self._flush(open_run, events)
                events += self._told(message, error)
                continue
            partition = self._ids[record.topic(), record.partition()]
            run = open_run.get(partition)
            if run is None:
                run = open_run[partition] = ([], [])
            run[0].append(record.offset())
            run[1].append(_mark(record, timestamps=self._timestamps[partition]))
        self._flush(open_run, events)
        return events

    @staticmethod
    def _flush(
        runs: dict[Partition, tuple[list[int], list[bytes]]], events: list[ReadEvent]
    ) -> None:
        events.extend(Records(p, offsets, marks) for p, (offsets, marks) in runs.items())
        runs.clear()

    def _told(self, message: Message, error: KafkaError) -> list[ReadEvent]:
        """Turn an error message into an event; one that names no partition is only remembered."""
        topic, number, offset = message.topic(), message.partition(), message.offset()
        if topic is None or number is None or (partition := self._ids.get((topic, number))) is None:
            self._remember(error)
            return []
        if error.code() == Local.PARTITION_EOF and offset is not None:
            return [End(partition, offset)]
        if error.retriable() or error.code() in PASSING:
            self._remember(error)
            return []
        gone = error.code() == Local.AUTO_OFFSET_RESET
        return [Fault(partition, error.str(), gone=gone)]

    def bounds(self) -> Mapping[Partition, Bounds | Fault]:
        """See `Reader.bounds`: one request per leader and kind of end."""
        if self._admin is None:
            self._admin = AdminClient(self._config)
            self._connect(self._admin)
        return ask_bounds(self._admin, self._starts)

    def _connect(self, admin: AdminClient) -> None:
        """Wait for any broker's answer; a refused login or certificate ends the wait."""
        deadline = time.monotonic() + _CONNECT_SECONDS
        while True:
            try:
                admin.list_topics(timeout=1.0)
            except KafkaException as error:
                admin.poll(0)  # serves error_cb
                if self._refused or time.monotonic() >= deadline:
                    raise ConnectionError(error.args[0].str()) from error
            else:
                return

    def holds_uncommitted(self, partition: Partition, start: int, end: int) -> bool:
        """See `Reader.holds_uncommitted`; raises TimeoutError if the range cannot be read."""
        consumer = self._open("read_uncommitted")
        try:
            consumer.assign([TopicPartition(partition.topic, partition.number, start)])
            return _holds_record(consumer, partition, end)
        finally:
            consumer.close()

    def pause(self, partition: Partition) -> None:
        """See `Reader.pause`."""
        self._consumer.pause([TopicPartition(partition.topic, partition.number)])

    def resume(self, partition: Partition) -> None:
        """See `Reader.resume`."""
        self._consumer.resume([TopicPartition(partition.topic, partition.number)])

    def close(self) -> None:
        """See `Reader.close`."""
        self._consumer.close()
        self._admin = None  # its connections end with it


def _mark(record: _Record, *, timestamps: bool) -> bytes:
    timestamp = record.timestamp()[1] if timestamps else None
    return mark(record.key(), record.value(), record.headers(), timestamp)


def _holds_record(consumer: Consumer, partition: Partition, end: int) -> bool:
    deadline = time.monotonic() + _SECOND_LOOK_SECONDS
    while time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is None:
            continue
        error = message.error()
        if error is None:
            return (message.offset() or 0) < end
        if error.code() == Local.PARTITION_EOF:
            return False
        if not error.retriable() and error.code() not in PASSING:
            raise KafkaException(error)
    raise TimeoutError(f"{partition}: the range could not be read a second time")
