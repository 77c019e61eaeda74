"""The independent checker: every acknowledged record against consumption and against both logs.

Called by the scenario with collected evidence; pure. It must never call a move good when
something was not compared, and it shares no code with the operator.
"""

from __future__ import annotations

from dataclasses import dataclass

from kmig_demo.consumption import Consumption
from kmig_demo.evidence import SOURCE, TARGET, Crossing, Evidence, Identity, Log, Sighting
from kmig_demo.findings import Findings, Kind
from kmig_demo.logs import LogComparison, Places, name, places_of
from kmig_demo.timeline import Timeline

PAUSE_TOLERANCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Pause:
    """The write pause in seconds; None where there is nothing to measure."""

    total: float | None
    operator: float | None
    settle: float | None


NO_PAUSE = Pause(None, None, None)


@dataclass(frozen=True, slots=True)
class Phase:
    """One crossing: how many records it had to bring over, and its pause.

    Records acknowledged after the last crossing count to the last.
    """

    name: str
    acknowledged: int
    pause: Pause


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of one comparison."""

    acknowledged: int
    phases: tuple[Phase, ...]
    rates: dict[str, float]
    findings: Findings

    @property
    def pause(self) -> Pause:
        """The first crossing's write pause."""
        return self.phases[0].pause if self.phases else NO_PAUSE


def judge(evidence: Evidence) -> Judgement:
    """Compare everything with everything; each difference is a named finding."""
    findings = Findings()
    _require_whole(evidence, findings)
    acknowledged = _acknowledged(evidence.acks.rows, findings)
    timeline = Timeline(evidence.acks.rows, evidence.crossings)
    timeline.compare(findings)
    places = {side: places_of(log) for side, log in _logs(evidence).items()}
    _compare_logs(evidence, LogComparison(acknowledged, timeline, findings), places)
    _compare_places(acknowledged, places, timeline, findings)
    consumption = Consumption(acknowledged, places, timeline, findings)
    consumption.compare(evidence.reads.rows, evidence.reader_crossings)
    held = {
        side: places[side] for side in (SOURCE, TARGET) if side == TARGET or evidence.both_whole
    }
    for identity, row in acknowledged.items():
        missing = [f"absent from the {side} log" for side in held if identity not in held[side]]
        missing += [] if identity in consumption.read else ["never consumed"]
        if missing:
            what = f"{_acked(row)} is {' and '.join(missing)}"
            findings.add(Kind.LOST, what, timeline.carried_by(identity))
    phases = _phases(evidence, acknowledged, timeline, findings)
    return Judgement(len(acknowledged), phases, timeline.rates(), findings)


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
    if not evidence.crossings:
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


def _compare_logs(evidence: Evidence, logs: LogComparison, places: dict[str, Places]) -> None:
    for side, log in _logs(evidence).items():
        logs.alone(side, log)
    logs.fence((SOURCE, TARGET), evidence.source, places[TARGET])
    if evidence.both_whole:
        logs.fence((TARGET, SOURCE), evidence.target, places[SOURCE])
    logs.order("orders", evidence.source, evidence.target, both_whole=evidence.both_whole)
    logs.archive(evidence.archive_source, evidence.archive_target)


def _compare_places(
    acknowledged: dict[Identity, Sighting],
    places: dict[str, Places],
    timeline: Timeline,
    findings: Findings,
) -> None:
    """An acknowledgement names an offset: its record must stand there in that cluster's log."""
    for identity, row in acknowledged.items():
        at = places.get(row.cluster, {}).get(identity)
        phase = timeline.carried_by(identity)
        if at is None and row.cluster == SOURCE:
            findings.add(Kind.CONTRADICTION, f"{_acked(row)} is gone from the source log", phase)
        elif at is not None and at != (row.partition, row.offset):
            what = f"{_acked(row)} stands at partition {at[0]} offset {at[1]}"
            findings.add(Kind.CONTRADICTION, what, phase)


def _acked(row: Sighting) -> str:
    place = f"{row.cluster} partition {row.partition} offset {row.offset}"
    return f"{name(row.identity)}, acknowledged at {place},"


def _phases(
    evidence: Evidence,
    acknowledged: dict[Identity, Sighting],
    timeline: Timeline,
    findings: Findings,
) -> tuple[Phase, ...]:
    counts: dict[str, int] = {}
    for identity in acknowledged:
        phase = timeline.carried_by(identity)
        counts[phase] = counts.get(phase, 0) + 1
    return tuple(
        Phase(
            crossing.name,
            counts.get(crossing.name, 0),
            _measure_pause(crossing, timeline.pause(number), findings),
        )
        for number, crossing in enumerate(evidence.crossings)
    )


def _measure_pause(crossing: Crossing, total: float | None, findings: Findings) -> Pause:
    shares = crossing.shares
    for words, share in (("operator", shares.operator), ("settle", shares.settle)):
        if share is None:
            what = f"the {words}'s share of the pause is not reported"
            findings.add(Kind.MISSING_EVIDENCE, what, crossing.name)
        elif total is not None and not 0 <= share <= total + PAUSE_TOLERANCE_SECONDS:
            what = f"{words} share {share:.3f} s does not fit the measured {total:.3f} s"
            findings.add(Kind.CONTRADICTION, what, crossing.name)
    if total is None:
        what = "no acknowledgements on both sides of the switch: the pause is not measured"
        findings.add(Kind.MISSING_EVIDENCE, what, crossing.name)
    return Pause(total, shares.operator, shares.settle)
