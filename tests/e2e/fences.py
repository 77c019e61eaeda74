"""`kmig fences` as a person uses it beside a running operator. Called by rows that end badly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.lifecycle import Migration

COMMAND_SECONDS = 60
REFUSED = 1
KMIG = Path(sys.executable).with_name("kmig")


def fences(migration: Migration, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `kmig fences list` or `lift`."""
    where = (migration.name, "-n", migration.namespace)
    return subprocess.run(
        [str(KMIG), "fences", command, *where, *arguments],
        env={**os.environ, "KUBECONFIG": migration.ground.environment.kubeconfig},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def listed(migration: Migration, topic: str) -> dict[str, Any]:
    """What `kmig fences list` says of a topic: authority, journal, and each DENY's state."""
    shown = json.loads(fences(migration, "list", "-o", "json").stdout)["fences"]
    mine = [fence for fence in shown if fence["topic"] == topic]
    (authority,) = {fence["authority"] for fence in mine}
    (journal,) = {fence["journal"] for fence in mine}
    return {
        "authority": authority,
        "journal": journal,
        "denies": {f"{f['side']} {f['principal']}": f["state"] for f in mine if f["principal"]},
    }
