"""Users and rights inside the Kafkas: SCRAM passwords for all, ACLs for the operator's own user.

Called by __main__ once a Kafka's pod is ready. The other users get nothing here: the operator, the
demo and the tests grant what they need.
"""

from __future__ import annotations

from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

from kmig_sandbox.kafka import Kafka
from kmig_sandbox.problem import SandboxProblemError
from kmig_sandbox.waiting import until

if TYPE_CHECKING:
    from confluent_kafka.admin import AclBinding, AdminClient, UserScramCredentialAlteration

_REQUEST_SECONDS = 15.0
_SERVING_SECONDS = 60.0
_OPERATOR_RIGHTS = {  # of User:kmig
    ("BROKER", "kafka-cluster"): (
        "ALTER",
        "DESCRIBE",
        "DESCRIBE_CONFIGS",
        "CREATE",
        "ALTER_CONFIGS",
        "IDEMPOTENT_WRITE",
    ),
    ("TOPIC", "*"): (
        "DESCRIBE",
        "DESCRIBE_CONFIGS",
        "READ",
        "CREATE",
        "ALTER",
        "ALTER_CONFIGS",
        "DELETE",
    ),
    ("GROUP", "*"): ("DESCRIBE", "READ", "DELETE"),
}


def client_settings(kafka: Kafka, user: str) -> dict[str, str | int | float | bool]:
    """librdkafka settings for a user on this machine."""
    return {
        "bootstrap.servers": kafka.bootstrap,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": user,
        "sasl.password": kafka.passwords[user],
        "ssl.ca.location": str(kafka.ca),
    }


def grant(kafka: Kafka) -> None:
    """Waits until the Kafka serves this machine, then sets passwords and ACLs; idempotent."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient(client_settings(kafka, "admin"), logger=_silent())
    until(
        f"Kafka {kafka.side} on {kafka.bootstrap}", _SERVING_SECONDS, lambda: _silent_broker(admin)
    )
    try:
        for future in admin.create_acls(
            _operator_acls(), request_timeout=_REQUEST_SECONDS
        ).values():
            future.result(_REQUEST_SECONDS)
        changes = admin.alter_user_scram_credentials(
            _scram(kafka), request_timeout=_REQUEST_SECONDS
        )
        for future in changes.values():
            future.result(_REQUEST_SECONDS)
    except (KafkaException, FutureTimeoutError) as error:
        kind = type(error).__name__
        raise SandboxProblemError(
            f"Kafka {kafka.side} refused users or ACLs: {kind} {error}"
        ) from None


def _silent_broker(admin: AdminClient) -> str:
    from confluent_kafka import KafkaException

    try:
        metadata = admin.list_topics(timeout=5)
    except KafkaException as error:
        return str(error)
    return "" if metadata.brokers else "it names no broker"


def _operator_acls() -> list[AclBinding]:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    return [
        AclBinding(
            ResourceType[kind],
            name,
            ResourcePatternType.LITERAL,
            "User:kmig",
            "*",
            AclOperation[operation],
            AclPermissionType.ALLOW,
        )
        for (kind, name), operations in _OPERATOR_RIGHTS.items()
        for operation in operations
    ]


def _scram(kafka: Kafka) -> list[UserScramCredentialAlteration]:
    from confluent_kafka.admin import (
        ScramCredentialInfo,
        ScramMechanism,
        UserScramCredentialUpsertion,
    )

    strength = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    return [
        UserScramCredentialUpsertion(user, strength, password.encode())
        for user, password in kafka.passwords.items()
    ]


def _silent() -> object:
    """A logger that drops librdkafka's complaints while the broker still starts."""
    import logging

    logger = logging.getLogger("kmig_sandbox.librdkafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
