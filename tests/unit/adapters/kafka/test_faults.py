"""What librdkafka's threads complain about is remembered until a call succeeds."""

from __future__ import annotations

from confluent_kafka import KafkaError

from kafka_migration.adapters.kafka.faults import FaultLog

TRANSPORT = KafkaError(KafkaError._TRANSPORT, "refused")
AUTHENTICATION = KafkaError(KafkaError._AUTHENTICATION, "wrong password")
ALL_DOWN = KafkaError(KafkaError._ALL_BROKERS_DOWN)


def log(*errors: KafkaError) -> FaultLog:
    faults = FaultLog()
    for error in errors:
        faults.record(error)
    return faults


def test_nothing_recorded_means_nothing_known() -> None:
    """No fault, none decisive, no broker called down."""
    faults = log()

    assert faults.worst() is None
    assert faults.decisive() is None
    assert not faults.all_down()


def test_a_refused_password_beats_a_lost_connection() -> None:
    """Whichever came last: every refusal is followed by a disconnect."""
    assert log(AUTHENTICATION, TRANSPORT, ALL_DOWN).worst() is AUTHENTICATION
    assert log(TRANSPORT, AUTHENTICATION).worst() is AUTHENTICATION


def test_only_what_waiting_cannot_heal_is_decisive() -> None:
    """A network may come back."""
    assert log(TRANSPORT, ALL_DOWN).decisive() is None
    assert log(TRANSPORT, AUTHENTICATION).decisive() is AUTHENTICATION


def test_success_clears_the_log() -> None:
    """An old fault must not explain a new time-out."""
    faults = log(AUTHENTICATION, ALL_DOWN)
    faults.clear()

    assert faults.worst() is None
    assert not faults.all_down()


def test_other_errors_are_no_connection_faults() -> None:
    """They are kept out of explanations."""
    assert log(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)).worst() is None
