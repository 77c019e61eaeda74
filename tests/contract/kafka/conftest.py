"""Clusters, throw-away topics, records and rights for the tests of the Kafka adapter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from kafka_migration.adapters.kafka import KafkaCluster
from kafka_migration.adapters.kafka.config import client_config
from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import (
    Acl,
    Connection,
    Ends,
    NewTopic,
    Partition,
    PatternType,
    Permission,
    ResourceType,
)

WAIT = 10.0  # seconds until something that was just changed must show


class Stage:
    """What one test builds on one Kafka as the super user; everything is removed afterwards."""

    def __init__(self, admin: KafkaCluster, connection: Connection) -> None:
        self.admin = admin
        self.connection = connection
        self.name = f"kmig-test-{uuid4().hex[:10]}"
        self._client = AdminClient(dict(client_config(connection)))
        self._topics: set[str] = set()
        self._groups: set[str] = set()

    def topic(self, partitions: int = 2, **config: str) -> str:
        """A new topic; keyword names have underscores for dots."""
        name = f"{self.name}-{len(self._topics)}"
        self._topics.add(name)
        values = {key.replace("_", "."): value for key, value in config.items()}
        self.admin.create_topic(NewTopic(name, partitions, 1, values))
        self.until(lambda: self._led([Partition(name, number) for number in range(partitions)]))
        return name

    def _led(self, partitions: Collection[Partition]) -> bool:
        """Their broker knows that it leads them: metadata may say so a moment earlier."""
        try:
            self.admin.ends(partitions)
        except Unavailable:
            return False
        return True

    def will_have(self, topic: str) -> str:
        """A topic that the test creates itself and leaves to the stage to remove."""
        self._topics.add(topic)
        return topic

    def group(self) -> str:
        """A group's name that is removed after the test."""
        name = f"{self.name}-group-{len(self._groups)}"
        self._groups.add(name)
        return name

    def acl(self, user: str, operation: str, topic: str, permission: str = "ALLOW") -> Acl:
        """An entry on a topic; removed after the test like every entry under our name."""
        return Acl(
            ResourceType.TOPIC,
            topic,
            PatternType.LITERAL,
            f"User:{user}",
            "*",
            operation,
            Permission(permission),
        )

    def grant(self, *acls: Acl) -> None:
        """Write entries and wait until the brokers list them."""
        self.admin.create_acls(acls)
        self.until(lambda: set(acls) <= set(self.admin.acls()))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; fail after `WAIT` seconds."""
        deadline = time.monotonic() + WAIT
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, f"not so within {WAIT} s"
            pause.wait(0.05)

    def producer(self, **config: Any) -> Producer:
        """A producer of the super user; keyword names have underscores for dots."""
        values = {key.replace("_", "."): value for key, value in config.items()}
        return Producer({**client_config(self.connection), **values})

    def write(self, partition: Partition, count: int) -> None:
        """Plain records, acknowledged."""
        producer = self.producer()
        for number in range(count):
            producer.produce(partition.topic, f"plain {number}", partition=partition.number)
        assert producer.flush(WAIT) == 0

    def transaction(self, partition: Partition, count: int, *, commit: bool) -> None:
        """Records in one transaction, which is then committed or aborted."""
        producer = self.open_transaction(partition, count)
        if commit:
            producer.commit_transaction(WAIT)
        else:
            producer.abort_transaction(WAIT)
        # The marker is written after the answer; until then LSO stays below the watermark.
        self.until(lambda: _closed(self.admin.ends([partition])))

    def expire(self, partition: Partition, below: int) -> None:
        """Records below an offset are deleted, as retention does."""
        upto = TopicPartition(partition.topic, partition.number, below)
        self._client.delete_records([upto])[upto].result(WAIT)

    def open_transaction(self, partition: Partition, count: int) -> Producer:
        """Records in a transaction that stays open; the caller ends it."""
        producer = self.producer(transactional_id=f"{self.name}-{uuid4().hex[:6]}")
        producer.init_transactions(WAIT)
        producer.begin_transaction()
        for number in range(count):
            producer.produce(
                partition.topic, f"in transaction {number}", partition=partition.number
            )
        assert producer.flush(WAIT) == 0
        return producer

    def member(self, group: str, topic: str, **config: Any) -> Consumer:
        """A consumer that has joined `group` and got partitions; the caller closes it."""
        values = {key.replace("_", "."): value for key, value in config.items()}
        consumer = Consumer(
            {
                **client_config(self.connection),
                "group.id": group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                **values,
            }
        )
        consumer.subscribe([topic])

        def assigned() -> bool:
            consumer.poll(0.1)
            return bool(consumer.assignment())

        self.until(assigned)
        return consumer

    def delete_topic(self, topic: str) -> None:
        """Delete and wait until metadata forgets it."""
        for future in self._client.delete_topics([topic], operation_timeout=WAIT).values():
            future.result(timeout=WAIT)
        self.until(lambda: not self.admin.topics([topic]))

    def clean(self) -> None:
        """Remove every entry, group and topic under this stage's name."""
        mine = [acl for acl in self.admin.acls() if acl.resource in self._owned()]
        self.admin.delete_acls(mine)
        groups = list(self.admin.groups(self._groups))
        if groups:
            for future in self._client.delete_consumer_groups(groups).values():
                future.result(timeout=WAIT)
        topics = list(self.admin.topics(self._topics))
        if topics:
            for future in self._client.delete_topics(topics, operation_timeout=WAIT).values():
                future.result(timeout=WAIT)

    def _owned(self) -> set[str]:
        return {*self._topics, *self._groups, self.name}


def _closed(ends: Ends) -> bool:
    return ends.high == ends.stable


@pytest.fixture(scope="session", params=["source", "target"])
def side(request, sides):
    """One Kafka of the sandbox after the other."""
    return sides[request.param]


@pytest.fixture(scope="session")
def admin(side) -> Iterator[KafkaCluster]:
    """The cluster seen by its super user."""
    cluster = KafkaCluster(side.connection("admin"))
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def operator(side) -> Iterator[KafkaCluster]:
    """The cluster seen by the operator's own principal, as the product sees it."""
    cluster = KafkaCluster(side.connection("kmig"))
    yield cluster
    cluster.close()


@pytest.fixture
def stage(admin, side) -> Iterator[Stage]:
    """A place for topics, groups and rights of one test."""
    made = Stage(admin, side.connection("admin"))
    yield made
    made.clean()
