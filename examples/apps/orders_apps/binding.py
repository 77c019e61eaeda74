"""The Kafka connection as a mounted directory of files, one per key of the binding Secret.

Called once at start by the producer and the consumer. It must never log a value: the directory
holds a password.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# The variable is the one of the Service Binding specification.
MOUNT = Path(os.environ.get("SERVICE_BINDING_ROOT", "/bindings")) / "kafka"


class BindingUnusableError(Exception):
    """A key of the binding is absent or empty; names the key, never a value."""


@dataclass(frozen=True)
class Binding:
    """What the mounted directory says: which cluster this is, and librdkafka's settings for it."""

    cluster: str
    settings: dict[str, str]


def read_binding(directory: Path = MOUNT) -> Binding:
    """Read the binding once. Raises BindingUnusableError when a key that is needed is missing."""
    settings = {
        "bootstrap.servers": _value(directory, "bootstrap.servers"),
        "security.protocol": _value(directory, "security.protocol"),
    }
    if settings["security.protocol"].startswith("SASL"):
        settings["sasl.mechanism"] = _value(directory, "sasl.mechanism")
        settings["sasl.username"] = _value(directory, "username")
        settings["sasl.password"] = _value(directory, "password")
    if settings["security.protocol"].endswith("SSL"):
        settings["ssl.ca.pem"] = _value(directory, "ssl.truststore.crt")
    return Binding(_value(directory, "cluster"), settings)


def _value(directory: Path, key: str) -> str:
    try:
        text = (directory / key).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BindingUnusableError(f"{directory}/{key} is not readable: {error.strerror}") from None
    if not text:
        raise BindingUnusableError(f"{directory}/{key} is empty")
    return text
