"""A namespace of the sandbox's Kubernetes for the contract tests; conftest.py says for how long."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from kafka_migration.adapters.kubernetes.client import Api


def restricted(api: Api) -> Iterator[str]:
    """The name of a new one under the restricted profile; it goes when the generator ends."""
    name = f"kmig-contract-{uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    api.create("/api/v1/namespaces", body)
    yield name
    api.delete(f"/api/v1/namespaces/{name}")
