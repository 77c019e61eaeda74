"""The frozen inventory and the plan made from it, as JSON in the first journal entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_migration.model.entries import canonical, digest
from kafka_migration.model.kafka import Acl, NewTopic, Partition, PatternType, Permission
from kafka_migration.model.kafka import ResourceType as Type


@dataclass(frozen=True)
class FrozenTopic:
    """A source topic at the freeze."""

    name: str
    topic_id: str
    partitions: int
    config: Mapping[str, str]  # values set on the topic itself
    timestamps: str  # CreateTime | LogAppendTime


@dataclass(frozen=True)
class Plan:
    """What TargetPrepared will write, complete: nothing else is written there."""

    topics: tuple[NewTopic, ...]
    internal_topics: tuple[NewTopic, ...]  # of the mirrors, on the target
    source_acls: tuple[Acl, ...]  # mirrors' rights but to write the topics in scope
    target_acls: tuple[Acl, ...]  # applications' rights but Write, the mirrors' rights
    source_internal_topics: tuple[NewTopic, ...] = ()  # of the reverse mirrors, on the source
    reverse_rights: tuple[Acl, ...] = ()  # ALLOW Write on the source: added per unit, at Prepare

    def as_json(self) -> dict[str, Any]:
        """JSON that parse reads; without a way back it is what it was before there was one."""
        reverse = {
            "sourceInternalTopics": [_topic(t) for t in self.source_internal_topics],
            "reverseRights": [acl_json(a) for a in self.reverse_rights],
        }
        return {
            "topics": [_topic(t) for t in self.topics],
            "internalTopics": [_topic(t) for t in self.internal_topics],
            "sourceAcls": [acl_json(a) for a in self.source_acls],
            "targetAcls": [acl_json(a) for a in self.target_acls],
            **{name: items for name, items in reverse.items() if items},
        }

    @property
    def way_back(self) -> bool:
        """Records written on the target are copied back: the plan has reverse mirrors."""
        return bool(self.source_internal_topics)

    @property
    def digest(self) -> str:
        """What an approval names."""
        return digest(canonical(self.as_json()))


@dataclass(frozen=True)
class Inventory:
    """Everything in scope, when and on which clusters it was read, and the plan."""

    source_id: str
    target_id: str
    topics: Mapping[str, FrozenTopic]
    groups: tuple[str, ...]
    acls: tuple[Acl, ...]  # of the source, reaching topics or groups in scope
    plan: Plan

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """All partitions of a topic; none if it is not in the inventory."""
        frozen = self.topics.get(topic)
        return tuple(Partition(topic, n) for n in range(frozen.partitions)) if frozen else ()

    def as_json(self) -> dict[str, Any]:
        """JSON that parse reads."""
        return {
            "sourceId": self.source_id,
            "targetId": self.target_id,
            "topics": [
                {
                    "name": t.name,
                    "id": t.topic_id,
                    "partitions": t.partitions,
                    "config": dict(t.config),
                    "timestamps": t.timestamps,
                }
                for _, t in sorted(self.topics.items())
            ],
            "groups": list(self.groups),
            "acls": [acl_json(a) for a in self.acls],
            "plan": self.plan.as_json(),
        }

    @staticmethod
    def parse(data: Mapping[str, Any]) -> Inventory:
        """Read what as_json wrote."""
        topics = {
            t["name"]: FrozenTopic(
                t["name"], t["id"], t["partitions"], t["config"], t["timestamps"]
            )
            for t in data["topics"]
        }
        plan = data["plan"]
        return Inventory(
            data["sourceId"],
            data["targetId"],
            topics,
            tuple(data["groups"]),
            tuple(acl_from(a) for a in data["acls"]),
            Plan(
                tuple(_new_topic(t) for t in plan["topics"]),
                tuple(_new_topic(t) for t in plan["internalTopics"]),
                tuple(acl_from(a) for a in plan["sourceAcls"]),
                tuple(acl_from(a) for a in plan["targetAcls"]),
                tuple(_new_topic(t) for t in plan.get("sourceInternalTopics", ())),
                tuple(acl_from(a) for a in plan.get("reverseRights", ())),
            ),
        )


def _topic(topic: NewTopic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "partitions": topic.partitions,
        "replicationFactor": topic.replication_factor,
        "config": dict(topic.config),
    }


def _new_topic(raw: Mapping[str, Any]) -> NewTopic:
    return NewTopic(raw["name"], raw["partitions"], raw["replicationFactor"], raw["config"])


def acl_json(acl: Acl) -> list[str]:
    """An ACL as its seven fields."""
    return [
        acl.resource_type.value,
        acl.resource,
        acl.pattern.value,
        acl.principal,
        acl.host,
        acl.operation,
        acl.permission.value,
    ]


def acl_from(raw: list[str]) -> Acl:
    """The other way."""
    kind, resource, pattern, principal, host, operation, permission = raw
    return Acl(
        Type(kind),
        resource,
        PatternType(pattern),
        principal,
        host,
        operation,
        Permission(permission),
    )
