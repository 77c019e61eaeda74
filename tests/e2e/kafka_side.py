"""One Kafka of the sandbox as the administrator of the end-to-end rows sees it.

Called by the ground and by rows: users, topics, ACLs and groups of this run, and what a listing of
a cluster says about them. It must never touch anything that does not carry a name of these rows.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection
from typing import Any

from confluent_kafka import OFFSET_END, IsolationLevel, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    NewTopic,
    OffsetSpec,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from kmig_demo.admin import EVERY_ACL, GONE, TIMEOUT, ClusterAdmin, as_filter

PREFIX = "e2e-"


class KafkaSide(ClusterAdmin):
    """Administrative acts of the rows on one cluster."""

    def cluster_id(self) -> str:
        """The identity of the cluster, so that a report can say where rows ran."""
        found = self._client.describe_cluster(request_timeout=TIMEOUT).result(timeout=TIMEOUT)
        return str(found.cluster_id)

    def make_user(self, name: str) -> str:
        """A SCRAM user of this run; returns its random password."""
        password = secrets.token_urlsafe(24)
        change = UserScramCredentialUpsertion(
            name,
            ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096),
            password.encode(),
            os.urandom(16),
        )
        answers = self._client.alter_user_scram_credentials([change], request_timeout=TIMEOUT)
        self._settle(answers.values())
        return password

    def make_topic(self, name: str, partitions: int) -> None:
        """A topic that keeps everything."""
        self.create_topic(name, partitions)

    def make_other_topic(self, name: str, partitions: int) -> str:
        """A topic that somebody else made; returns its id."""
        self.create(NewTopic(name, num_partitions=partitions, replication_factor=1))
        return self.topic_id(name)

    def topic_id(self, name: str) -> str:
        """The id that a re-created topic would not keep."""
        from confluent_kafka import TopicCollection

        asked = self._client.describe_topics(TopicCollection([name]), request_timeout=TIMEOUT)
        (found,) = self._settle(asked.values())
        return str(found.topic_id)

    def partitions(self, name: str) -> int:
        """How many partitions a topic has."""
        return len(self._client.list_topics(name, timeout=TIMEOUT).topics[name].partitions)

    def delete_topic(self, name: str) -> None:
        """As an administrator who mends a conflict."""
        gone = self._client.delete_topics([name], operation_timeout=TIMEOUT)
        self._settle(gone.values(), ignore=GONE)

    def expire(self, topic: str) -> None:
        """Delete every record of a topic of one partition, as retention does."""
        end = TopicPartition(topic, 0, OFFSET_END)
        self._settle(self._client.delete_records([end]).values())

    def acls(self, concerns: Callable[[AclBinding], bool]) -> list[AclBinding]:
        """ACL entries that `concerns` accepts."""
        (found,) = self._settle([self._client.describe_acls(EVERY_ACL, request_timeout=TIMEOUT)])
        return [entry for entry in found if concerns(entry)]

    def standing(self, words: Collection[str]) -> set[str]:
        """Topics and ACL entries whose names hold one of the words, each in one line."""
        entries = self.acls(lambda acl: _speaks_of(words, acl.name, acl.principal))
        topics = (name for name in self.topics() if _speaks_of(words, name))
        return {*(acl_line(entry) for entry in entries), *(f"topic {name}" for name in topics)}

    def remove(self, words: Collection[str]) -> list[str]:
        """Delete topics, groups, ACL entries and users that carry one of the words."""
        entries = self.acls(lambda acl: _speaks_of(words, acl.name, acl.principal))
        if entries:
            doomed = [as_filter(entry) for entry in entries]
            self._settle(self._client.delete_acls(doomed, request_timeout=TIMEOUT).values())
        topics = sorted(name for name in self.topics() if _speaks_of(words, name))
        if topics:
            gone = self._client.delete_topics(topics, operation_timeout=TIMEOUT)
            self._settle(gone.values(), ignore=GONE)
        groups = self._remove_groups(words)
        users = self._remove_users(words)
        return [f"{len(entries)} ACL entries"] * bool(entries) + [*topics, *groups, *users]

    def _remove_groups(self, words: Collection[str]) -> list[str]:
        listed = self._client.list_consumer_groups(request_timeout=TIMEOUT).result(timeout=TIMEOUT)
        names = sorted(g.group_id for g in listed.valid if _speaks_of(words, g.group_id))
        if names:
            answers = self._client.delete_consumer_groups(names, request_timeout=TIMEOUT)
            self._settle(answers.values(), ignore=GONE)
        return [f"group {name}" for name in names]

    def _remove_users(self, words: Collection[str]) -> list[str]:
        every: Any = self._client.describe_user_scram_credentials(request_timeout=TIMEOUT)
        users = sorted(name for name in every.result(timeout=TIMEOUT) if _speaks_of(words, name))
        mechanism = ScramMechanism.SCRAM_SHA_512
        doomed: list[Any] = [UserScramCredentialDeletion(name, mechanism) for name in users]
        if doomed:
            answers = self._client.alter_user_scram_credentials(doomed, request_timeout=TIMEOUT)
            self._settle(answers.values())
        return [f"user {name}" for name in users]

    def remove_group(self, name: str) -> None:
        """As somebody does who finds that nobody needs it."""
        answers = self._client.delete_consumer_groups([name], request_timeout=TIMEOUT)
        self._settle(answers.values())

    def open_transactions(self, topic: str) -> dict[int, int]:
        """Partitions whose last stable offset is below their end, and that offset."""
        places = [TopicPartition(topic, number) for number in self.ends(topic)]
        latest: Any = OffsetSpec.latest
        answers = self._client.list_offsets(
            {place: latest() for place in places},
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=TIMEOUT,
        )
        stable = zip(answers, self._settle(answers.values()), strict=True)
        found = {place.partition: result.offset for place, result in stable}
        ends = self.ends(topic)
        return {number: offset for number, offset in found.items() if offset < ends[number]}

    def committed(self, group: str) -> dict[int, int]:
        """Committed offsets of a group that reads one topic."""
        from confluent_kafka import ConsumerGroupTopicPartitions

        request = [ConsumerGroupTopicPartitions(group)]
        answers = self._client.list_consumer_group_offsets(request, request_timeout=TIMEOUT)
        (found,) = self._settle(answers.values())
        return {place.partition: place.offset for place in found.topic_partitions}


def acl_line(acl: Any) -> str:
    """An ACL binding in one line; the resource comes first."""
    where = f"{acl.restype.name} {acl.name} {acl.resource_pattern_type.name}"
    return f"{where}: {acl.permission_type.name} {acl.operation.name} {acl.principal}"


def _speaks_of(words: Collection[str], *names: str | None) -> bool:
    return any(word in name for name in names if name for word in words)
