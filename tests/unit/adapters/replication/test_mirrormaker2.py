"""Connector configuration, internal topics and ACLs of a mirror."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafka_migration.adapters.replication.mirrormaker2 import (
    MirrorSpec,
    connector_config,
)
from kafka_migration.adapters.replication.settings import MirrorConnection
from kafka_migration.decide.rules import mirror_names as names
from kafka_migration.errors import Invalid

SOURCE = MirrorConnection("source:9092", "PLAIN", "mirror", has_ca=True)
TARGET = MirrorConnection("target:9092", "SCRAM-SHA-512", "mirror", has_ca=True)
SPEC = MirrorSpec(
    name="kmig-1a2b3c4d-forward-bulk",
    uid="1a2b3c4d",
    direction=names.FORWARD,
    source=SOURCE,
    target=TARGET,
    topics=frozenset({"pay.ments", "orders"}),
)


def test_topics_are_quoted_and_sorted() -> None:
    r"""A dot in a name is a wildcard outside of \Q..\E."""
    assert connector_config(SPEC)["topics"] == r"\Qorders\E|\Qpay.ments\E"


def test_the_settings_that_lose_or_repeat_records_when_wrong() -> None:
    config = connector_config(SPEC)
    expected = {
        "exactly.once.support": "required",
        "source.consumer.isolation.level": "read_committed",
        "source.consumer.auto.offset.reset": "earliest",
        "offset.lag.max": "0",
        "offset-syncs.topic.location": "target",
        "topics.exclude": "",
        "source.cluster.alias": "s1a2b3c4d",
        "target.cluster.alias": "t1a2b3c4d",
    }
    assert expected.items() <= config.items()
    for kind in ("key", "value", "header"):
        assert config[f"{kind}.converter"].endswith("ByteArrayConverter")


def test_credentials_are_placeholders_only() -> None:
    config = connector_config(SPEC)
    assert config["source.cluster.sasl.jaas.config"] == "${dir:/creds:source.jaas}"
    assert config["target.cluster.sasl.jaas.config"] == "${dir:/creds:target.jaas}"
    assert config["source.cluster.ssl.truststore.location"] == "/creds/source-ca.crt"
    assert "mirror" not in {value for key, value in config.items() if "user" in key}


@pytest.mark.parametrize(
    ("mechanism", "has_ca", "protocol"),
    [
        ("PLAIN", True, "SASL_SSL"),
        ("PLAIN", False, "SASL_PLAINTEXT"),
        (None, True, "SSL"),
        (None, False, "PLAINTEXT"),
    ],
)
def test_the_protocol_follows_what_the_connection_has(
    mechanism: str | None, protocol: str, *, has_ca: bool
) -> None:
    source = MirrorConnection("source:9092", mechanism, None, has_ca=has_ca)
    config = connector_config(replace(SPEC, source=source))
    assert config["source.cluster.security.protocol"] == protocol
    assert ("source.cluster.sasl.jaas.config" in config) is (mechanism is not None)


def test_a_mirror_without_topics_is_refused() -> None:
    """An empty list would mean every topic there is."""
    with pytest.raises(Invalid):
        connector_config(replace(SPEC, topics=frozenset()))


def test_a_topic_that_would_never_be_copied_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="__internal"):
        connector_config(replace(SPEC, topics=frozenset({"__internal"})))


@pytest.mark.parametrize("bootstrap", ["${dir:/creds:source.jaas}:1", "a:1\nb"])
def test_a_placeholder_of_a_user_is_refused(bootstrap: str) -> None:
    """A config provider would put the password where everybody can read it."""
    source = replace(SOURCE, bootstrap_servers=bootstrap)
    with pytest.raises(Invalid):
        connector_config(replace(SPEC, source=source))
