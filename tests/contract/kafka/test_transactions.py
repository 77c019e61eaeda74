"""What a stopped workload left open is ended as itself, on real brokers that refuse its writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition

from kafka_migration.adapters.kafka.config import client_config
from kafka_migration.errors import Refused
from kafka_migration.model.kafka import Acl, Commit, Partition, ResourceType
from kafka_migration.model.reasons import Reason

WRITER = "orders-writer"


def right_to_the_id(stage) -> Acl:
    """Write on the transactional id that bears the stage's name."""
    entry: Acl = stage.acl(WRITER, "WRITE", stage.name)
    return replace(entry, resource_type=ResourceType.TRANSACTIONAL_ID)


@pytest.fixture
def partition(stage) -> Partition:
    """Of a topic that the writer may write."""
    topic = stage.topic(1)
    stage.grant(stage.acl(WRITER, "WRITE", topic), right_to_the_id(stage))
    return Partition(topic, 0)


@pytest.fixture
def hung(side, stage, partition) -> Producer:
    """The writer's producer, with two records in a transaction that stays open."""
    config = client_config(side.connection(WRITER))
    producer = Producer({**config, "transactional.id": stage.name})
    producer.init_transactions(10)
    producer.begin_transaction()
    for number in range(2):
        producer.produce(partition.topic, f"in transaction {number}", partition=0)
    assert producer.flush(10) == 0
    return producer


def test_an_open_transaction_is_aborted_under_a_deny_and_its_producer_is_out(
    side, stage, operator, partition, hung
) -> None:
    """LSO reaches the watermark, nothing of it is visible, and it cannot commit any more."""
    stage.grant(stage.acl(WRITER, "WRITE", partition.topic, "DENY"))
    before = operator.ends([partition])
    operator.end_transaction(side.connection(WRITER), stage.name)
    after = operator.ends([partition])

    assert (before.stable[partition], before.high[partition]) == (0, 2)
    assert after.stable[partition] == after.high[partition] == 3
    assert operator.last_data(after.high) == {partition: None}
    with pytest.raises(KafkaException):
        hung.commit_transaction(10)


def test_pending_offsets_are_given_up_with_their_transaction(
    side, stage, operator, partition, hung
) -> None:
    """The group's commit is what it was before."""
    group = stage.group()
    in_group = replace(stage.acl(WRITER, "READ", group), resource_type=ResourceType.GROUP)
    stage.grant(in_group, stage.acl(WRITER, "READ", partition.topic))
    operator.commit(group, {partition: 1})
    consumer = stage.member(group, partition.topic)
    metadata = consumer.consumer_group_metadata()
    hung.send_offsets_to_transaction([TopicPartition(partition.topic, 0, 2)], metadata, 10)
    consumer.close()
    operator.end_transaction(side.connection(WRITER), stage.name)

    assert operator.commits(group, [partition]) == {partition: Commit(1)}


def test_an_id_that_was_never_used_is_no_error(side, stage, operator, partition) -> None:
    """And nothing is written."""
    operator.end_transaction(side.connection(WRITER), stage.name)

    assert operator.ends([partition]).high[partition] == 0


def test_a_credential_without_a_right_to_the_id_is_refused(side, stage, operator) -> None:
    """By name: somebody else's transactions are not ended."""
    with pytest.raises(Refused) as caught:
        operator.end_transaction(side.connection("intruder"), stage.name)

    assert caught.value.reason is Reason.NOT_AUTHORIZED
    assert stage.name in caught.value.message
