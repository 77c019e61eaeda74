"""The binding Secret: what is written is recognised, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from kafka_migration import binding
from kafka_migration.model.actions import Side
from kafka_migration.model.kafka import Connection

SOURCE = Connection("s:9092", "PLAIN", "orders-writer", 'p"w\\1', "CA s\n")
TARGET = Connection("t:9092", "PLAIN", "orders-writer", "pw2", "CA t\n")
SIDES: Mapping[Side, Connection] = {"source": SOURCE, "target": TARGET}
EXAMPLE = Path(__file__).parents[3] / "examples/manifests/orders-secrets.yaml"


def test_the_secret_has_every_key_of_the_contract():
    data = binding.build(SOURCE, "source", "uid")
    assert set(data) == {
        *("type", "provider", "cluster", "binding-hash"),
        *("bootstrap.servers", "bootstrapServers", "bootstrap-servers"),
        *("security.protocol", "securityProtocol", "sasl.mechanism", "saslMechanism"),
        *("username", "user", "password", "sasl.jaas.config", "ssl.truststore.crt"),
    }
    assert data["security.protocol"] == "SASL_SSL"
    assert data["sasl.jaas.config"].endswith('password="p\\"w\\\\1";')


@pytest.mark.parametrize("side", ["source", "target"])
def test_what_was_written_is_recognised_as_that_side(side):
    data = binding.build(SIDES[side], side, "uid")
    view = binding.view(data, SIDES, "uid")
    assert view.matches == side
    assert view.hash == (view.source_hash if side == "source" else view.target_hash)


def test_the_hash_tells_sides_and_units_apart_and_shows_nothing():
    hashes = {binding.binding_hash(c, salt) for c in (SOURCE, TARGET) for salt in ("a", "b")}
    assert len(hashes) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", value) for value in hashes)


def test_an_absent_secret_is_absent_and_matches_nothing():
    view = binding.view(None, SIDES, "uid")
    assert (view.present, view.matches, view.hash) == (False, None, None)


def test_a_secret_of_fewer_keys_with_the_same_connection_can_be_adopted():
    data = {"bootstrap.servers": "s:9092", "username": "orders-writer", "password": 'p"w\\1'}
    view = binding.view(data, SIDES, "uid")
    assert (view.matches, view.hash) == ("source", None)


@pytest.mark.parametrize(
    "change",
    [
        {"password": "other"},
        {"bootstrapServers": "t:9092"},  # one alias of two says otherwise
        {"cluster": "target"},
        {"ssl.truststore.crt": "CA t"},
        {"sasl.mechanism": "SCRAM-SHA-512"},
    ],
)
def test_a_secret_that_differs_in_anything_a_client_may_read_matches_nothing(change):
    data = binding.build(SOURCE, "source", "uid") | change
    assert binding.view(data, SIDES, "uid").matches is None


@pytest.mark.parametrize("key", ["password", "username", "bootstrap.servers"])
def test_a_secret_without_a_credential_is_no_connection(key):
    data = {"bootstrap.servers": "s:9092", "username": "orders-writer", "password": 'p"w\\1'}
    del data[key]
    assert binding.view(data, SIDES, "uid").matches is None


def test_the_examples_binding_is_adopted_as_the_source():
    """What the README tells people to write is what we recognise."""
    text = EXAMPLE.read_text()
    for name, value in (
        ("SOURCE_CA", "CA s"),
        ("SOURCE_BOOTSTRAP_IN_CLUSTER", "s:9092"),
        ("SOURCE_PASSWORD_orders_writer", "pw1"),
    ):
        text = text.replace(f"${{{name}}}", value)
    found = [d for d in yaml.safe_load_all(text) if d["metadata"]["name"] == "orders-writer-kafka"]
    source = Connection("s:9092", "PLAIN", "orders-writer", "pw1", "CA s\n")
    sides: Mapping[Side, Connection] = {"source": source, "target": TARGET}
    view = binding.view(found[0]["stringData"], sides, "uid")
    assert view.matches == "source"
