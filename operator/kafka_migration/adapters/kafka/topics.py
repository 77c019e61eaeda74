"""Topics with their configuration, and the creation of topics.

Called by `client` and `canary`. Must never leave out a topic for any reason but that it does not exist.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.rdkafka import (
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    KafkaError,
    KafkaException,
    Local,
    NewTopic,
    ResourceType,
    TopicCollection,
)
from kafka_migration.errors import Unavailable
from kafka_migration.model import kafka as model
from kafka_migration.model.reasons import Reason

_BATCH = 500  # topics per request: answers stay below a few MiB
_VISIBLE_TIMEOUT = 10.0  # seconds until a created topic must be in metadata with its leaders
_ABSENT = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, Local.UNKNOWN_TOPIC})

Item = TypeVar("Item")


def read_topics(admin: Admin, names: Collection[str] | None) -> dict[str, model.Topic]:
    """Topics by name; None = all that this principal may see, without internal ones (`__*`)."""
    wanted = sorted(_visible_names(admin) if names is None else set(names))
    topics: dict[str, model.Topic] = {}
    for batch in _batches(wanted, _BATCH):
        described = describe(admin, batch)
        configs = _configs(admin, sorted(described))
        for name, description in described.items():
            if name in configs:
                topics[name] = _topic(description, configs[name])
    return topics


def create_topic(admin: Admin, topic: model.NewTopic) -> None:
    """Create and wait until every partition has a leader in metadata; existing = Refused."""
    new = NewTopic(
        topic.name,
        num_partitions=topic.partitions,
        replication_factor=topic.replication_factor,
        config=dict(topic.config),
    )
    create(admin, new)
    await_leaders(admin, topic.name, topic.partitions)


def create(admin: Admin, new: NewTopic) -> None:
    """Send the creation of one topic; existing = Refused."""
    admin.each(
        f"create topic {new.topic}",
        lambda client: client.create_topics(
            [new], operation_timeout=REQUEST_TIMEOUT, request_timeout=REQUEST_TIMEOUT
        ),
    )


def await_leaders(admin: Admin, name: str, partitions: int) -> None:
    """Wait (bounded) until metadata shows the topic with a leader for each partition."""
    deadline = time.monotonic() + _VISIBLE_TIMEOUT
    pause = threading.Event()
    while time.monotonic() < deadline:
        description = describe(admin, [name]).get(name)
        if description is not None:
            led = [part for part in description.partitions if node_id(part.leader) >= 0]
            if len(led) == partitions:
                return
        pause.wait(0.05)
    raise Unavailable(
        Reason.UNKNOWN,
        f"topic {name} was created but has no leaders for its {partitions} partitions after"
        f" {_VISIBLE_TIMEOUT:.0f} s; check that all brokers are up",
    )


def _visible_names(admin: Admin) -> set[str]:
    doing = "list the topics"
    try:
        metadata = admin.client(doing).list_topics(timeout=REQUEST_TIMEOUT)
    except KafkaException as error:
        raise admin.error(error, doing) from None
    return {name for name in metadata.topics if not name.startswith("__")}


def describe(admin: Admin, names: Sequence[str]) -> dict[str, Any]:
    """librdkafka's descriptions by name, without configuration; absent topics are left out."""
    if not names:
        return {}
    outcomes = admin.each_outcome(
        "describe topics",
        lambda client: client.describe_topics(
            TopicCollection(list(names)), request_timeout=REQUEST_TIMEOUT
        ),
    )
    return _present(admin, "describe topic", outcomes)


def _configs(admin: Admin, names: Sequence[str]) -> dict[str, Mapping[str, ConfigEntry]]:
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    outcomes = admin.each_outcome(
        "read the configuration of topics",
        lambda client: client.describe_configs(resources, request_timeout=REQUEST_TIMEOUT),
    )
    by_name = {resource.name: outcome for resource, outcome in outcomes.items()}
    return _present(admin, "read the configuration of topic", by_name)


def _present(admin: Admin, doing: str, outcomes: Mapping[str, Any]) -> dict[str, Any]:
    """What exists; an absent topic is left out, any other failure raises."""
    found: dict[str, Any] = {}
    for name, outcome in outcomes.items():
        if not isinstance(outcome, KafkaException):
            found[name] = outcome
        elif outcome.args[0].code() not in _ABSENT:
            raise admin.error(outcome, f"{doing} {name}")
    return found


def _topic(description: Any, entries: Mapping[str, ConfigEntry]) -> model.Topic:
    return model.Topic(
        name=description.name,
        topic_id=kafka_uuid(str(description.topic_id)),
        partitions={
            part.id: model.PartitionState(
                leader=node_id(part.leader),
                replicas=tuple(node_id(node) for node in part.replicas),
                in_sync=tuple(sorted(node_id(node) for node in part.isr)),
            )
            for part in description.partitions
        },
        config=readable(entries),
        overrides=frozenset(
            name
            for name, entry in entries.items()
            if ConfigSource(entry.source) is ConfigSource.DYNAMIC_TOPIC_CONFIG
        ),
    )


def readable(entries: Mapping[str, ConfigEntry]) -> dict[str, str]:
    """Values by name; sensitive ones are left out, one that is not set is empty."""
    return {
        name: "" if entry.value is None else entry.value
        for name, entry in entries.items()
        if not entry.is_sensitive
    }


def kafka_uuid(text: str) -> str:
    """Kafka's own spelling of a topic id; librdkafka uses another Base64 alphabet."""
    return text.replace("+", "-").replace("/", "_")


def node_id(node: Any) -> int:
    """A broker's id, or -1 where there is none."""
    return -1 if node is None else int(node.id)


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
