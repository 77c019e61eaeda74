"""One client for each connection, given up when idle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafka_migration.adapters.kafka import KafkaPool
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Connection

ONE = Connection("a:9092", "PLAIN", "kmig", "first", "PEM")


class Clock:
    """Seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_same_connection_gets_the_same_cluster() -> None:
    """Equal values, not the same object."""
    pool = KafkaPool()

    assert pool.cluster(ONE) is pool.cluster(replace(ONE))


@pytest.mark.parametrize(
    "change",
    [
        {"bootstrap_servers": "b:9092"},
        {"mechanism": "SCRAM-SHA-512"},
        {"username": "other"},
        {"password": "second"},
        {"ca_pem": "OTHER"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_other_value_is_another_cluster(change) -> None:
    """A changed password never meets a client that is still authenticated by the old one."""
    pool = KafkaPool()

    assert pool.cluster(ONE) is not pool.cluster(replace(ONE, **change))


def test_an_idle_cluster_is_given_up() -> None:
    """The next request for it opens a new one; one in use stays."""
    clock = Clock()
    pool = KafkaPool(idle_seconds=60, clock=clock)
    used, idle = pool.cluster(ONE), pool.cluster(replace(ONE, username="other"))
    clock.now = 40
    pool.cluster(ONE)
    clock.now = 80
    pool.cluster(ONE)

    assert pool.cluster(ONE) is used
    assert pool.cluster(replace(ONE, username="other")) is not idle


def test_no_password_is_kept_as_a_key() -> None:
    """Nor shown by repr."""
    pool = KafkaPool()
    cluster = pool.cluster(ONE)

    assert not [key for key in pool._clusters if "first" in key]
    assert "first" not in repr(cluster)
    assert "first" not in repr(ONE)


def test_a_connection_that_cannot_work_is_invalid_at_once() -> None:
    """Before anything is opened or pooled."""
    pool = KafkaPool()
    with pytest.raises(Invalid):
        pool.cluster(replace(ONE, bootstrap_servers="no-port"))

    assert pool._clusters == {}
