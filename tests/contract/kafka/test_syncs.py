"""Offset syncs in a real topic: read once, followed from there, also after it was made anew."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from tests.contract.kafka.conftest import WAIT, Stage

from kafka_migration.errors import KmigError, Refused
from kafka_migration.model.kafka import Around, NewTopic, Partition, Sync

ORDERS = Partition("orders", 3)
EVERY = Around(10**9, False, Sync(0, 0), None, 10**6)

Say = Callable[[Partition, int, int], None]


@pytest.fixture
def topic(stage: Stage) -> str:
    return stage.topic(1)


@pytest.fixture
def say(stage: Stage, topic: str) -> Say:
    """Write a sync as MirrorMaker does."""

    def produce(partition: Partition, upstream: int, downstream: int) -> None:
        name = partition.topic.encode()
        key = struct.pack(f">h{len(name)}si", len(name), name, partition.number)
        producer = stage.producer()
        producer.produce(topic, struct.pack(">qq", upstream, downstream), key)
        assert producer.flush(WAIT) == 0

    return produce


def test_syncs_are_followed_as_they_come(operator, topic, say):
    assert operator.syncs(topic, {ORDERS: EVERY}) == {ORDERS: ()}
    say(ORDERS, 0, 0)
    say(Partition("orders", 4), 7, 7)
    assert operator.syncs(topic, {ORDERS: EVERY}) == {ORDERS: (Sync(0, 0),)}
    say(ORDERS, 5, 6)
    assert operator.syncs(topic, {ORDERS: EVERY}) == {ORDERS: (Sync(0, 0), Sync(5, 6))}
    assert operator.syncs(topic, {ORDERS: EVERY}) == {ORDERS: (Sync(0, 0), Sync(5, 6))}


def test_a_topic_that_was_made_anew_is_read_anew(stage, admin, operator, topic, say):
    for number in range(5):
        say(ORDERS, number, number)
    assert len(operator.syncs(topic, {ORDERS: EVERY})[ORDERS]) == 5
    stage.delete_topic(topic)
    admin.create_topic(NewTopic(topic, 1, 1, {}))
    say(ORDERS, 1, 2)
    assert operator.syncs(topic, {ORDERS: EVERY}) == {ORDERS: (Sync(1, 2),)}


def test_a_topic_that_does_not_exist_is_no_topic_without_syncs(operator):
    with pytest.raises(KmigError):
        operator.syncs("kmig-test-absent", {ORDERS: EVERY})


def test_a_foreign_record_is_refused_each_time(stage, operator, topic, say):
    """Never passed over: behind it nobody knows which syncs are ours."""
    say(ORDERS, 0, 0)
    stage.write(Partition(topic, 0), 1)
    for _ in range(2):
        with pytest.raises(Refused, match="is no offset sync"):
            operator.syncs(topic, {ORDERS: EVERY})
