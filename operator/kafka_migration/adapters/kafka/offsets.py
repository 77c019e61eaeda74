"""Log ends and log starts, batched: librdkafka sends one request per leader.

Called by `client` and `tail`. Must never answer for a part of the partitions.
"""

from __future__ import annotations

from collections.abc import Collection

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.rdkafka import (
    EARLIEST,
    LATEST,
    IsolationLevel,
    OffsetSpec,
    TopicPartition,
)
from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import Ends, Partition
from kafka_migration.model.reasons import Reason

_NAMED = 5  # partitions named in a message


def read_ends(admin: Admin, partitions: Collection[Partition]) -> Ends:
    """High watermark and LSO of each partition.

    LSO is read first: equal values then prove that no transaction was open at that moment (the
    watermark, read later, can only have grown). Read the other way round they would not.
    """
    stable = read_stable_ends(admin, partitions)
    high = _offsets(admin, partitions, LATEST, IsolationLevel.READ_UNCOMMITTED)
    return Ends(high=high, stable=stable)


def read_stable_ends(admin: Admin, partitions: Collection[Partition]) -> dict[Partition, int]:
    """Last stable offset of each partition."""
    return _offsets(admin, partitions, LATEST, IsolationLevel.READ_COMMITTED)


def read_starts(admin: Admin, partitions: Collection[Partition]) -> dict[Partition, int]:
    """Log start offset of each partition."""
    return _offsets(admin, partitions, EARLIEST, IsolationLevel.READ_UNCOMMITTED)


def _offsets(
    admin: Admin, partitions: Collection[Partition], spec: OffsetSpec, level: IsolationLevel
) -> dict[Partition, int]:
    if not partitions:
        return {}
    asked = {TopicPartition(part.topic, part.number): spec for part in set(partitions)}
    answers = admin.each(
        "read offsets",
        lambda client: client.list_offsets(
            asked, isolation_level=level, request_timeout=REQUEST_TIMEOUT
        ),
    )
    return known(
        {Partition(part.topic, part.partition): info.offset for part, info in answers.items()}
    )


def known(offsets: dict[Partition, int]) -> dict[Partition, int]:
    """The offsets, if all are. librdkafka reports a leader's silence as success at -1001."""
    silent = sorted(partition for partition, offset in offsets.items() if offset < 0)
    if silent:
        names = ", ".join(map(str, silent[:_NAMED]))
        raise Unavailable(
            Reason.UNREACHABLE,
            f"cannot read offsets of {len(silent)} partitions ({names}): their leaders did not"
            " answer in time; check the brokers that lead them; it is tried again",
        )
    return offsets
