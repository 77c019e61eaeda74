"""Where the sandbox is: `.sandbox/env`, and the credentials file that it names.

Read once at start. Passwords stay in these values; they must never be printed.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kafka_migration.model.kafka import Connection
from kmig_bench.errors import BenchError

SIDES = ("source", "target")
MIRROR = "kmig-mirror"


@dataclass(frozen=True)
class Ends:
    """One user's connections to both clusters."""

    source: Connection
    target: Connection


@dataclass(frozen=True)
class Place:
    """The sandbox that the bench runs on."""

    folder: Path  # where results are written
    kubeconfig: str
    admin: Ends  # from this machine
    admin_in_cluster: Ends  # plain MirrorMaker's, as its pod reaches the clusters
    mirror_in_cluster: Ends  # the product's mirror's


def find(root: Path) -> Place:
    """Read the sandbox's files. Raises BenchError naming what is missing."""
    path = Path(os.environ.get("KMIG_SANDBOX_ENV", root / ".sandbox" / "env"))
    try:
        values = exports(path.read_text(encoding="utf-8"))
        users = json.loads(Path(values["KMIG_CREDENTIALS"]).read_text(encoding="utf-8"))
        admins = {side: _admin(side, values) for side in SIDES}
        inside = {side: values[f"KMIG_{side.upper()}_BOOTSTRAP_IN_CLUSTER"] for side in SIDES}
        admins_inside = {
            side: replace(admins[side], bootstrap_servers=inside[side]) for side in SIDES
        }
        mirrors = {
            side: replace(admins_inside[side], username=MIRROR, password=str(users[side][MIRROR]))
            for side in SIDES
        }
        kubeconfig = values["KUBECONFIG"]
    except OSError as error:
        text = f"{error.filename} is not readable: {error.strerror}; run `make sandbox-up` first"
        raise BenchError(text) from None
    except KeyError as error:
        raise BenchError(f"{path} does not export {error}; run `make sandbox-up` again") from None
    return Place(path.parent, kubeconfig, Ends(**admins), Ends(**admins_inside), Ends(**mirrors))


def exports(text: str) -> Mapping[str, str]:
    """Variables that a file of shell exports sets."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["export"]:
            for word in words[1:]:
                name, _, value = word.partition("=")
                values[name] = value
    return values


def _admin(side: str, values: Mapping[str, str]) -> Connection:
    prefix = f"KMIG_{side.upper()}_"
    return Connection(
        values[f"{prefix}BOOTSTRAP"],
        "PLAIN",
        values[f"{prefix}ADMIN_USERNAME"],
        values[f"{prefix}ADMIN_PASSWORD"],
        Path(values[f"{prefix}CA"]).read_text(encoding="utf-8"),
    )
