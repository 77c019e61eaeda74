"""The fake API server for the tests of this folder."""

from __future__ import annotations

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer


@pytest.fixture
def server() -> FakeApiServer:
    return FakeApiServer()
