"""Which units an approval of CutOver covers: by uid, and by what decides what moves (design 4).

Arithmetic on specs as they are stored; what was approved is compared as it was written, so that
neither a default nor a newer operator can make another move of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kafka_migration.model.entries import Entry, canonical, digest
from kafka_migration.model.facts import UnitView
from kafka_migration.model.kubernetes import Loaded

# Where to, and which try: raised again and again under one approval. All else decides what moves.
_NOT_COVERED = frozenset({"desiredCluster", "attempt"})


def spec_digest(unit: Loaded) -> str:
    """Digest of everything in a unit's spec that decides what moves, and how."""
    return digest(canonical({k: v for k, v in unit.spec.items() if k not in _NOT_COVERED}))


def described(units: Iterable[UnitView]) -> list[dict[str, str]]:
    """Units as a gate's digest covers them; one that is being deleted will not move."""
    return [
        {
            "namespace": unit.loaded.key.namespace,
            "name": unit.loaded.key.name,
            "uid": unit.loaded.uid,
            "spec": spec_digest(unit.loaded),
        }
        for unit in sorted(units, key=lambda u: u.loaded.key)
        if not unit.loaded.deleting
    ]


def covered(approvals: Iterable[Entry]) -> Mapping[str, str]:
    """uid -> digest of the spec, of all approvals together; a later one replaces."""
    found: dict[str, str] = {}
    for entry in approvals:
        units: Mapping[str, Any] = entry.data.get("units", {})
        found.update({uid: str(spec) for uid, spec in units.items()})
    return found
