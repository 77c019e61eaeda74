"""The one door to confluent-kafka: its names with types that strict checking accepts.

Called by every module of this package. Must never hold logic.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, cast

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
)

from kafka_migration.model.librdkafka import Local

AnyFuture = Future[Any]

# The library leaves these without annotations, or with narrower ones than it means.
LATEST: OffsetSpec = cast("Any", OffsetSpec).latest()
EARLIEST: OffsetSpec = cast("Any", OffsetSpec).earliest()
EVERY_ACL: AclBindingFilter = cast("Any", AclBindingFilter)(
    ResourceType.ANY,
    None,
    ResourcePatternType.ANY,
    None,
    None,
    AclOperation.ANY,
    AclPermissionType.ANY,
)


__all__ = [
    "EARLIEST",
    "EVERY_ACL",
    "LATEST",
    "AclBinding",
    "AclBindingFilter",
    "AclOperation",
    "AclPermissionType",
    "AdminClient",
    "AnyFuture",
    "ConfigEntry",
    "ConfigResource",
    "ConfigSource",
    "Consumer",
    "ConsumerGroupState",
    "ConsumerGroupTopicPartitions",
    "IsolationLevel",
    "KafkaError",
    "KafkaException",
    "Local",
    "Message",
    "NewTopic",
    "OffsetSpec",
    "Producer",
    "ResourcePatternType",
    "ResourceType",
    "TopicCollection",
    "TopicPartition",
]
