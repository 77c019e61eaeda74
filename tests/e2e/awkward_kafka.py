"""One Kafka as the rows about awkward topics use it: every shape of record, and what befalls a log.

Called by the journey of those rows, as the administrator. It touches only topics that it is given.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from kmig_demo.environment import Side

TIMEOUT = 20.0
HANGS_MILLIS = 900_000  # longer than a run: no broker ends the transaction before the row does
Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Written:
    """A record as it is produced; `millis` None = now."""

    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    partition: int = 0
    millis: int | None = None


class Cluster:
    """Acts on one side."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._admin = AdminClient({**side.client, "client.id": "e2e-awkward"})

    def make(self, topic: str, partitions: int, **config: str) -> None:
        """A topic that keeps everything unless `config` says otherwise (dots are underscores)."""
        values = {"retention.ms": "-1"} | _dotted(config)
        new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=values)
        _settle(self._admin.create_topics([new], operation_timeout=TIMEOUT).values())

    def configure(self, topic: str, **config: str) -> None:
        """Change settings of a topic; the others stay."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in _dotted(config).items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        _settle(self._admin.incremental_alter_configs([resource]).values())

    def delete_before(self, topic: str, partition: int, offset: int) -> None:
        """What retention does: records below the offset are gone."""
        _settle(self._admin.delete_records([TopicPartition(topic, partition, offset)]).values())

    def start(self, topic: str, partition: int = 0) -> int:
        """Where a log begins."""
        earliest: Any = OffsetSpec.earliest  # no types in the stub
        asked = self._admin.list_offsets({TopicPartition(topic, partition): earliest()})
        (found,) = _settle(asked.values())
        return int(found.offset)

    def write(self, topic: str, records: Iterable[Written], **more: Any) -> list[int]:
        """Produce in order; returns the offsets. Raises KafkaException with the first refusal."""
        producer = self._producer(**more)
        return _produce(producer, topic, records)

    def transaction(self, topic: str, records: Iterable[Written], *, commit: bool) -> list[int]:
        """One transaction, ended either way; returns the offsets of its records."""
        producer, offsets = self.begin(topic, records)
        (producer.commit_transaction if commit else producer.abort_transaction)(TIMEOUT)
        return offsets

    def begin(self, topic: str, records: Iterable[Written]) -> tuple[Producer, list[int]]:
        """A transaction whose records are written and which is open; offsets of its records."""
        producer = self._producer(
            **{
                "transactional.id": f"{topic}-{uuid.uuid4()}",
                "transaction.timeout.ms": HANGS_MILLIS,
            }
        )
        producer.init_transactions(TIMEOUT)
        producer.begin_transaction()
        return producer, _produce(producer, topic, records)

    def _producer(self, **more: Any) -> Producer:
        settings = {
            **self._side.client,
            "enable.idempotence": True,
            "message.max.bytes": 10_000_000,
        }
        return Producer({**settings, **more})

    def commit(self, group: str, topic: str, offsets: dict[int, int]) -> None:
        """Commit for a group that has no members."""
        places = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
        request = [ConsumerGroupTopicPartitions(group, places)]
        for answer in _settle(self._admin.alter_consumer_group_offsets(request).values()):
            for place in answer.topic_partitions:
                assert place.error is None, place.error

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """A group's committed offsets on one topic."""
        request = [ConsumerGroupTopicPartitions(group)]
        (found,) = _settle(self._admin.list_consumer_group_offsets(request).values())
        return {p.partition: p.offset for p in found.topic_partitions if p.topic == topic}


def _produce(producer: Producer, topic: str, records: Iterable[Written]) -> list[int]:
    offsets: list[int] = []

    def delivered(error: Any, message: Any) -> None:
        if error is not None:
            raise KafkaException(error)
        offsets.append(message.offset())

    for record in records:
        when: dict[str, Any] = {} if record.millis is None else {"timestamp": record.millis}
        producer.produce(
            topic,
            value=record.value,
            key=record.key,
            partition=record.partition,
            headers=list(record.headers) or None,
            on_delivery=delivered,
            **when,
        )
        producer.poll(0)
    assert producer.flush(TIMEOUT) == 0, f"{topic} did not answer"
    return offsets


def _dotted(config: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "."): value for name, value in config.items()}


def _settle(futures: Iterable[Future[Any]]) -> list[Any]:
    return [future.result(timeout=TIMEOUT) for future in futures]
