"""Which offsets of a real log hold records that a read_committed reader sees."""

from __future__ import annotations

import pytest
from tests.contract.kafka.conftest import Stage

from kafka_migration.errors import KmigError
from kafka_migration.model.kafka import Partition, Span, Visible

MANY = 10_000


@pytest.fixture
def partition(stage: Stage) -> Partition:
    """Offsets 0-1 plain, 2-4 and a marker, 6-8 aborted and a marker, 10-11 plain."""
    made = Partition(stage.topic(1), 0)
    stage.write(made, 2)
    stage.transaction(made, 3, commit=True)
    stage.transaction(made, 3, commit=False)
    stage.write(made, 2)
    return made


@pytest.mark.parametrize(
    ("span", "data", "through"),
    [
        (Span(0), (0, 1, 2, 3, 4, 10, 11), 12),
        (Span(1, 4), (1, 2, 3), 4),
        (Span(5, 9), (), 9),
        (Span(5, 11), (10,), 11),
        (Span(12), (), 12),
        (Span(40, 50), (), 40),
    ],
)
def test_markers_and_aborted_records_are_none(operator, partition, span, data, through):
    seen = operator.visible({partition: span}, MANY)
    assert seen == {partition: Visible(0, 12, 12, data, span.low, through)}


def test_a_list_that_is_cut_off_says_how_far_it_goes(operator, partition):
    seen = operator.visible({partition: Span(0)}, 4)[partition]
    assert (seen.data, seen.through) == ((0, 1, 2, 3), 4)


def test_an_open_transaction_ends_what_is_visible(stage, operator, partition):
    producer = stage.open_transaction(partition, 2)
    stage.write(partition, 1)
    seen = operator.visible({partition: Span(10)}, MANY)[partition]
    producer.abort_transaction(10)
    assert (seen.high, seen.stable, seen.data, seen.through) == (15, 12, (10, 11), 12)


def test_many_partitions_are_listed_together_and_again(stage, operator):
    topic = stage.topic(12)
    for number in range(12):
        stage.write(Partition(topic, number), number)
    spans = {Partition(topic, n): Span(min(3, n)) for n in range(12)}
    for _ in range(2):
        seen = operator.visible(spans, MANY)
        assert {p.number: v.data for p, v in seen.items()} == {
            n: tuple(range(min(3, n), n)) for n in range(12)
        }


def test_a_missing_partition_raises(operator, partition):
    with pytest.raises(KmigError):
        operator.visible({Partition(partition.topic, 7): Span(0)}, MANY)
