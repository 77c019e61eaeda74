"""A connection becomes librdkafka configuration from a closed list of keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafka_migration.adapters.kafka.config import client_config, consumer_config, producer_config
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

SECURE = Connection("a:9092, b:9092", "PLAIN", "kmig", "pass word", "-----BEGIN")
CREDENTIAL_KEYS = {"sasl.mechanism", "sasl.username", "sasl.password"}


def test_everything_of_the_connection_is_passed_on() -> None:
    """Addresses, protocol, credential and CA."""
    config = client_config(SECURE)

    assert config["bootstrap.servers"] == "a:9092,b:9092"
    assert config["security.protocol"] == "SASL_SSL"
    assert config["sasl.mechanism"] == "PLAIN"
    assert config["sasl.username"] == "kmig"
    assert config["sasl.password"] == "pass word"
    assert config["ssl.ca.pem"] == "-----BEGIN"


def test_a_connection_without_authentication_has_no_credential_keys() -> None:
    """TLS alone."""
    config = client_config(replace(SECURE, mechanism=None, username=None, password=None))

    assert config["security.protocol"] == "SSL"
    assert not CREDENTIAL_KEYS & set(config)


def test_plaintext_has_no_tls_keys() -> None:
    """Neither CA nor protocol."""
    config = client_config(Connection("a:9092", None, None))

    assert config["security.protocol"] == "PLAINTEXT"
    assert not [key for key in config if key.startswith("ssl.")]


def test_an_empty_ca_means_the_machines_own_trust_store() -> None:
    """TLS stays on; librdkafka finds the store."""
    config = client_config(replace(SECURE, ca_pem=""))

    assert config["security.protocol"] == "SASL_SSL"
    assert "ssl.ca.pem" not in config


def test_certificates_and_host_names_are_always_verified() -> None:
    """No key of ours could switch verification off."""
    config = client_config(SECURE)

    assert "enable.ssl.certificate.verification" not in config
    assert "ssl.endpoint.identification.algorithm" not in config


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_the_three_mechanisms_are_supported(mechanism: str) -> None:
    """In Kafka's spelling."""
    assert client_config(replace(SECURE, mechanism=mechanism))["sasl.mechanism"] == mechanism


def test_another_mechanism_is_not_supported() -> None:
    """By name."""
    with pytest.raises(Invalid, match="GSSAPI") as caught:
        client_config(replace(SECURE, mechanism="GSSAPI"))

    assert caught.value.reason is Reason.NOT_SUPPORTED


@pytest.mark.parametrize(
    "half",
    [
        replace(SECURE, username=None),
        replace(SECURE, username=""),
        replace(SECURE, password=None),
        replace(SECURE, password=""),
    ],
)
def test_half_a_credential_is_invalid(half: Connection) -> None:
    """The message says what to set and shows neither half."""
    with pytest.raises(Invalid) as caught:
        client_config(half)

    assert caught.value.reason is Reason.SECRET_MISSING
    assert "pass word" not in str(caught.value)


@pytest.mark.parametrize("servers", ["", "host", "host:", ":9092", "host:port", "a:9092,,b:9092"])
def test_an_address_without_host_or_port_is_invalid(servers: str) -> None:
    """Before any connection is tried."""
    with pytest.raises(Invalid) as caught:
        client_config(replace(SECURE, bootstrap_servers=servers))

    assert caught.value.reason is Reason.INVALID_SPEC


@pytest.mark.parametrize("servers", ["10.0.0.1:9092", "[::1]:9092", "a.b-c.d:1"])
def test_usual_addresses_are_accepted(servers: str) -> None:
    """IPv4, IPv6, names."""
    assert client_config(replace(SECURE, bootstrap_servers=servers))["bootstrap.servers"] == servers


def test_a_probe_is_sent_once_and_never_compressed() -> None:
    """The settings that protocol 1.10 demands."""
    config = producer_config(SECURE, 2_000_000, 8_000)

    assert config["enable.idempotence"] is False
    assert config["acks"] == 1
    assert config["retries"] == 0
    assert config["compression.type"] == "none"
    assert config["message.max.bytes"] == 2_000_000
    assert config["message.timeout.ms"] == 8_000


def test_the_tail_reader_never_commits_and_sees_committed_records_only() -> None:
    """It also tells the end of a partition and never resets its position by itself."""
    config = consumer_config(SECURE)

    assert config["enable.auto.commit"] is False
    assert config["isolation.level"] == "read_committed"
    assert config["enable.partition.eof"] is True
    assert config["auto.offset.reset"] == "error"
