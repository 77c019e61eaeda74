"""The fake world for the tests of this folder."""

from __future__ import annotations

import pytest
from tests.unit.loop.fake_world import FakeWorld


@pytest.fixture
def fake() -> FakeWorld:
    return FakeWorld()
