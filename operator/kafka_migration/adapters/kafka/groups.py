"""Consumer groups and their committed offsets.

Called by `client`. Must never call a group absent, empty or uncommitted when it could not see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.cluster import require_describe
from kafka_migration.adapters.kafka.coordinators import require_coordinators, require_loaded
from kafka_migration.adapters.kafka.errors import translate
from kafka_migration.adapters.kafka.rdkafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Commit, Group, Partition
from kafka_migration.model.reasons import Reason

_NAMED = 5  # partitions named in a message
_BATCH = 100  # librdkafka sends one request per group; this bounds what is in flight


def read_groups(admin: Admin, names: Collection[str] | None) -> dict[str, Group]:
    """Groups by name; None = all, refused without Describe on the cluster; absent = left out."""
    wanted = sorted(set(names) if names is not None else _listed(admin))
    groups: dict[str, Group] = {}
    for start in range(0, len(wanted), _BATCH):
        groups.update(_described(admin, wanted[start : start + _BATCH]))
    return groups


def read_commits(
    admin: Admin, group: str, partitions: Collection[Partition] | None
) -> dict[Partition, Commit]:
    """Committed offsets with require_stable; a partition without a commit is left out.

    Name the partitions where an open transaction matters: asked for all, brokers stay silent
    about a pending commit on a partition that never had one (measured on 4.3.1).
    """
    doing = f"read the committed offsets of group {group}"
    asked = None if partitions is None else [TopicPartition(p.topic, p.number) for p in partitions]
    if asked is not None and not asked:
        return {}
    request = [ConsumerGroupTopicPartitions(group, asked)]
    require_coordinators(admin, [group], doing)
    answer = admin.each(
        doing,
        lambda client: client.list_consumer_group_offsets(
            request, require_stable=True, request_timeout=REQUEST_TIMEOUT
        ),
    )[group]
    _raise_failed(answer.topic_partitions, doing)
    return {
        Partition(part.topic, part.partition): Commit(part.offset, part.metadata or "")
        for part in answer.topic_partitions
        if part.offset >= 0
    }


def write_commits(admin: Admin, group: str, offsets: Mapping[Partition, int | Commit]) -> None:
    """Write offsets to an empty or new group; refused for an active one.

    On an error some partitions may have been written: read back before anything else.
    """
    if not offsets:
        return
    doing = f"commit offsets of group {group}"
    asked = [_committed(partition, value) for partition, value in sorted(offsets.items())]
    request = [ConsumerGroupTopicPartitions(group, asked)]
    require_coordinators(admin, [group], doing)
    answer = admin.each(
        doing,
        lambda client: client.alter_consumer_group_offsets(
            request, request_timeout=REQUEST_TIMEOUT
        ),
    )[group]
    _raise_failed(answer.topic_partitions, doing)


def delete_group(admin: Admin, group: str) -> None:
    """Delete a group with its offsets; a missing one is not an error, an active one is refused."""
    doing = f"delete group {group}"
    require_coordinators(admin, [group], doing)
    outcome = admin.each_outcome(
        doing,
        lambda client: client.delete_consumer_groups([group], request_timeout=REQUEST_TIMEOUT),
    )[group]
    if (
        isinstance(outcome, KafkaException)
        and outcome.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND
    ):
        raise admin.error(outcome, doing)


def _listed(admin: Admin) -> set[str]:
    doing = "list the consumer groups"
    require_describe(admin, doing)
    require_coordinators(admin, None, doing)
    require_loaded(admin, doing)
    listing = admin.one(
        doing, lambda client: client.list_consumer_groups(request_timeout=REQUEST_TIMEOUT)
    )
    for error in listing.errors or ():
        raise admin.error(error, doing)
    require_loaded(admin, doing)
    return {item.group_id for item in listing.valid or ()}


def _described(admin: Admin, names: Sequence[str]) -> dict[str, Group]:
    if not names:
        return {}
    doing = "describe consumer groups"
    require_coordinators(admin, names, doing)
    outcomes = admin.each_outcome(
        doing,
        lambda client: client.describe_consumer_groups(
            list(names), request_timeout=REQUEST_TIMEOUT
        ),
    )
    groups: dict[str, Group] = {}
    for name, outcome in outcomes.items():
        if isinstance(outcome, KafkaException):
            if outcome.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND:
                raise admin.error(outcome, f"describe consumer group {name}")
        elif outcome.state.name != "DEAD":  # brokers call a group that never was dead
            groups[name] = _group(name, outcome)
    return groups


def _group(name: str, description: Any) -> Group:
    return Group(
        name=name,
        state=description.state.name,
        members=tuple(f"{member.client_id}{member.host}" for member in description.members),
        static_members=tuple(
            sorted(m.group_instance_id for m in description.members if m.group_instance_id)
        ),
    )


def _committed(partition: Partition, value: int | Commit) -> TopicPartition:
    commit = value if isinstance(value, Commit) else Commit(value)
    if commit.offset < 0:
        raise Invalid(
            Reason.OFFSET_CONFLICT, f"offset {commit.offset} for {partition} is negative; report it"
        )
    return TopicPartition(
        partition.topic, partition.number, commit.offset, metadata=commit.metadata
    )


def _raise_failed(partitions: Sequence[TopicPartition], doing: str) -> None:
    failed = [part for part in partitions if part.error is not None]
    if not failed:
        return
    first = failed[0]
    names = ", ".join(f"{part.topic}-{part.partition}" for part in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    if first.error is not None:
        raise translate(first.error, f"{doing} ({names}{more})")
