"""Each code of librdkafka becomes one kind of error with a reason and an advice."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from kafka_migration.adapters.kafka.errors import (
    MEANINGS,
    refused_configuration,
    translate,
    translate_exception,
)
from kafka_migration.errors import Invalid, Refused, Unavailable
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (KafkaError._AUTHENTICATION, Refused, Reason.AUTH_FAILED),
        (KafkaError.SASL_AUTHENTICATION_FAILED, Refused, Reason.AUTH_FAILED),
        (KafkaError.UNSUPPORTED_SASL_MECHANISM, Refused, Reason.AUTH_FAILED),
        (KafkaError._SSL, Refused, Reason.TLS_FAILED),
        (KafkaError._TRANSPORT, Unavailable, Reason.UNREACHABLE),
        (KafkaError._RESOLVE, Unavailable, Reason.UNREACHABLE),
        (KafkaError._ALL_BROKERS_DOWN, Unavailable, Reason.UNREACHABLE),
        (KafkaError._TIMED_OUT, Unavailable, Reason.UNREACHABLE),
        (KafkaError.REQUEST_TIMED_OUT, Unavailable, Reason.UNREACHABLE),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, Refused, Reason.NOT_AUTHORIZED),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, Refused, Reason.NOT_AUTHORIZED),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, Refused, Reason.NOT_AUTHORIZED),
        (KafkaError.NOT_LEADER_FOR_PARTITION, Unavailable, Reason.UNKNOWN),
        (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, Unavailable, Reason.UNKNOWN),
        (KafkaError.UNSTABLE_OFFSET_COMMIT, Unavailable, Reason.OPEN_TRANSACTION),
        (KafkaError.TOPIC_ALREADY_EXISTS, Refused, Reason.TOPIC_CONFLICT),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, Refused, Reason.TOPIC_MISSING),
        (KafkaError._UNKNOWN_PARTITION, Refused, Reason.TOPIC_MISSING),
        (KafkaError.UNKNOWN_MEMBER_ID, Refused, Reason.GROUP_NOT_EMPTY),
        (KafkaError.NON_EMPTY_GROUP, Refused, Reason.GROUP_NOT_EMPTY),
        (KafkaError.INVALID_CONFIG, Invalid, Reason.INVALID_SPEC),
        (KafkaError.INVALID_REPLICATION_FACTOR, Invalid, Reason.INVALID_SPEC),
        (KafkaError.POLICY_VIOLATION, Refused, Reason.INVALID_SPEC),
        (KafkaError.SECURITY_DISABLED, Refused, Reason.NOT_SUPPORTED),
        (KafkaError.UNSUPPORTED_VERSION, Refused, Reason.NOT_SUPPORTED),
    ],
)
def test_a_code_has_its_kind_and_reason(code, kind, reason) -> None:
    """The cases that the product decides by."""
    error = translate(KafkaError(code), "do something")

    assert type(error) is kind
    assert error.reason is reason


def test_an_unlisted_code_is_unknown_never_final() -> None:
    """What we do not understand may pass."""
    error = translate(KafkaError(KafkaError.INVALID_PRODUCER_EPOCH), "do something")

    assert KafkaError.INVALID_PRODUCER_EPOCH not in MEANINGS
    assert type(error) is Unavailable
    assert error.reason is Reason.UNKNOWN


def test_a_message_says_what_failed_why_and_what_to_do() -> None:
    """In this order."""
    error = translate(KafkaError(KafkaError._SSL, "handshake failed"), "list the topics")

    assert error.message.startswith("cannot list the topics: handshake failed (_SSL); check")


def test_a_timeout_means_what_the_background_threads_said() -> None:
    """librdkafka itself only reports that time ran out."""
    background = KafkaError(KafkaError._AUTHENTICATION, "Invalid username or password")
    error = translate(KafkaError(KafkaError._TIMED_OUT), "list the topics", background)

    assert type(error) is Refused
    assert error.reason is Reason.AUTH_FAILED
    assert "Invalid username or password" in error.message


def test_an_answer_of_the_broker_beats_old_background_faults() -> None:
    """Another broker being down does not explain a refusal."""
    background = KafkaError(KafkaError._TRANSPORT, "Connection refused")
    error = translate(KafkaError(KafkaError.TOPIC_ALREADY_EXISTS), "create", background)

    assert error.reason is Reason.TOPIC_CONFLICT
    assert "Connection refused" not in error.message


def test_a_controllers_dump_does_not_reach_the_message() -> None:
    """Refusals of forwarded requests carry the whole request as text."""
    code = KafkaError.CLUSTER_AUTHORIZATION_FAILED
    error = translate(KafkaError(code, "Request Request(processor=1, session=..."), "create ACLs")

    assert "processor" not in error.message
    assert "Cluster authorization failed" in error.message


def test_long_words_are_cut() -> None:
    """A status line has an end."""
    error = translate(KafkaError(KafkaError.INVALID_CONFIG, "x" * 5000), "create")

    assert len(error.message) < 500


@pytest.mark.parametrize("args", [(), ("just text",)])
def test_an_exception_without_a_code_is_unknown(args) -> None:
    """It is not taken for success or refusal."""
    error = translate_exception(KafkaException(*args), "do something")

    assert type(error) is Unavailable


def test_a_refused_configuration_shows_no_secret() -> None:
    """Even if the library quoted the value."""
    connection = Connection("a:1", "PLAIN", "kmig", "s3cret", "PEMPEM")
    error = refused_configuration(
        KafkaException(KafkaError(KafkaError._INVALID_ARG, "bad ssl.ca.pem PEMPEM for s3cret")),
        connection,
    )

    assert error.reason is Reason.TLS_FAILED
    assert "s3cret" not in error.message
    assert "PEMPEM" not in error.message
