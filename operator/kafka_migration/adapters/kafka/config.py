"""Turns a `Connection` into librdkafka configuration, from a closed list of keys.

Called by the modules that open clients. Must never pass a key that a user wrote, nor put a
password or key material into an exception.
"""

from __future__ import annotations

from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

Config = dict[str, str | int | bool]

MECHANISMS = frozenset({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})

# Milliseconds. A connection attempt must fail, and so be named, before a call's own limit of
# ten seconds; a refused one is tried again soon, so that a client recovers within a tick.
_BASE: Config = {
    "client.id": "kmig",
    "log_level": 0,  # librdkafka writes to stderr itself; what matters arrives by error_cb
    "socket.connection.setup.timeout.ms": 8_000,
    "socket.keepalive.enable": True,
    "reconnect.backoff.ms": 100,
    "reconnect.backoff.max.ms": 1_000,
    # The broker that answers admin requests is taken from metadata: when it dies, another one
    # must be known soon (measured: with the default of 5 minutes calls time out meanwhile).
    "topic.metadata.refresh.interval.ms": 5_000,
}


def client_config(connection: Connection) -> Config:
    """Configuration common to all clients of `connection`; Invalid if it cannot work."""
    config: Config = {
        **_BASE,
        "bootstrap.servers": _bootstrap(connection),
        "security.protocol": connection.security_protocol,
    }
    if connection.mechanism is not None:
        config.update(_sasl(connection, connection.mechanism))
    if connection.ca_pem:  # empty: TLS with the machine's own trust store
        config["ssl.ca.pem"] = connection.ca_pem
    return config


def consumer_config(connection: Connection) -> Config:
    """For a read_committed reader of single records that never joins or commits a group."""
    return {
        **client_config(connection),
        "group.id": "kmig-tail",  # librdkafka demands one; nothing is ever committed under it
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 20,  # the end of a quiet partition is known one empty fetch later
        "fetch.queue.backoff.ms": 10,
        "queued.min.messages": 1_000,
        "queued.max.messages.kbytes": 16_384,
        "max.partition.fetch.bytes": 262_144,
        "allow.auto.create.topics": False,
    }


def producer_config(connection: Connection, max_bytes: int, timeout_ms: int) -> Config:
    """For oversized-produce probes (protocol 1.10): one attempt, never compressed."""
    return {
        **client_config(connection),
        "client.id": "kmig-probe",
        "enable.idempotence": False,
        "acks": 1,
        "retries": 0,
        "compression.type": "none",
        "linger.ms": 0,
        "message.max.bytes": max_bytes,
        "queue.buffering.max.kbytes": 2_097_151,
        "message.timeout.ms": timeout_ms,
        "request.timeout.ms": timeout_ms,
        "statistics.interval.ms": 20,
    }


def _bootstrap(connection: Connection) -> str:
    addresses = [part.strip() for part in connection.bootstrap_servers.split(",")]
    for address in addresses:
        host, separator, port = address.rpartition(":")
        if not (host and separator and port.isdigit()):
            raise Invalid(
                Reason.INVALID_SPEC,
                f"bootstrap server {address!r} is not host:port; correct bootstrapServers",
            )
    return ",".join(addresses)


def _sasl(connection: Connection, mechanism: str) -> Config:
    if mechanism not in MECHANISMS:
        raise Invalid(
            Reason.NOT_SUPPORTED,
            f"SASL mechanism {mechanism!r} is not supported; use plain, scram-sha-256"
            " or scram-sha-512",
        )
    if not connection.username or not connection.password:
        raise Invalid(
            Reason.SECRET_MISSING,
            f"{mechanism} needs a username and a password; set authentication.username and"
            " authentication.passwordSecret",
        )
    return {
        "sasl.mechanism": mechanism,
        "sasl.username": connection.username,
        "sasl.password": connection.password,
    }
