"""What the platform engineer does on the two Kafka clusters with admin rights.

Called by the scenario: topics, ACLs and group offsets of the demo on the source, and removal of
what an earlier demo left on both. It must never touch topics or groups that are not the demo's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
)

from kmig_demo.environment import Side
from kmig_demo.errors import DemoError
from kmig_demo.waiting import wait_until

TOPICS = ("orders", "orders-archive")
GROUP = "orders"
APPLICATIONS = ("User:orders-writer", "User:orders-reader")
MIRROR = "User:kmig-mirror"
TIMEOUT = 20.0
GONE = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.GROUP_ID_NOT_FOUND,
    KafkaError.INVALID_GROUP_ID,
}
YOUNG = {
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}

_OPEN: Any = None  # the stub forgets that a filter may leave a name open
EVERY_ACL = AclBindingFilter(
    ResourceType.ANY,
    _OPEN,
    ResourcePatternType.ANY,
    _OPEN,
    _OPEN,
    AclOperation.ANY,
    AclPermissionType.ANY,
)


def as_filter(entry: AclBinding) -> AclBindingFilter:
    """What finds exactly this entry."""
    return AclBindingFilter(
        entry.restype,
        entry.name,
        entry.resource_pattern_type,
        entry.principal,
        entry.host,
        entry.operation,
        entry.permission_type,
    )


class ClusterAdmin:
    """Administrative acts on one cluster."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._client = AdminClient({**side.client, "client.id": "kmig-demo-admin"})

    def topics(self) -> set[str]:
        """Names of all topics. Raises DemoError when the cluster does not answer."""
        try:
            return set(self._client.list_topics(timeout=TIMEOUT).topics)
        except KafkaException as error:
            raise DemoError(f"{self.side.name} Kafka does not answer: {error}") from None

    def create_topic(self, name: str, partitions: int, cleanup: str = "delete") -> None:
        """A topic that keeps everything but what compaction replaces; waits until it is visible."""
        config = {"retention.ms": "-1", "cleanup.policy": cleanup}
        self.create(NewTopic(name, num_partitions=partitions, replication_factor=1, config=config))

    def create(self, topic: NewTopic) -> None:
        """Create it and wait until it is visible: a broker learns of it after the controller."""
        self._settle(self._client.create_topics([topic], operation_timeout=TIMEOUT).values())
        wait_until(
            f"topic {topic.topic} on {self.side.name}",
            TIMEOUT,
            lambda: "" if topic.topic in self.topics() else "it is not in the metadata yet",
        )

    def allow(self, user: str, grants: Iterable[tuple[ResourceType, str, AclOperation]]) -> None:
        """ALLOW entries for one application, literal names, any host."""
        entries = [
            AclBinding(
                kind,
                name,
                ResourcePatternType.LITERAL,
                f"User:{user}",
                "*",
                operation,
                AclPermissionType.ALLOW,
            )
            for kind, name, operation in grants
        ]
        self._settle(self._client.create_acls(entries, request_timeout=TIMEOUT).values())

    def start_group_at_zero(self, group: str, topic: str, partitions: int) -> None:
        """Commit 0 everywhere: the reader's auto.offset.reset is `error`."""
        offsets = [TopicPartition(topic, partition, 0) for partition in range(partitions)]
        request = [ConsumerGroupTopicPartitions(group, offsets)]

        def commit() -> None:
            answers = self._client.alter_consumer_group_offsets(request, request_timeout=TIMEOUT)
            for future in answers.values():
                for place in future.result(timeout=TIMEOUT).topic_partitions:
                    if place.error is not None:
                        raise KafkaException(place.error)

        self._once_coordinated(f"first commits of group {group}", commit)

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition of a topic."""
        found = self._client.list_topics(topic, timeout=TIMEOUT).topics[topic].partitions
        latest: Any = OffsetSpec.latest  # no types in the stub
        places = {TopicPartition(topic, partition): latest() for partition in found}
        answers = self._client.list_offsets(places, request_timeout=TIMEOUT)
        results = zip(answers, self._settle(answers.values()), strict=True)
        return {place.partition: result.offset for place, result in results}

    def remove_demo(self, migrations: Collection[str]) -> list[str]:
        """Delete the demo's topics, group and ACLs, and those of the named migrations' mirrors.

        `migrations` are the first eight digits of UIDs. Says what was deleted.
        """

        def ours(name: str) -> bool:
            return name in TOPICS or any(uid in name for uid in migrations)

        removed = self._remove_acls(ours)
        doomed = sorted(name for name in self.topics() if ours(name))
        if doomed:
            gone = self._client.delete_topics(doomed, operation_timeout=TIMEOUT)
            self._settle(gone.values(), ignore=GONE)
            wait_until(
                f"deletion of topics on {self.side.name}",
                TIMEOUT,
                lambda: ", ".join(self.topics() & set(doomed)),
            )

        def delete_group() -> None:
            deleted = self._client.delete_consumer_groups([GROUP], request_timeout=TIMEOUT)
            for future in deleted.values():
                try:
                    future.result(timeout=TIMEOUT)
                except KafkaException as error:
                    if error.args[0].code() not in GONE:
                        raise

        self._once_coordinated(f"deletion of group {GROUP}", delete_group)
        return [*removed, *(f"topic {name}" for name in doomed)]

    def _remove_acls(self, ours: Callable[[str], bool]) -> list[str]:
        (found,) = self._settle([self._client.describe_acls(EVERY_ACL, request_timeout=TIMEOUT)])
        doomed = [
            as_filter(entry)
            for entry in found
            if entry.principal in APPLICATIONS or (entry.principal == MIRROR and ours(entry.name))
        ]
        if doomed:
            self._settle(self._client.delete_acls(doomed, request_timeout=TIMEOUT).values())
        return [f"{len(doomed)} ACL entries"] if doomed else []

    def _once_coordinated(self, what: str, act: Callable[[], None]) -> None:
        # The coordinator of a young cluster is still being found or loaded; it says so.
        def blocker() -> str:
            try:
                act()
            except KafkaException as error:
                if error.args[0].code() in YOUNG:
                    return str(error)
                raise DemoError(f"{what} on {self.side.name}: {error}") from None
            return ""

        wait_until(f"{what} on {self.side.name}", TIMEOUT, blocker)

    def _settle(
        self, futures: Iterable[Future[Any]], ignore: frozenset[int] | set[int] = frozenset()
    ) -> list[Any]:
        results = []
        for future in futures:
            try:
                results.append(future.result(timeout=TIMEOUT + 5))
            except KafkaException as error:
                if error.args[0].code() not in ignore:
                    raise DemoError(f"{self.side.name} Kafka refused: {error}") from None
        return results
