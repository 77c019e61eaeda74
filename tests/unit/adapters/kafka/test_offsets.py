"""Offsets are believed only where a leader answered, and group coordinators are found by name."""

from __future__ import annotations

import pytest

from kafka_migration.adapters.kafka.coordinators import partition_of, unused_groups
from kafka_migration.adapters.kafka.offsets import known
from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import Partition


def test_answered_offsets_are_passed_on() -> None:
    """Zero is an answer."""
    offsets = {Partition("a", 0): 0, Partition("a", 1): 17}

    assert known(offsets) == offsets


@pytest.mark.parametrize("silence", [-1, -1001])
def test_a_silent_leader_is_unavailable_never_an_offset(silence: int) -> None:
    """librdkafka calls it success; the partition is named."""
    with pytest.raises(Unavailable, match="a-1"):
        known({Partition("a", 0): 5, Partition("a", 1): silence})


@pytest.mark.parametrize(
    ("group", "partitions", "expected"),
    [
        ("hello", 10**9, 99_162_322),
        ("", 50, 0),
        ("polygenelubricants", 50, 0),
        ("g-classic", 5, 3),
        ("g-consumer", 5, 2),
        ("gr\u00fc\u00dfe-\U0001f600", 10**10, 347_391_577),
    ],
    ids=["plain", "empty", "smallest integer", "seen on a broker", "seen too", "not ASCII"],
)
def test_a_groups_partition_is_the_one_that_kafka_computes(group, partitions, expected) -> None:
    """Java's string hash, made positive in Kafka's own way."""
    assert partition_of(group, partitions) == expected


@pytest.mark.parametrize("partitions", [1, 5, 50])
def test_every_partition_has_a_group_that_nobody_uses(partitions: int) -> None:
    """So each coordinator can be asked for something that does not exist."""
    found = [partition_of(name, partitions) for name in unused_groups(partitions)]

    assert found == list(range(partitions))
