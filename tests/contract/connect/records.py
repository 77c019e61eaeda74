"""Writes and reads records with the plain client: the other side of what a mirror does."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from kafka_migration.model.kafka import Connection, Partition

Seen = tuple[bytes | None, bytes | None, Any, int]


def client_settings(connection: Connection) -> dict[str, Any]:
    """Settings of librdkafka for a connection."""
    return {
        "bootstrap.servers": connection.bootstrap_servers,
        "security.protocol": connection.security_protocol,
        "sasl.mechanism": connection.mechanism,
        "sasl.username": connection.username,
        "sasl.password": connection.password,
        "ssl.ca.pem": connection.ca_pem,
    }


def produce(
    connection: Connection, topic: str, partitions: int, count: int, first: int = 0
) -> None:
    """Keyed, with headers and times of their own; tombstones and an aborted batch among them."""
    settings = client_settings(connection)
    producer = Producer(
        settings | {"transactional.id": f"{topic}-writer", "enable.idempotence": True}
    )
    producer.init_transactions(30)
    for start in range(first, first + count, count // 5):
        producer.begin_transaction()
        for number in range(start, start + count // 5):
            value = None if number % 50 == 0 else f"value {number}".encode() * 3
            producer.produce(
                topic,
                value,
                key=f"key-{number}".encode(),
                partition=number % partitions,
                timestamp=1_700_000_000_000 + number,
                headers=[("h", b"\xff\x00"), ("h", b"2"), ("n", None)],
            )
            producer.poll(0)
        producer.flush(30)
        if start == first + count // 5:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)


def consume(connection: Connection, topic: str, partitions: int) -> dict[int, list[Seen]]:
    """Every visible record per partition, in order."""
    return {
        number: [seen for _, seen in _read(connection, topic, number)]
        for number in range(partitions)
    }


def last_offsets(connection: Connection, topic: str, partitions: int) -> dict[Partition, int]:
    """Offset of the last visible record per partition."""
    return {
        Partition(topic, number): _read(connection, topic, number)[-1][0]
        for number in range(partitions)
    }


def offsets_by_key(connection: Connection, topic: str, number: int) -> dict[bytes, int]:
    """Where each visible record of a partition stands; keys are unique."""
    return {seen[0] or b"": offset for offset, seen in _read(connection, topic, number)}


def remove(connection: Connection, topics: list[str]) -> None:
    """Delete topics; those that do not exist are no error."""
    admin = AdminClient(client_settings(connection))
    existing = [name for name in topics if name in admin.list_topics(timeout=10).topics]
    for future in (admin.delete_topics(existing) if existing else {}).values():
        future.result(timeout=30)


def _read(connection: Connection, topic: str, number: int) -> list[tuple[int, Seen]]:
    settings = client_settings(connection) | {
        "group.id": "kmig-contract-unused",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(topic, number, 0)])
    found: list[tuple[int, Seen]] = []
    try:
        while True:
            message = consumer.poll(20)
            assert message is not None, f"{topic}-{number} did not answer within 20 s"
            error = message.error()
            if error is not None:
                assert error.name() == "_PARTITION_EOF", error
                return found
            offset = message.offset()
            assert offset is not None
            seen = (message.key(), message.value(), message.headers(), message.timestamp()[1])
            found.append((offset, seen))
    finally:
        consumer.close()
