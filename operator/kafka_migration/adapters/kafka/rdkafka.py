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


class Local:
    """Codes that librdkafka gives by itself; the underscore is its spelling, not privacy."""

    # librdkafka's local errors are public in its documentation; the underscore is their name.
    AUTHENTICATION: int = KafkaError._AUTHENTICATION  # noqa: SLF001
    SSL: int = KafkaError._SSL  # noqa: SLF001
    RESOLVE: int = KafkaError._RESOLVE  # noqa: SLF001
    TRANSPORT: int = KafkaError._TRANSPORT  # noqa: SLF001
    ALL_BROKERS_DOWN: int = KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001
    TIMED_OUT: int = KafkaError._TIMED_OUT  # noqa: SLF001
    TIMED_OUT_QUEUE: int = KafkaError._TIMED_OUT_QUEUE  # noqa: SLF001
    MSG_TIMED_OUT: int = KafkaError._MSG_TIMED_OUT  # noqa: SLF001
    INVALID_ARG: int = KafkaError._INVALID_ARG  # noqa: SLF001
    UNSUPPORTED_FEATURE: int = KafkaError._UNSUPPORTED_FEATURE  # noqa: SLF001
    UNKNOWN_TOPIC: int = KafkaError._UNKNOWN_TOPIC  # noqa: SLF001
    UNKNOWN_PARTITION: int = KafkaError._UNKNOWN_PARTITION  # noqa: SLF001
    NOENT: int = KafkaError._NOENT  # noqa: SLF001
    PARTITION_EOF: int = KafkaError._PARTITION_EOF  # noqa: SLF001
    AUTO_OFFSET_RESET: int = KafkaError._AUTO_OFFSET_RESET  # noqa: SLF001


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
