"""The fake world for the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# so that tests import their doubles by full name
sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.unit.loop.fake_world import FakeWorld


@pytest.fixture
def fake() -> FakeWorld:
    return FakeWorld()
