"""What a migration's journal says of hand-overs: begun, taken back, done (protocol 5.2, 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka_migration.model.entries import EntryKind, Journal


def begun(journal: Journal) -> tuple[Mapping[str, Any], ...]:
    """Hand-overs that were begun and are not being taken back, oldest first."""
    back = _units(journal, EntryKind.HAND_OVER_TAKING_BACK)
    every = (entry.data for entry in journal.of(EntryKind.HAND_OVER_BEGAN))
    return tuple(data for data in every if data["unit"] not in back)


def unfinished(journal: Journal) -> Mapping[str, Any] | None:
    """The hand-over that was begun and has neither ended nor been taken back."""
    ended = _units(journal, EntryKind.HAND_OVER_DONE) | _units(
        journal, EntryKind.HAND_OVER_TAKEN_BACK
    )
    for entry in journal.of(EntryKind.HAND_OVER_BEGAN):
        if entry.data["unit"] not in ended:
            return entry.data
    return None


def receivers(journal: Journal) -> frozenset[str]:
    """Mirrors of units whose hand-over has ended: stopped and resumed by their units."""
    done = _units(journal, EntryKind.HAND_OVER_DONE)
    return frozenset(data["receiver"] for data in begun(journal) if data["unit"] in done)


def handed_over(journal: Journal) -> frozenset[str]:
    """Topics that units have taken out of the bulk mirror, begun hand-overs included."""
    return frozenset(topic for data in begun(journal) for topic in data["topics"])


def _units(journal: Journal, kind: EntryKind) -> frozenset[str]:
    return frozenset(entry.data["unit"] for entry in journal.of(kind))
