"""The balances as the accounts topic holds them, read from its beginning to its committed end.

Called by the bank once at start, after its predecessor's transaction ended. It must never take a
partition that it could not read for an empty one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from bank_apps.books import Books

BATCH = 10_000
TIMEOUT_SECONDS = 10.0
PATIENCE_SECONDS = 30.0
_END = "_PARTITION_EOF"  # librdkafka's name of it


def read_balances(settings: Mapping[str, str], topic: str, group: str) -> Books:
    """All balances. Raises KafkaException when a partition is not readable to its end.

    The client looks up a group's coordinator even if it never joins: it must be one that the bank
    may read.
    """
    consumer = Consumer(
        {
            **settings,
            "client.id": "bank-snapshot",
            "group.id": group,  # required by the client; nothing joins or commits it here
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
    )
    try:
        return _read(consumer, topic)
    finally:
        consumer.close()


def _read(consumer: Consumer, topic: str) -> Books:
    found = consumer.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    open_partitions = set(found.partitions)
    starts = []
    for number in sorted(open_partitions):
        place = TopicPartition(topic, number)
        low, _ = consumer.get_watermark_offsets(place, timeout=TIMEOUT_SECONDS)
        starts.append(TopicPartition(topic, number, low))
    consumer.assign(starts)
    books = Books()
    heard = time.monotonic()
    while open_partitions:
        for message in consumer.consume(BATCH, 0.25):
            heard = time.monotonic()
            error = message.error()
            if error is None:
                books.restore(message.value() or b"")
            elif error.name() == _END:
                open_partitions.discard(message.partition() or 0)
            else:
                raise KafkaException(error)
        if time.monotonic() - heard > PATIENCE_SECONDS:
            raise KafkaException(
                KafkaError(KafkaError.REQUEST_TIMED_OUT, f"{topic} is not readable")
            )
    return books
