"""One consumer for several callers: each in turn, none for ever, none with an old end."""

from __future__ import annotations

import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_migration.adapters.kafka import reading as reading_module
from kafka_migration.adapters.kafka import syncs as syncs_module
from kafka_migration.adapters.kafka.reading import Reading
from kafka_migration.adapters.kafka.syncs import Index, SyncReader
from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import Connection, Ends, Partition

TOPIC = "kmig-syncs"
PLACE = Partition(TOPIC, 0)


class FakeConsumer:
    """Assigns nothing, and remembers that it was given up."""

    def __init__(self) -> None:
        self.closed = False

    def list_topics(self, topic, timeout):
        assert timeout > 0

    def unassign(self):
        pass

    def close(self):
        self.closed = True


@pytest.fixture
def made(monkeypatch):
    """Consumers in the order in which they were opened."""
    opened: list[FakeConsumer] = []

    def open_one(config):
        opened.append(FakeConsumer())
        return opened[-1]

    monkeypatch.setattr(reading_module, "Consumer", open_one)
    return opened


@pytest.fixture
def reading(made) -> Reading:
    admin: Any = SimpleNamespace(connection=Connection("kafka:9092", None, None))
    return Reading(admin)


def soon() -> float:
    return time.monotonic() + 0.05


def test_a_consumer_is_kept_for_the_next_caller(reading, made):
    for _ in range(2):
        with reading.consumer([TOPIC], soon()):
            pass
    assert len(made) == 1
    assert not made[0].closed


def test_a_consumer_is_dropped_after_a_fault_and_the_next_caller_gets_another(reading, made):
    with pytest.raises(Unavailable), reading.consumer([TOPIC], soon()):
        reading.check([PLACE], time.monotonic() - 1, "read")
    with reading.consumer([TOPIC], soon()):
        pass
    assert [consumer.closed for consumer in made] == [True, False]


def test_nobody_waits_for_ever_for_a_reading_that_does_not_end(reading):
    with reading.consumer([TOPIC], soon()), pytest.raises(Unavailable, match="has not ended"):
        reading._take_turn(soon())
    with reading.consumer([TOPIC], soon()):
        pass


def test_the_end_of_a_syncs_topic_is_asked_for_in_turn(monkeypatch):
    """An end from before another call read on looked like the end of a topic made anew."""
    held: list[str] = []

    @contextmanager
    def consumer(topics, deadline):
        held.append("held")
        yield None
        held.clear()

    def ends(admin, places):
        assert held
        return Ends({PLACE: 7}, {PLACE: 7})

    monkeypatch.setattr(syncs_module, "read_starts", lambda admin, places: {PLACE: 0})
    monkeypatch.setattr(syncs_module, "read_ends", ends)
    admin: Any = SimpleNamespace()
    turns: Any = SimpleNamespace(consumer=consumer)
    reader = SyncReader(admin, turns)
    known = reader._indexes[TOPIC] = Index(next=7)
    assert reader._followed(TOPIC, soon()) is known
