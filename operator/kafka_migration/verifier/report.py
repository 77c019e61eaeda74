"""The report of a verification as a JSON document, small enough for a ConfigMap.

Called by `main` and `channel`. Must never hold a payload or a secret, and never say MATCH about
what is not finished. 1,000 partitions stay below 800 KiB.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from kafka_migration.decide.rules.comparison_record import Difference, Verdict, describe, worst
from kafka_migration.verifier.reading import Log
from kafka_migration.verifier.track import Track

_DESCRIBED = 50  # partitions whose first difference is shown with lengths and hashes
_TEXT = 200  # characters of an error


def one_line(error: BaseException | str, secrets: Collection[str]) -> str:
    """Return the first line of an error, shortened, with every secret blanked out."""
    text = str(error) or type(error).__name__
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return " ".join(text.split())[:_TEXT]


def document(
    header: Mapping[str, Any],
    tracks: Iterable[Track],
    *,
    finished: bool,
    now: datetime,
    error: str | None = None,
) -> dict[str, Any]:
    """Build the report; `header` holds mode and startedAt. Fields without a value are left out."""
    tracks = list(tracks)
    verdict = worst([track.verdict for track in tracks])
    if error is not None:
        verdict = worst([verdict, Verdict.INCOMPLETE])
    described = 0
    partitions = []
    for track in tracks:
        differs = track.result.first is not None
        partitions.append(_partition(track, described=differs and described < _DESCRIBED))
        described += differs
    found: dict[str, Any] = {
        **header,
        "state": "finished" if finished else "running",
        "verdict": verdict.value,
        "records": sum(track.records for track in tracks),
        "updatedAt": now.isoformat(timespec="milliseconds"),
    }
    if error is not None:
        found["error"] = error
    found["partitions"] = partitions
    return found


def _partition(track: Track, *, described: bool) -> dict[str, Any]:
    result = track.result
    found: dict[str, Any] = {
        "topic": track.task.topic,
        "partition": track.task.partition,
        "verdict": track.verdict.value,
        "done": track.done,
        "sourceNext": track.next_offset(Log.SOURCE),
        "targetNext": track.next_offset(Log.TARGET),
        "records": result.records,
        "digest": result.digest,
        "duplicates": result.duplicates,
    }
    if result.first is not None:
        found["first"] = _difference(result.first)
        found["counts"] = {verdict.value: number for verdict, number in result.counts.items()}
        if described:
            found["shown"] = _shown(result.first)
    if track.gap is not None:
        gap = track.gap
        found["gap"] = {"side": gap.side, "from": gap.start, "to": gap.end, "reason": gap.reason}
    if track.error is not None:
        found["error"] = track.error[:_TEXT]
    return found


def _difference(first: Difference) -> dict[str, Any]:
    """Where and what, in plain values that a status message can repeat."""
    found: dict[str, Any] = {"verdict": first.verdict.value}
    if first.source_offset is not None:
        found["sourceOffset"] = first.source_offset
    if first.target_offset is not None:
        found["targetOffset"] = first.target_offset
    if first.parts:
        found["differs"] = " ".join(first.parts)
    return found


def _shown(first: Difference) -> dict[str, Any]:
    """Lengths and hashes of the records at the first difference."""
    sides = (("source", first.source), ("target", first.target))
    return {side: describe(mark) for side, mark in sides if mark is not None}


def encode(report: Mapping[str, Any]) -> str:
    """Return compact JSON."""
    return json.dumps(report, separators=(",", ":"))
