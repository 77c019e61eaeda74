"""Publishes Kubernetes Events; the same message about the same object is counted, not repeated.

Called by `store` and by the app for Deployments. It must never carry a secret: messages come
from people-facing text of the loop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.errors import Conflict
from kafka_migration.model.kubernetes import Event

COMPONENT = "kmig-operator"
_LONGEST_MESSAGE = 1000  # the API server refuses messages above 1,024 bytes


@dataclass(frozen=True)
class Subject:
    """The object that an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


class Events:
    """Posts events as `kmig-operator`; `instance` is the pod's name, `now` the wall clock."""

    def __init__(self, api: Api, instance: str, now: Callable[[], datetime]) -> None:
        self._api = api
        self._instance = instance
        self._now = now

    def publish(self, subject: Subject, event: Event) -> None:
        """Create the event, or raise the count of the one that says the same."""
        name = _name(subject, event)
        try:
            path = paths.core(subject.namespace, "events")
            self._api.create(path, self._body(name, subject, event))
        except Conflict:
            self._count(subject.namespace, name)

    def _count(self, namespace: str, name: str) -> None:
        path = paths.core(namespace, "events", name)
        existing = self._api.get(path)
        if existing is None:  # expired in between; the next occurrence creates it anew
            return
        count = int(existing.get("count") or 1) + 1
        self._api.merge(path, {"count": count, "lastTimestamp": self._stamp()})

    def _body(self, name: str, subject: Subject, event: Event) -> dict[str, Any]:
        stamp = self._stamp()
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": subject.namespace},
            "involvedObject": {
                "apiVersion": subject.api_version,
                "kind": subject.kind,
                "namespace": subject.namespace,
                "name": subject.name,
                "uid": subject.uid,
            },
            "type": "Warning" if event.warning else "Normal",
            "reason": event.reason,
            "message": _short(event.message),
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "reportingInstance": self._instance,
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": 1,
        }

    def _stamp(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(subject: Subject, event: Event) -> str:
    said = "\0".join((subject.uid, event.reason, event.message, str(event.warning)))
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    return f"{subject.name[:200].rstrip('-.')}.{digest}"


def _short(message: str) -> str:
    encoded = message.encode()
    if len(encoded) <= _LONGEST_MESSAGE:
        return message
    return encoded[: _LONGEST_MESSAGE - 3].decode(errors="ignore") + "..."
