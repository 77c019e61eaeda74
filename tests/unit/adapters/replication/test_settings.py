"""Text of Kafka settings."""

from __future__ import annotations

import pytest

from kafka_migration.adapters.replication.settings import MirrorConnection, jaas, properties
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Connection


def test_a_password_cannot_end_its_quotes() -> None:
    line = jaas(Connection("h:1", "PLAIN", "u", 'a"b\\c'))
    assert line.endswith(r'required username="u" password="a\"b\\c";')


def test_each_mechanism_has_its_login_module() -> None:
    assert "PlainLoginModule" in jaas(Connection("h:1", "PLAIN", "u", "p"))
    assert "ScramLoginModule" in jaas(Connection("h:1", "SCRAM-SHA-512", "u", "p"))
    assert jaas(Connection("h:1", None, None)) == ""


def test_an_unknown_mechanism_is_refused() -> None:
    with pytest.raises(Invalid):
        jaas(Connection("h:1", "GSSAPI", "u", "p"))


def test_a_value_cannot_become_a_second_property() -> None:
    text = properties({"b": "x\ny=z", "a": "c:\\d"})
    assert text == "a=c:\\\\d\nb=x\\ny=z\n"


def test_only_the_public_half_of_a_connection_is_kept() -> None:
    public = MirrorConnection.of(Connection("h:1", "PLAIN", "u", "secret", "pem"))
    assert public == MirrorConnection("h:1", "PLAIN", "u", has_ca=True)
