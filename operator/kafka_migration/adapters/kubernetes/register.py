"""RegisterPort: one JSON document in one ConfigMap, written only against the version read.

Called for the fence register (protocol 1.7). It must never give the ConfigMap an owner: the
register outlives the objects it speaks of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json
from kafka_migration.adapters.kubernetes.shards import MANAGED
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason

_KEY = "register.json"


class Register:
    """Versioned documents in ConfigMaps; the version is the resourceVersion."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def read(self, namespace: str, name: str) -> tuple[Mapping[str, Any], str]:
        """Document and version; absent = ({}, ""); unreadable = Refused(STATUS_LOST)."""
        body = self._api.get(paths.core(namespace, "configmaps", name))
        if body is None:
            return {}, ""
        return _document(body), body["metadata"]["resourceVersion"]

    def write(self, namespace: str, name: str, document: Mapping[str, Any], version: str) -> str:
        """Write with the version read before ("" = must not exist); else Conflict."""
        metadata: Json = {"name": name, "namespace": namespace, "labels": MANAGED}
        text = json.dumps(document, sort_keys=True, indent=1)
        body = {"apiVersion": "v1", "kind": "ConfigMap", "data": {_KEY: text}}
        if version == "":
            path = paths.core(namespace, "configmaps")
            written = self._api.create(path, body | {"metadata": metadata})
        else:
            metadata["resourceVersion"] = version
            path = paths.core(namespace, "configmaps", name)
            written = self._api.replace(path, body | {"metadata": metadata})
        if _document(written) != json.loads(text):
            message = f"ConfigMap {namespace}/{name} does not hold what was just written"
            raise Refused(Reason.STATUS_LOST, f"{message}; find out who changes it")
        new: str = written["metadata"]["resourceVersion"]
        return new

    def delete(self, namespace: str, name: str) -> None:
        """Remove it; a missing one is not an error."""
        self._api.delete(paths.core(namespace, "configmaps", name))


def _document(body: Json) -> dict[str, Any]:
    name = f"{body['metadata'].get('namespace')}/{body['metadata']['name']}"
    try:
        document = json.loads(body["data"][_KEY])
    except (KeyError, TypeError, ValueError):
        document = None
    if not isinstance(document, dict):
        message = f"ConfigMap {name} has no readable {_KEY}; restore it from a backup"
        raise Refused(Reason.STATUS_LOST, message)
    return document
