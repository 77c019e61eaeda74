"""Shapes shared by both kinds: connections, authentication, conditions' cousins.

Called by migration.py and cutover.py; holds no logic beyond naming principals.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

GROUP = "kafka-migration.io"
VERSION = "v1alpha1"
FINALIZER = f"{GROUP}/safe-point"

Name = Annotated[str, Field(min_length=1, max_length=253)]
TopicName = Annotated[str, Field(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$")]
Pattern = Annotated[str, Field(min_length=1, max_length=512)]
Text = Annotated[str, Field(max_length=1024)]


class SpecModel(BaseModel):
    """Base of everything a user writes: unknown fields are an error, never ignored."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True
    )


class StatusModel(BaseModel):
    """Base of everything we write: unknown fields are ignored (version skew)."""

    model_config = ConfigDict(
        extra="ignore", alias_generator=to_camel, populate_by_name=True, frozen=True
    )


class PasswordSecret(SpecModel):
    """Where a password is: a key of a Secret in the namespace of the object that names it."""

    secret_name: Name = Field(description="Name of the Secret, in this object's namespace.")
    password: Name = Field(description="Key in the Secret that holds the password.")


class Authentication(SpecModel):
    """How a client authenticates; the Strimzi v1 client shape plus `principal`."""

    type: Literal["plain", "scram-sha-256", "scram-sha-512"] = Field(
        description="SASL mechanism: plain, scram-sha-256 or scram-sha-512."
    )
    username: Name = Field(description="SASL user name (API key on Confluent Cloud).")
    password_secret: PasswordSecret = Field(description="Where the password is.")
    principal: Annotated[str, Field(max_length=512, pattern=r"^User:.+$")] | None = Field(
        default=None,
        description="Principal that the brokers see. Default User:<username>; "
        "a Confluent Cloud API key is not its principal, so name it there.",
    )

    @property
    def principal_name(self) -> str:
        """The principal in ACLs (protocol 1.2)."""
        return self.principal or f"User:{self.username}"

    @property
    def mechanism(self) -> str:
        """The mechanism in Kafka's spelling."""
        return self.type.upper()


class TrustedCertificate(SpecModel):
    """A PEM certificate in a Secret of this object's namespace."""

    secret_name: Name = Field(description="Name of the Secret.")
    certificate: Name = Field(description="Key in the Secret that holds the PEM certificate.")


class Tls(SpecModel):
    """TLS towards a cluster; verification cannot be turned off."""

    trusted_certificates: Annotated[list[TrustedCertificate], Field(max_length=16)] = Field(
        description="CA certificates to trust."
    )


class Identity(SpecModel):
    """A principal that is not the operator's own on one cluster."""

    authentication: Authentication = Field(description="Its credentials on that cluster.")


class Acknowledgement(SpecModel):
    """Somebody takes a named problem upon themselves, with a reason that is kept."""

    problem: Annotated[str, Field(min_length=1, max_length=63)] = Field(
        description="Reason of the problem, e.g. WritersNotListable."
    )
    subject: Annotated[str, Field(min_length=1, max_length=300)] = Field(
        description="What it is about, as the problem names it, e.g. cluster/source."
    )
    reason: Annotated[str, Field(min_length=1, max_length=1024)] = Field(
        description="Why it is accepted; kept in the journal."
    )
