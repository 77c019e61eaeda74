"""Ends, starts and last records of real logs, with markers and aborted data in them."""

from __future__ import annotations

import pytest

from kafka_migration.errors import Refused
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason


@pytest.fixture
def partition(stage) -> Partition:
    """The only partition of a new topic."""
    return Partition(stage.topic(1), 0)


def test_an_open_transaction_holds_the_stable_end_back(stage, operator, partition) -> None:
    """The watermark counts its records; the end of the transaction makes both equal."""
    stage.write(partition, 2)
    producer = stage.open_transaction(partition, 3)

    during = operator.ends([partition])
    producer.commit_transaction(10)

    assert (during.high[partition], during.stable[partition]) == (5, 2)
    stage.until(lambda: operator.ends([partition]).stable[partition] == 6)
    assert operator.ends([partition]).high[partition] == 6


def test_an_empty_partition_starts_and_ends_at_zero(operator, partition) -> None:
    """Both levels and the start."""
    ends = operator.ends([partition])

    assert (ends.high[partition], ends.stable[partition]) == (0, 0)
    assert operator.starts([partition]) == {partition: 0}


def test_ends_of_a_missing_partition_raise(operator, partition) -> None:
    """Even beside one that exists: an answer for a part would be no answer."""
    with pytest.raises(Refused) as caught:
        operator.ends([partition, Partition(partition.topic, 9)])

    assert caught.value.reason is Reason.TOPIC_MISSING


def test_the_last_plain_record_is_the_one_below(stage, operator, partition) -> None:
    """For the end and for any offset before it."""
    stage.write(partition, 5)

    assert operator.last_data({partition: 5}) == {partition: 4}
    assert operator.last_data({partition: 3}) == {partition: 2}
    assert operator.last_data({partition: 1}) == {partition: 0}


def test_there_is_no_record_below_the_first(stage, operator, partition) -> None:
    """None, as for an empty partition."""
    assert operator.last_data({partition: 0}) == {partition: None}
    stage.write(partition, 1)

    assert operator.last_data({partition: 0}) == {partition: None}


def test_a_marker_is_no_record(stage, operator, partition) -> None:
    """A committed transaction ends with one."""
    stage.transaction(partition, 3, commit=True)

    assert operator.last_data({partition: 4}) == {partition: 2}


def test_aborted_records_are_passed_however_many(stage, operator, partition) -> None:
    """The search steps back past many windows of them."""
    stage.write(partition, 2)
    stage.transaction(partition, 700, commit=False)
    end = operator.ends([partition]).stable[partition]

    assert end == 703
    assert operator.last_data({partition: end}) == {partition: 1}


def test_a_log_of_aborted_records_only_has_none(stage, operator, partition) -> None:
    """The log start is reached before "none" is said."""
    stage.transaction(partition, 100, commit=False)

    assert operator.last_data({partition: 101}) == {partition: None}


def test_records_of_an_open_transaction_are_not_visible(stage, operator, partition) -> None:
    """The last record is the one before it, also when asked from the watermark."""
    stage.write(partition, 2)
    producer = stage.open_transaction(partition, 3)
    found = operator.last_data({partition: 5})
    producer.abort_transaction(10)

    assert found == {partition: 1}


@pytest.mark.parametrize(("below", "last"), [(2, 2), (3, None), (4, None)])
def test_what_expired_is_no_record_and_moves_no_end(stage, operator, partition, below, last):
    """Behind the marker nothing is left: all ends are equal, wherever the last record was."""
    stage.transaction(partition, 3, commit=True)
    stage.expire(partition, below)

    ends = operator.ends([partition])
    assert operator.starts([partition]) == {partition: below}
    assert (ends.high[partition], ends.stable[partition]) == (4, 4)
    assert operator.last_data(ends.stable) == {partition: last}


def test_an_open_transaction_that_expired_holds_nothing_back(stage, operator, partition):
    """Its records were never visible, and never will be: whoever did not copy them cannot."""
    producer = stage.open_transaction(partition, 3)
    assert operator.ends([partition]).stable == {partition: 0}
    stage.expire(partition, 3)

    assert operator.starts([partition]) == {partition: 3}
    assert operator.ends([partition]).stable == {partition: 3}
    assert operator.last_data({partition: 3}) == {partition: None}
    producer.abort_transaction(10)


def test_many_partitions_are_searched_together(stage, operator) -> None:
    """Each with its own answer, and again with the same consumer."""
    topic = stage.topic(12)
    below = {}
    for number in range(12):
        stage.write(Partition(topic, number), number)
        below[Partition(topic, number)] = number
    expected = {part: part.number - 1 if part.number else None for part in below}

    assert operator.last_data(below) == expected
    assert operator.last_data({part: min(3, part.number) for part in below}) == {
        part: min(3, part.number) - 1 if part.number else None for part in below
    }
    assert operator.last_data(below) == expected
