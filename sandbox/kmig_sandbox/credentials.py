"""The random passwords of the sandbox's Kafka users, one set per cluster.

Called by kafka.py and environment.py. They live in one file that only its owner can read.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from kmig_sandbox import files

USERS = ("admin", "kmig", "kmig-mirror", "orders-writer", "orders-reader", "intruder")
SIDES = ("source", "target")


def ensure(path: Path) -> dict[str, dict[str, str]]:
    """Side to user to password; what is missing in the file is made and written."""
    found = files.read_json(path) or {}
    result = {side: _side(found.get(side)) for side in SIDES}
    if result != found:
        files.write(path, json.dumps(result, indent=1), 0o600)
    return result


def _side(found: object) -> dict[str, str]:
    known = found if isinstance(found, dict) else {}
    return {user: str(known.get(user) or secrets.token_urlsafe(18)) for user in USERS}
