"""The independent checker: every acknowledged record against consumption and against both logs.

Called by the scenario with collected evidence; pure. It must never call a move good when
something was not compared, and it shares no code with the operator.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from kmig_demo.evidence import SOURCE, TARGET, Evidence, Identity, Log, PauseShares, Sighting
from kmig_demo.findings import Findings, Kind
from kmig_demo.logs import (
    Places,
    compare_archive,
    compare_fence,
    compare_log,
    compare_prefix,
    name,
    places_of,
)

PAUSE_TOLERANCE_SECONDS = 0.5
HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Pause:
    """The write pause in seconds; None where there is nothing to measure."""

    total: float | None
    operator: float | None
    settle: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of one comparison."""

    acknowledged: int
    pause: Pause
    rates: dict[str, float]
    findings: Findings


def judge(evidence: Evidence) -> Judgement:
    """Compare everything with everything; each difference is a named finding."""
    findings = Findings()
    _require_whole(evidence, findings)
    acknowledged = _acknowledged(evidence.acks.rows, findings)
    places = {side: places_of(log) for side, log in _logs(evidence).items()}
    for side, log in _logs(evidence).items():
        compare_log(side, log, acknowledged, findings)
    compare_fence(evidence.source, acknowledged, places[TARGET], findings)
    compare_prefix("orders", evidence.source, evidence.target, findings)
    compare_archive(evidence.archive_source, evidence.archive_target, findings)
    _compare_places(evidence.acks.rows, places, findings)
    read = _compare_consumption(evidence.reads.rows, acknowledged, places, findings)
    for identity, where in acknowledged.items():
        missing = [] if identity in places[TARGET] else ["absent from the target log"]
        missing += [] if identity in read else ["never consumed"]
        if missing:
            findings.add(Kind.LOST, f"{_acked(where)} is {' and '.join(missing)}")
    pause = _measure_pause(evidence, findings)
    return Judgement(len(acknowledged), pause, _rates(evidence.acks.rows), findings)


def _logs(evidence: Evidence) -> dict[str, Log]:
    return {SOURCE: evidence.source, TARGET: evidence.target}


def _require_whole(evidence: Evidence, findings: Findings) -> None:
    parts = (evidence.acks, evidence.reads, evidence.failures, evidence.source, evidence.target)
    archives = (evidence.archive_source, evidence.archive_target)
    for fault in (*evidence.faults, *(f for part in (*parts, *archives) for f in part.faults)):
        findings.add(Kind.MISSING_EVIDENCE, fault)
    for what, rows in (("acknowledgement", evidence.acks.rows), ("read", evidence.reads.rows)):
        if not rows:
            findings.add(Kind.MISSING_EVIDENCE, f"not one {what} was recorded")
    for side, log in _logs(evidence).items():
        if not any(log.partitions.values()):
            findings.add(Kind.MISSING_EVIDENCE, f"not one record was read from the {side} log")
    if not evidence.moved:
        findings.add(Kind.NOT_MOVED, "the writer and the reader did not reach the target")


def _acknowledged(rows: list[Sighting], findings: Findings) -> dict[Identity, Sighting]:
    found: dict[Identity, Sighting] = {}
    for row in rows:
        if row.identity is None:
            findings.add(Kind.CONTRADICTION, f"acknowledged: {name(None)}")
        elif row.identity in found:
            findings.add(Kind.CONTRADICTION, f"acknowledged twice: {name(row.identity)}")
        else:
            found[row.identity] = row
    return found


def _compare_places(rows: list[Sighting], places: dict[str, Places], findings: Findings) -> None:
    """An acknowledgement names an offset: its record must stand there in that cluster's log."""
    for row in rows:
        if row.identity is None:
            continue
        at = places.get(row.cluster, {}).get(row.identity)
        if at is None and row.cluster == SOURCE:
            findings.add(Kind.CONTRADICTION, f"{_acked(row)} is gone from the source log")
        elif at is not None and at != (row.partition, row.offset):
            what = f"{_acked(row)} stands at partition {at[0]} offset {at[1]}"
            findings.add(Kind.CONTRADICTION, what)


def _compare_consumption(
    rows: list[Sighting],
    acknowledged: Container[Identity],
    places: dict[str, Places],
    findings: Findings,
) -> set[Identity]:
    read: set[Identity] = set()
    last: dict[str, int] = {}
    for row in rows:
        where = f"{row.cluster} partition {row.partition} offset {row.offset}"
        identity = row.identity
        if identity is None:
            findings.add(Kind.FOREIGN, f"consumed from {where}: {name(None)}")
            continue
        if identity in read:
            findings.add(Kind.RE_READ, f"{name(identity)} was consumed again, from {where}")
            continue
        read.add(identity)
        if places.get(row.cluster, {}).get(identity) != (row.partition, row.offset):
            findings.add(Kind.CONTRADICTION, f"{name(identity)} consumed from {where}: not there")
        if identity not in acknowledged:
            continue
        if identity[2] <= last.get(identity[1], 0):
            findings.add(Kind.OUT_OF_ORDER, f"{name(identity)} consumed after a later one")
        else:
            last[identity[1]] = identity[2]
    return read


def _acked(row: Sighting) -> str:
    place = f"{row.cluster} partition {row.partition} offset {row.offset}"
    return f"{name(row.identity)}, acknowledged at {place},"


def _rates(rows: list[Sighting]) -> dict[str, float]:
    """Acknowledged records per second of the running producer on each side, history apart."""
    rates: dict[str, float] = {}
    for side in (SOURCE, TARGET):
        times = [
            row.millis
            for row in rows
            if row.cluster == side and row.identity is not None and row.identity[0] != HISTORY
        ]
        if times and max(times) > min(times):
            rates[side] = len(times) * 1000 / (max(times) - min(times))
    return rates


def _measure_pause(evidence: Evidence, findings: Findings) -> Pause:
    if not evidence.moved:
        return Pause(None, None, None)
    times: dict[str, list[int]] = {SOURCE: [], TARGET: []}
    for row in evidence.acks.rows:
        times.setdefault(row.cluster, []).append(row.millis)
    if not times[SOURCE] or not times[TARGET]:
        findings.add(Kind.MISSING_EVIDENCE, "no acknowledgements on both sides of the switch")
        return Pause(None, evidence.shares.operator, evidence.shares.settle)
    total = (min(times[TARGET]) - max(times[SOURCE])) / 1000
    if total < 0:
        findings.add(Kind.TWO_WRITERS, f"source acknowledged {-total:.3f} s after target began")
    _compare_shares(total, evidence.shares, findings)
    return Pause(total, evidence.shares.operator, evidence.shares.settle)


def _compare_shares(total: float, shares: PauseShares, findings: Findings) -> None:
    for words, share in (("operator", shares.operator), ("settle", shares.settle)):
        if share is None:
            findings.add(Kind.MISSING_EVIDENCE, f"the {words}'s share of the pause is not reported")
        elif not 0 <= share <= total + PAUSE_TOLERANCE_SECONDS:
            what = f"{words} share {share:.3f} s does not fit the measured {total:.3f} s"
            findings.add(Kind.CONTRADICTION, what)
