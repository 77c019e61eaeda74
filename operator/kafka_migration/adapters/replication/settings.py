"""Text of Kafka settings: properties files, JAAS lines, client security. Pure.

Called by the builders of this package. It must never let a user's string become a second
setting or a placeholder that a config provider would resolve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

CREDENTIALS = "/creds"
_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}


@dataclass(frozen=True)
class MirrorConnection:
    """What of a connection may stand in a configuration: no password, no certificate."""

    bootstrap_servers: str
    mechanism: str | None  # PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; None = no authentication
    username: str | None
    has_ca: bool

    @classmethod
    def of(cls, connection: Connection) -> MirrorConnection:
        """The public half of `connection`."""
        return cls(
            connection.bootstrap_servers,
            connection.mechanism,
            connection.username,
            connection.ca_pem is not None,
        )


def security(connection: MirrorConnection, side: str) -> dict[str, str]:
    """Client settings that point to the files of `side` in /creds."""
    sasl, tls = connection.mechanism is not None, connection.has_ca
    protocol = {
        (True, True): "SASL_SSL",
        (True, False): "SASL_PLAINTEXT",
        (False, True): "SSL",
        (False, False): "PLAINTEXT",
    }[sasl, tls]
    settings = {"security.protocol": protocol}
    if connection.mechanism is not None:
        settings["sasl.mechanism"] = connection.mechanism
        settings["sasl.jaas.config"] = f"${{dir:{CREDENTIALS}:{side}.jaas}}"
    if connection.has_ca:
        settings["ssl.truststore.type"] = "PEM"
        settings["ssl.truststore.location"] = f"{CREDENTIALS}/{side}-ca.crt"
    return settings


def jaas(connection: Connection) -> str:
    """JAAS line with the password; goes into a Secret and nowhere else."""
    if connection.mechanism is None:
        return ""
    if connection.mechanism not in _MODULES or connection.username is None:
        message = f"authentication {connection.mechanism!r} of a mirror is not supported"
        raise Invalid(Reason.NOT_SUPPORTED, f"{message}; use plain or scram with a username")
    username, password = _quoted(connection.username), _quoted(connection.password or "")
    module = _MODULES[connection.mechanism]
    return f"{module} required username={username} password={password};"


def literal(text: str, what: str) -> str:
    """Return `text` if no config provider would read more into it; else Invalid."""
    if "${" in text or any(ord(char) < ord(" ") for char in text):
        message = f"{what} holds '${{' or a control character; remove it"
        raise Invalid(Reason.INVALID_SPEC, message)
    return text


def properties(values: Mapping[str, str]) -> str:
    """Text of a Java properties file, keys sorted."""
    return "".join(f"{key}={_escaped(value)}\n" for key, value in sorted(values.items()))


def _escaped(value: str) -> str:
    text = "".join(_ESCAPES.get(char, char) for char in value)
    return "\\" + text if text.startswith(" ") else text


def _quoted(value: str) -> str:
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n").replace("\r", "\\r") + '"'
