"""Connections out of specs and Secrets: who reaches which cluster as whom.

Called by observe and act. A Secret is read in the namespace of the object that names it. It must
never keep a password longer than the tick that `secrets` lives for, nor send one in plaintext.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from kafka_migration.api.base import Authentication
from kafka_migration.api.cutover import Workload
from kafka_migration.api.migration import Cluster
from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.errors import Refused
from kafka_migration.model.actions import Side
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason


class SecretValues(Protocol):
    """Values of Secrets by name and key."""

    def value(self, namespace: str, name: str, key: str) -> str:
        """Text under `key`; a missing Secret, key or text = Refused(SECRET_MISSING)."""
        ...


@dataclass
class SecretsOfTick:
    """SecretValues that asks once per tick; thread-safe, dropped with the tick."""

    secrets: SecretValues
    _known: dict[tuple[str, str, str], str] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def value(self, namespace: str, name: str, key: str) -> str:
        """Text under `key`, as first read in this tick."""
        with self._lock:
            place = (namespace, name, key)
            if place not in self._known:
                self._known[place] = self.secrets.value(namespace, name, key)
            return self._known[place]


def cluster_of(migration: MigrationContext, side: Side) -> Cluster:
    """The spec of one side."""
    return migration.spec.source if side == "source" else migration.spec.target


def operator_connection(
    secrets: SecretValues, migration: MigrationContext, side: Side
) -> Connection:
    """The operator's own connection to one side."""
    authentication = cluster_of(migration, side).authentication
    return _connect(secrets, migration, side, authentication, migration.loaded.key.namespace)


def mirror_connection(secrets: SecretValues, migration: MigrationContext, side: Side) -> Connection:
    """The mirrors' connection to one side."""
    authentication = mirror_authentication(migration, side)
    return _connect(secrets, migration, side, authentication, migration.loaded.key.namespace)


def mirror_authentication(migration: MigrationContext, side: Side) -> Authentication:
    """The mirrors' credentials on one side, as the spec names them."""
    identities = migration.spec.replication.identities
    identity = identities.source if side == "source" else identities.target
    return identity.authentication


def workload_authentication(workload: Workload, side: Side) -> Authentication:
    """A workload's credentials on one side, as the unit's spec names them."""
    identity = workload.binding.source if side == "source" else workload.binding.target
    return identity.authentication


def workload_connection(
    secrets: SecretValues, unit: UnitContext, workload: Workload, side: Side
) -> Connection:
    """A workload's connection to one side; its password stands in the unit's namespace."""
    authentication = workload_authentication(workload, side)
    namespace = unit.loaded.key.namespace
    return _connect(secrets, unit.migration, side, authentication, namespace)


def _connect(
    secrets: SecretValues,
    migration: MigrationContext,
    side: Side,
    authentication: Authentication,
    namespace: str,
) -> Connection:
    cluster = cluster_of(migration, side)
    if cluster.tls is None or not cluster.tls.trusted_certificates:
        raise Refused(
            Reason.PLAINTEXT_CREDENTIALS,
            f"spec.{side} has no tls.trustedCertificates, so the password of "
            f"{authentication.username} would be sent in plaintext; name the {side}'s CA there",
        )
    authorities = [
        secrets.value(migration.loaded.key.namespace, item.secret_name, item.certificate)
        for item in cluster.tls.trusted_certificates
    ]
    reference = authentication.password_secret
    return Connection(
        bootstrap_servers=cluster.bootstrap_servers,
        mechanism=authentication.mechanism,
        username=authentication.username,
        password=secrets.value(namespace, reference.secret_name, reference.password),
        ca_pem="\n".join(pem.strip() for pem in authorities) + "\n",
    )
