"""The fake API server for the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(
    0, str(Path(__file__).parents[4])
)  # so that tests import their doubles by full name

from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer


@pytest.fixture
def server() -> FakeApiServer:
    return FakeApiServer()
