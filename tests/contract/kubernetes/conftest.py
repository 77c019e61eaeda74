"""A namespace of the sandbox's Kubernetes, under the restricted profile, gone at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest

from kafka_migration.adapters.kubernetes.client import Api, connect


@pytest.fixture(scope="session")
def api(sandbox_env: Mapping[str, str]) -> Iterator[Api]:
    made = connect(sandbox_env["KUBECONFIG"])
    yield made
    made.close()


@pytest.fixture(scope="session")
def namespace(api: Api) -> Iterator[str]:
    name = f"kmig-contract-{uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    api.create("/api/v1/namespaces", body)
    yield name
    api.delete(f"/api/v1/namespaces/{name}")
