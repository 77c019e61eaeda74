"""Connections: Secrets in the namespace of the object that names them, never in plaintext."""

from __future__ import annotations

import pytest
from tests.unit.loop.fake_world import cluster_spec, migration, migration_spec, unit

from kafka_migration.connections import (
    SecretsOfTick,
    mirror_connection,
    operator_connection,
    workload_connection,
)
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason


def test_the_operators_connection_is_made_of_spec_and_secrets(fake):
    connection = operator_connection(fake.secrets, migration(), "source")
    assert connection.bootstrap_servers == "source:9092"
    assert (connection.username, connection.password) == ("kmig", "pw-kmig-source")
    assert (connection.mechanism, connection.security_protocol) == ("PLAIN", "SASL_SSL")


def test_a_workloads_password_is_in_its_own_namespace_and_the_ca_in_the_migrations(fake):
    """A unit cannot name a Secret of the platform team, nor the other way round."""
    context = unit()
    workload_connection(fake.secrets, context, context.spec.workloads[0], "target")
    assert fake.secrets.reads == [
        ("platform", "target-ca", "ca.crt"),
        ("orders", "app-target", "password"),
    ]


def test_the_mirrors_have_credentials_of_their_own(fake):
    connection = mirror_connection(fake.secrets, migration(), "target")
    assert (connection.username, connection.password) == ("mirror", "pw-mirror-target")


def test_a_missing_secret_is_named(fake):
    del fake.secrets.values["platform", "kmig-source", "password"]
    with pytest.raises(Refused) as caught:
        operator_connection(fake.secrets, migration(), "source")
    assert caught.value.reason is Reason.SECRET_MISSING
    assert "platform/kmig-source" in caught.value.message


def test_a_password_is_never_sent_without_tls(fake):
    raw = migration_spec(source={k: v for k, v in cluster_spec("source").items() if k != "tls"})
    with pytest.raises(Refused) as caught:
        operator_connection(fake.secrets, migration(spec=raw), "source")
    assert caught.value.reason is Reason.PLAINTEXT_CREDENTIALS
    assert fake.secrets.reads == []


def test_no_repr_shows_a_secret(fake):
    secrets = SecretsOfTick(fake.secrets)
    connection = operator_connection(secrets, migration(), "source")
    assert "pw-" not in repr(connection)
    assert "pw-" not in repr(secrets)
    assert "pw-" not in repr(fake.world.for_tick().secrets)
