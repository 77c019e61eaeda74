"""What a running sandbox tells other tools."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

CLONE = Path(__file__).resolve().parents[2]


class Secretive(dict[str, Any]):
    """A mapping whose values do not show when pytest prints a failing test's arguments."""

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


@pytest.fixture(scope="session")
def sandbox_env() -> dict[str, str]:
    """The exports of `.sandbox/env`; a missing file is a failure."""
    path = CLONE / ".sandbox" / "env"
    assert path.exists(), "the sandbox is not up: run `make sandbox-up`"
    exports = Secretive()
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        exports[name] = shlex.split(value)[0]
    return exports


@pytest.fixture(scope="session")
def passwords(sandbox_env: dict[str, str]) -> dict[str, dict[str, str]]:
    """Side to user to password."""
    path = Path(sandbox_env["KMIG_CREDENTIALS"])
    assert path.stat().st_mode & 0o077 == 0, "others can read the passwords"
    return Secretive(json.loads(path.read_text(encoding="utf-8")))
