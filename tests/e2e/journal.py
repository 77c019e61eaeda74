"""The journal as anybody with kubectl reads it: the entries of one object, oldest first.

Called by rows that must know in which order things were decided. It never writes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any

from tests.e2e.ground import Ground

from kmig_demo.kubectl import Object

Entry = dict[str, Any]


def entries(ground: Ground, namespace: str, found: Object) -> list[Entry]:
    """From the root to the head that the object's status names; `namespace` is the migration's."""
    owner = (
        f"kafka-migration.io/kind=journal,kafka-migration.io/owner-uid={found['metadata']['uid']}"
    )
    known: dict[str, Entry] = {}
    for shard in ground.kubectl.find(namespace, "configmaps", "-l", owner):
        payload = gzip.decompress(base64.b64decode(shard["binaryData"]["payload.gz"]))
        known["sha256:" + hashlib.sha256(payload).hexdigest()] = json.loads(payload)
    chain: list[Entry] = []
    cursor = (found.get("status", {}).get("journal") or {}).get("head", "")
    while cursor:
        chain.append(known[cursor])
        cursor = known[cursor]["previous"]
    return chain[::-1]


def kinds(journal: list[Entry], attempt: int, direction: str = "forward") -> list[str]:
    """What was recorded in one run of the pipeline."""
    return [
        entry["kind"]
        for entry in journal
        if (entry["attempt"], entry.get("direction", "forward")) == (attempt, direction)
    ]


def at(journal: list[Entry], kind: str, attempt: int, direction: str) -> str:
    """When the last entry of a kind of one run was recorded, RFC 3339."""
    return [
        str(entry["at"])
        for entry in journal
        if (entry["kind"], entry["attempt"]) == (kind, attempt)
        and entry.get("direction", "forward") == direction
    ][-1]
