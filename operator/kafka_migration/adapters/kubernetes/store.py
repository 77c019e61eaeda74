"""StorePort: our own two kinds; consistent reads, writes only against the version read.

Called by the loop. It must never write spec, labels or annotations of these objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json
from kafka_migration.adapters.kubernetes.events import Events, Subject
from kafka_migration.model.kubernetes import Event, Key, Loaded

API_VERSION = f"{paths.GROUP}/{paths.VERSION}"


class Store:
    """KafkaMigration and WorkloadCutover in the API server."""

    def __init__(self, api: Api, events: Events) -> None:
        self._api = api
        self._events = events

    def load(self, key: Key) -> Loaded | None:
        """A fresh consistent read; None = it does not exist."""
        body = self._api.get(paths.own(key.kind, key.namespace, key.name))
        return None if body is None else _loaded(key.kind, body)

    def list_keys(self) -> Sequence[Loaded]:
        """Every object of both kinds, all namespaces, consistent list."""
        return [
            _loaded(kind, body)
            for kind in paths.PLURALS
            for body in self._api.items(paths.own_everywhere(kind))
        ]

    def write_status(self, loaded: Loaded, status: Mapping[str, Any]) -> Loaded:
        """PUT /status with the version of `loaded`; another version or uid = Conflict.

        A field that the CRD does not know is refused: pruned silently, it would be lost state.
        """
        key = loaded.key
        body = {
            "apiVersion": API_VERSION,
            "kind": key.kind,
            "metadata": _identity(loaded) | {"name": key.name, "namespace": key.namespace},
            "spec": loaded.spec,
            "status": status,
        }
        path = paths.own(key.kind, key.namespace, key.name) + "/status"
        return _loaded(key.kind, self._api.replace(path, body, fieldValidation="Strict"))

    def set_finalizers(self, loaded: Loaded, finalizers: Sequence[str]) -> Loaded:
        """Versioned write of metadata.finalizers; another version or uid = Conflict."""
        key = loaded.key
        metadata = _identity(loaded) | {"finalizers": list(finalizers)}
        path = paths.own(key.kind, key.namespace, key.name)
        return _loaded(key.kind, self._api.merge(path, {"metadata": metadata}))

    def publish(self, loaded: Loaded, event: Event) -> None:
        """Post an Event about the object."""
        key = loaded.key
        subject = Subject(API_VERSION, key.kind, key.namespace, key.name, loaded.uid)
        self._events.publish(subject, event)

    def publish_on(self, subject: Subject, event: Event) -> None:
        """Post an Event about somebody else's object, such as a Deployment that we scale."""
        self._events.publish(subject, event)


def _identity(loaded: Loaded) -> dict[str, Any]:
    return {"uid": loaded.uid, "resourceVersion": loaded.resource_version}


def _loaded(kind: str, body: Json) -> Loaded:
    metadata = body["metadata"]
    return Loaded(
        key=Key(kind, metadata["namespace"], metadata["name"]),
        uid=metadata["uid"],
        generation=int(metadata.get("generation", 1)),
        resource_version=metadata["resourceVersion"],
        deleting=metadata.get("deletionTimestamp") is not None,
        finalizers=tuple(metadata.get("finalizers") or ()),
        spec=body.get("spec") or {},
        status=body.get("status") or {},
    )
