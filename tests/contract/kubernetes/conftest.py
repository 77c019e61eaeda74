"""A namespace of the sandbox's Kubernetes, under the restricted profile, gone at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.namespaces import restricted

from kafka_migration.adapters.kubernetes.client import Api


@pytest.fixture(scope="session")
def namespace(api: Api) -> Iterator[str]:
    yield from restricted(api)
