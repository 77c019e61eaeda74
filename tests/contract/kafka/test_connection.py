"""What stands between the operator and a cluster is told apart and told soon."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from kafka_migration.adapters.kafka import KafkaCluster, KafkaPool
from kafka_migration.errors import Invalid, Refused, Unavailable
from kafka_migration.model.reasons import Reason

SOON = 10.0  # seconds


def failure(connection, kind):
    """The error of the first call, which must come soon and hold no password."""
    began = time.monotonic()
    with pytest.raises(kind) as caught:
        KafkaCluster(connection).cluster()
    assert time.monotonic() - began < SOON
    assert connection.password not in str(caught.value)
    return caught.value


def test_the_cluster_tells_its_id_its_brokers_and_our_rights(operator) -> None:
    """The operator's principal is granted Alter by the sandbox, and sees a broker's settings."""
    cluster = operator.cluster()

    assert cluster.cluster_id
    assert cluster.brokers
    assert cluster.authorized_operations is not None
    assert {"ALTER", "DESCRIBE", "DESCRIBE_CONFIGS"} <= cluster.authorized_operations
    assert cluster.settings["socket.request.max.bytes"] == "104857600"
    assert cluster.settings["super.users"] is None


def test_source_and_target_are_two_clusters(sides) -> None:
    """Their ids differ."""
    ids = {KafkaCluster(side.connection("kmig")).cluster().cluster_id for side in sides.values()}

    assert len(ids) == len(sides)


def test_scram_works_beside_plain(side, operator) -> None:
    """The admin's SCRAM credential, where the sandbox made one, reaches the same cluster."""
    connection = side.connection("admin", mechanism="SCRAM-SHA-512")

    assert KafkaCluster(connection).cluster().cluster_id == operator.cluster().cluster_id


def test_settings_that_we_may_not_read_are_missing_not_empty_values(side) -> None:
    """A principal without rights learns no setting and no operation."""
    cluster = KafkaCluster(side.connection("intruder")).cluster()

    assert cluster.settings == {}
    assert cluster.authorized_operations is None


def test_a_wrong_password_is_refused_by_name(side) -> None:
    """AuthFailed, with the broker's words."""
    error = failure(side.wrong_password("kmig"), Refused)

    assert error.reason is Reason.AUTH_FAILED
    assert "password" in error.message


def test_a_foreign_ca_is_refused_by_name(sides) -> None:
    """TLSFailed when the CA is that of the other cluster."""
    source, target = sides["source"], sides["target"]
    error = failure(replace(source.connection("kmig"), ca_pem=target.ca_pem), Refused)

    assert error.reason is Reason.TLS_FAILED
    assert "trustedCertificates" in error.message


def test_a_closed_port_is_unreachable(side) -> None:
    """Unreachable, with the address."""
    error = failure(replace(side.connection("kmig"), bootstrap_servers="127.0.0.1:1"), Unavailable)

    assert error.reason is Reason.UNREACHABLE
    assert "127.0.0.1:1" in error.message


def test_an_unknown_host_is_unreachable(side) -> None:
    """Unreachable, with the name that does not resolve."""
    error = failure(
        replace(side.connection("kmig"), bootstrap_servers="nowhere.invalid:9092"), Unavailable
    )

    assert error.reason is Reason.UNREACHABLE
    assert "resolve" in error.message


def test_a_plaintext_client_at_a_tls_listener_is_unreachable(side) -> None:
    """The listener says nothing at all; the message points at the protocol."""
    error = failure(replace(side.connection("kmig"), ca_pem=None), Unavailable)

    assert error.reason is Reason.UNREACHABLE
    assert "security protocol" in error.message


def test_a_ca_that_is_no_certificate_is_invalid(side) -> None:
    """The specification is at fault, before any connection."""
    error = failure(replace(side.connection("kmig"), ca_pem="not a certificate"), Invalid)

    assert error.reason is Reason.TLS_FAILED


def test_the_right_password_works_after_a_wrong_one(side) -> None:
    """A pool never lends a client of one password to another."""
    pool = KafkaPool()
    with pytest.raises(Refused):
        pool.cluster(side.wrong_password("kmig")).cluster()

    assert pool.cluster(side.connection("kmig")).cluster().cluster_id
    pool.close()


def test_a_closed_cluster_opens_again(side) -> None:
    """Closing gives up threads, not the cluster."""
    cluster = KafkaCluster(side.connection("kmig"))
    first = cluster.cluster().cluster_id
    cluster.close()

    assert cluster.cluster().cluster_id == first
