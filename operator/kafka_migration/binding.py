"""The binding Secret: built from a connection and a side, compared without showing a value.

Called by observe and act. Pure. It must never return a password except inside `build`'s answer,
which goes into the Secret and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from kafka_migration.model.actions import Side
from kafka_migration.model.facts import BindingView
from kafka_migration.model.kafka import Connection

HASH_KEY = "binding-hash"
LABELS = {"app.kubernetes.io/managed-by": "kafka-migration", "kafka-migration.io/binding": "true"}

# What a client connects with, and under which keys clients look for it.
_ALIASES = {
    "bootstrap": ("bootstrap.servers", "bootstrapServers", "bootstrap-servers"),
    "protocol": ("security.protocol", "securityProtocol"),
    "mechanism": ("sasl.mechanism", "saslMechanism"),
    "username": ("username", "user"),
    "password": ("password",),
    "jaas": ("sasl.jaas.config",),
    "trust": ("ssl.truststore.crt",),
}
# Without these a Secret is no connection at all; the others are added when it is adopted.
_REQUIRED = frozenset({"bootstrap", "username", "password"})
_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}


def build(connection: Connection, side: Side, salt: str) -> dict[str, str]:
    """Every key of the Secret for one side; `salt` is the unit's uid."""
    fields = _fields(connection)
    data = {"type": "kafka", "provider": "kafka-migration", "cluster": side}
    for name, keys in _ALIASES.items():
        if name in fields:
            data.update(dict.fromkeys(keys, fields[name]))
    return {**data, HASH_KEY: binding_hash(connection, salt)}


def binding_hash(connection: Connection, salt: str) -> str:
    """Sixteen hex digits that tell two connections apart and, salted, reveal neither."""
    text = json.dumps([salt, sorted(_fields(connection).items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def view(
    data: Mapping[str, str] | None, connections: Mapping[Side, Connection], salt: str
) -> BindingView:
    """The Secret (None = absent) as a fact."""
    hashes = {side: binding_hash(connection, salt) for side, connection in connections.items()}
    present = data or {}
    matching = [side for side, c in connections.items() if _matches(present, _fields(c), side)]
    return BindingView(
        present=data is not None,
        matches=matching[0] if len(matching) == 1 else None,
        hash=present.get(HASH_KEY),
        source_hash=hashes["source"],
        target_hash=hashes["target"],
    )


def _matches(data: Mapping[str, str], fields: Mapping[str, str], side: Side) -> bool:
    """True if a client that reads any known key connects as `fields` say."""
    if data.get("cluster", side).strip() != side:
        return False
    for name, keys in _ALIASES.items():
        values = {_plain(data[key]) for key in keys if key in data}
        wanted = {_plain(fields[name])} if name in fields else set()
        if values - wanted or (name in _REQUIRED and values != wanted):
            return False
    return True


def _plain(value: str) -> str:
    """Without the white space in which files and YAML blocks differ."""
    return "\n".join(line.strip() for line in value.strip().splitlines() if line.strip())


def _fields(connection: Connection) -> dict[str, str]:
    fields = {
        "bootstrap": connection.bootstrap_servers,
        "protocol": connection.security_protocol,
    }
    if connection.ca_pem is not None:
        fields["trust"] = connection.ca_pem
    if connection.mechanism is not None:
        username, password = connection.username or "", connection.password or ""
        fields |= {"mechanism": connection.mechanism, "username": username, "password": password}
        fields["jaas"] = (
            f"{_MODULES[connection.mechanism]} required "
            f'username="{_quoted(username)}" password="{_quoted(password)}";'
        )
    return fields


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
