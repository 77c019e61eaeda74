"""`kmig fences` as a person uses it beside a running operator. Called by rows that end badly.

Listing asks Kubernetes only. A lift has to reach the brokers by the names that the migration gives
them, so it runs in the operator's pod.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.e2e.ground import SYSTEM
from tests.e2e.lifecycle import Migration

COMMAND_SECONDS = 60
REFUSED = 1
KMIG = Path(sys.executable).with_name("kmig")


def fences(migration: Migration, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `kmig fences list` or `lift` beside the cluster."""
    return _run(migration, [str(KMIG), "fences", command], arguments)


def lift(migration: Migration, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `kmig fences lift` where the brokers are reached."""
    kubectl = migration.ground.environment.kubectl
    pod = ["-n", SYSTEM, "exec", "deploy/kmig-operator", "--"]
    return _run(migration, [kubectl, *pod, "kmig", "fences", "lift"], arguments)


def _run(
    migration: Migration, program: list[str], arguments: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, migration.name, "-n", migration.namespace, *arguments],
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
