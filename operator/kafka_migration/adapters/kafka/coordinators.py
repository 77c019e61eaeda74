"""Proves that the coordinators of groups can be asked, before they are asked.

Called by `groups`. Must stand before every request that librdkafka sends to a coordinator: one
that finds its broker down ends the process when the broker comes back (`group_process` says how),
and without a leader a listing leaves groups out.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from itertools import count

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.offsets import read_stable_ends
from kafka_migration.adapters.kafka.rdkafka import KafkaError, KafkaException
from kafka_migration.adapters.kafka.topics import describe, node_id
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason

OFFSETS_TOPIC = "__consumer_offsets"
_INT_MIN = -(2**31)


def require_coordinators(admin: Admin, groups: Collection[str] | None, doing: str) -> None:
    """Unavailable unless the leaders of the groups' own partitions answer; None = of all groups.

    The leader of a group's partition of __consumer_offsets is its coordinator. A listing also
    leaves out, silently, the groups of a partition without a leader. Where a platform hides the
    topic nothing is proven, and its own availability has to do.
    """
    try:
        description = describe(admin, [OFFSETS_TOPIC]).get(OFFSETS_TOPIC)
    except Refused:
        return
    if description is None:
        return  # no group has ever committed on this cluster
    leaders = {part.id: node_id(part.leader) for part in description.partitions}
    wanted = leaders if groups is None else {partition_of(group, len(leaders)) for group in groups}
    left = sorted(number for number in wanted if leaders[number] < 0)
    if left:
        raise Unavailable(
            Reason.UNKNOWN,
            f"cannot {doing}: {len(left)} partitions of {OFFSETS_TOPIC} have no leader, so their"
            " groups have no coordinator; check that all brokers are up",
        )
    by_leader = {leaders[number]: Partition(OFFSETS_TOPIC, number) for number in wanted}
    read_stable_ends(admin, by_leader.values())


def require_loaded(admin: Admin, doing: str) -> None:
    """Unavailable unless every coordinator answers for its groups.

    A broker that has just become leader lists no groups of a partition that it is still loading,
    and calls that an answer (measured). So a group that nobody uses is looked up on each one.
    """
    described = describe(admin, [OFFSETS_TOPIC]).get(OFFSETS_TOPIC)
    if described is None:
        return
    names = list(unused_groups(len(described.partitions)))
    outcomes = admin.each_outcome(
        doing,
        lambda client: client.describe_consumer_groups(names, request_timeout=REQUEST_TIMEOUT),
    )
    for outcome in outcomes.values():
        if (
            isinstance(outcome, KafkaException)
            and outcome.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND
        ):
            raise admin.error(outcome, f"{doing} of every coordinator")


@cache
def unused_groups(partitions: int) -> tuple[str, ...]:
    """One name for each partition of __consumer_offsets, in their order."""
    found: dict[int, str] = {}
    for number in count():
        name = f"kmig-nobody-{number}"
        found.setdefault(partition_of(name, partitions), name)
        if len(found) == partitions:
            break
    return tuple(found[number] for number in range(partitions))


def partition_of(group: str, partitions: int) -> int:
    """The partition of __consumer_offsets that holds a group, as Kafka computes it."""
    value = 0
    units = group.encode("utf-16-be")
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    signed = value - 2**32 if value >= 2**31 else value
    return 0 if signed == _INT_MIN else abs(signed) % partitions
