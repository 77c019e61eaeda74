"""Reads values of Secrets that a spec names, always in the namespace of the object naming them.

Called when connections are built. It must never log, cache or repeat a value.
"""

from __future__ import annotations

import base64
import binascii

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason


class Secrets:
    """Values of Secrets by name and key."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def value(self, namespace: str, name: str, key: str) -> str:
        """Text under `key`; missing Secret, key or text = Refused(SECRET_MISSING) naming it."""
        body = self._api.get(paths.core(namespace, "secrets", name))
        if body is None:
            raise _missing(f"Secret {namespace}/{name} does not exist; create it with key {key!r}")
        data = body.get("data") or {}
        if key not in data:
            raise _missing(f"Secret {namespace}/{name} has no key {key!r}; add it")
        try:
            text = base64.b64decode(data[key], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _missing(f"Secret {namespace}/{name} key {key!r} is not UTF-8 text") from None
        if not text:
            raise _missing(f"Secret {namespace}/{name} key {key!r} is empty; set it")
        return text


def _missing(message: str) -> Refused:
    return Refused(Reason.SECRET_MISSING, message)
