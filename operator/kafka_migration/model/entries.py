"""Journal entries: irrevocable facts and intents, hash-chained (protocol 2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.sides import Direction


class EntryKind(StrEnum):
    """What an entry records; the entry precedes the act that it allows."""

    # KafkaMigration
    INVENTORY_FROZEN = "InventoryFrozen"
    APPROVED = "Approved"
    REPLICATION_STARTED = "ReplicationStarted"
    CONTENT_VALIDATED = "ContentValidated"
    HAND_OVER_BEGAN = "HandOverBegan"
    HAND_OVER_OFFSETS = "HandOverOffsets"
    HAND_OVER_RESUMING = "HandOverResuming"
    HAND_OVER_DONE = "HandOverDone"
    HAND_OVER_TAKING_BACK = "HandOverTakingBack"
    HAND_OVER_TAKEN_BACK = "HandOverTakenBack"
    MIRROR_CONFIGURED = "MirrorConfigured"
    MIRROR_DENIED = "MirrorDenied"
    AUDITED = "Audited"
    MIRRORS_REMOVED = "MirrorsRemoved"
    ABORTED = "Aborted"
    # WorkloadCutover
    PREPARED = "Prepared"
    DRAINING = "Draining"
    FENCING = "Fencing"
    FENCED = "Fenced"
    CAUGHT_UP = "CaughtUp"
    TRANSLATED = "Translated"
    ARMING = "Arming"  # intent to PATCH the return mirror's offsets
    FREEING = "Freeing"  # the PATCH answered; intent to lift the return mirror's DENY
    SWITCH = "Switch"
    RESUMED = "Resumed"
    COMPLETED = "Completed"  # of a KafkaMigration too
    BACK_OUT = "BackOut"
    NO_COPY = "NoCopy"  # which back-out it is: the freed return mirror copied nothing
    BACKED_OUT = "BackedOut"


@dataclass(frozen=True)
class Entry:
    """One entry. `data` is JSON; offsets are {topic: {partition: offset}}."""

    kind: EntryKind
    attempt: int
    data: Mapping[str, Any]
    at: str = ""  # RFC 3339, set when recorded
    previous: str = ""  # digest of the entry before, "" for the first
    direction: Direction = "forward"  # of the unit's leg; a migration's entries are forward

    def payload(self) -> bytes:
        """Canonical bytes; their sha256 is the entry's digest.

        A forward entry reads as it did before there was a way back: its digest stays.
        """
        reverse = {} if self.direction == "forward" else {"direction": self.direction}
        return canonical(
            {
                "kind": self.kind.value,
                "attempt": self.attempt,
                "data": self.data,
                "at": self.at,
                "previous": self.previous,
                **reverse,
            }
        )

    @staticmethod
    def parse(payload: bytes) -> Entry:
        """Read what `payload` wrote; a foreign shape raises ValueError or KeyError."""
        raw = json.loads(payload)
        return Entry(
            EntryKind(raw["kind"]),
            raw["attempt"],
            raw["data"],
            raw["at"],
            raw["previous"],
            raw.get("direction", "forward"),
        )


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def digest(payload: bytes) -> str:
    """The name of a payload: sha256:<hex>."""
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def encode_offsets(offsets: Mapping[Partition, int | None]) -> dict[str, dict[str, int | None]]:
    """Offsets as JSON, sorted by topic and partition."""
    encoded: dict[str, dict[str, int | None]] = {}
    for partition in sorted(offsets):
        encoded.setdefault(partition.topic, {})[str(partition.number)] = offsets[partition]
    return encoded


def decode_offsets(encoded: Mapping[str, Mapping[str, int | None]]) -> dict[Partition, int]:
    """The other way; partitions without an offset (null) are left out."""
    return {
        Partition(topic, int(number)): offset
        for topic, numbers in encoded.items()
        for number, offset in numbers.items()
        if offset is not None
    }


@dataclass(frozen=True)
class Journal:
    """The chain of one object, oldest first, as named by its status."""

    entries: tuple[Entry, ...] = ()

    def last(
        self, kind: EntryKind, attempt: int | None = None, direction: Direction | None = None
    ) -> Entry | None:
        """The newest entry of a kind (of an attempt, of a direction)."""
        for entry in reversed(self.entries):
            of_leg = attempt in (None, entry.attempt) and direction in (None, entry.direction)
            if entry.kind is kind and of_leg:
                return entry
        return None

    def of(self, kind: EntryKind) -> tuple[Entry, ...]:
        """All entries of a kind, oldest first."""
        return tuple(entry for entry in self.entries if entry.kind is kind)


def offsets_of(entry: Entry, name: str) -> Offsets:
    """Vector `name` of an entry."""
    return decode_offsets(entry.data[name])
