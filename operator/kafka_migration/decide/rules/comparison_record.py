"""What a record is for the comparison: its mark, a verdict, and the first difference.

Called by the verifier (which makes marks from messages) and by `comparison` (which compares
them). Must never hold a payload: a mark keeps only lengths and xxh3_128 digests of key, value and
headers, and the timestamp. Offsets, batches, compression and producer ids are no part of it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from xxhash import xxh3_128_digest

_LAYOUT = struct.Struct(">i16si16si16sq")  # length and digest of three parts, then milliseconds
_PART = struct.Struct(">i16s")
_WIDTH = _PART.size
_NIL = bytes(16)
_NULL = -1  # length of an absent key, value or header value; 0 is an empty one

PARTS = ("key", "value", "headers", "timestamp")


class Verdict(StrEnum):
    """What a comparison found; only the first two may open a gate, the second by policy."""

    MATCH = "MATCH"
    MATCH_WITH_DUPLICATES = "MATCH_WITH_DUPLICATES"
    UNVERIFIABLE = "UNVERIFIABLE"  # part of the range no longer exists on one side
    INCOMPLETE = "INCOMPLETE"  # not finished, or failed: nothing is known
    EXTRA = "EXTRA"  # the target holds a record that the source does not
    REORDERED = "REORDERED"  # the same records in another order
    MISSING = "MISSING"  # the source holds a record that the target does not
    CORRUPT = "CORRUPT"  # a record's copy differs from it


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the most severe of them; of none: INCOMPLETE, because nothing was compared."""
    return max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.INCOMPLETE)


def mark(
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes | None]] | None,
    timestamp: int | None,
) -> bytes:
    """Return the record's 68-byte mark; equal marks mean equal records (2^-128 per pair).

    `headers` keep order, duplicates and null values. `timestamp` is in milliseconds; None leaves
    it out of the comparison (a side on LogAppendTime).
    """
    return _LAYOUT.pack(
        _NULL if key is None else len(key),
        xxh3_128_digest(key) if key else _NIL,
        _NULL if value is None else len(value),
        xxh3_128_digest(value) if value else _NIL,
        len(headers) if headers else 0,
        xxh3_128_digest(_header_bytes(headers)) if headers else _NIL,
        0 if timestamp is None else timestamp,
    )


def _header_bytes(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    parts: list[bytes] = []
    for name, value in headers:
        encoded = name.encode()
        parts.append(struct.pack(">ii", len(encoded), _NULL if value is None else len(value)))
        parts.append(encoded)
        if value:
            parts.append(value)
    return b"".join(parts)


def part(of: bytes, name: str) -> bytes:
    """Return one part of a mark: key, value or headers (length, digest), or timestamp."""
    start = PARTS.index(name) * _WIDTH
    return of[start : start + _WIDTH]


def length(of: bytes, name: str) -> int:
    """Return the length in bytes of key or value (-1 = null), or the number of headers."""
    size: int = _PART.unpack(part(of, name))[0]
    return size


def has_content(of: bytes, name: str) -> bool:
    """Tell whether this part says something: neither null nor empty nor left out."""
    if name == "timestamp":
        return any(part(of, name))
    return length(of, name) > 0


def differing(one: bytes, other: bytes) -> tuple[str, ...]:
    """Name the parts in which two marks differ; `null-vs-empty` is added where that is all."""
    names = [name for name in PARTS if part(one, name) != part(other, name)]
    for name in ("key", "value"):
        if {length(one, name), length(other, name)} == {0, _NULL}:
            names.append("null-vs-empty")
            break
    return tuple(names)


def only_one_part_differs(one: bytes, other: bytes) -> bool:
    """Tell whether these look like a record and its altered copy rather than two records."""
    return sum(part(one, name) != part(other, name) for name in PARTS) == 1


def describe(of: bytes) -> dict[str, int | str]:
    """Return lengths, hashes and timestamp of a mark for a report; never a payload."""
    shown: dict[str, int | str] = {}
    for name in ("key", "value", "headers"):
        size, digest = _PART.unpack(part(of, name))
        shown[f"{name}Length"] = size
        if size > 0:
            shown[f"{name}Hash"] = digest.hex()
    shown["timestamp"] = _LAYOUT.unpack(of)[6]
    return shown


@dataclass(frozen=True)
class Difference:
    """One place where the logs differ; an offset is None on the side that has no such record."""

    verdict: Verdict
    source_offset: int | None
    target_offset: int | None
    parts: tuple[str, ...] = ()  # what differs in a CORRUPT record
    source: bytes | None = None  # mark
    target: bytes | None = None  # mark
