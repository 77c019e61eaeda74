"""What the two logs say by themselves and side by side.

Part of the checker, called by `checker.judge`; pure. It must never let one missing record hide the
comparison of those behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from kmig_demo.evidence import Identity, Log, LogRecord
from kmig_demo.findings import Findings, Kind
from kmig_demo.timeline import Timeline

Places = dict[Identity, tuple[int, int]]
"""Where a record stands in one log: (partition, offset)."""


def name(identity: Identity | None) -> str:
    """A record in words."""
    if identity is None:
        return "a record that is not of this run"
    return f"key {identity[1]} sequence {identity[2]} ({identity[0]})"


def places_of(log: Log) -> Places:
    """Where each record of this run stands first."""
    places: Places = {}
    for partition, records in log.partitions.items():
        for record in records:
            if record.identity is not None:
                places.setdefault(record.identity, (partition, record.offset))
    return places


class LogComparison:
    """Comparisons of logs, each finding in the phase in which its record stands."""

    def __init__(
        self, acknowledged: Container[Identity], timeline: Timeline, findings: Findings
    ) -> None:
        self._acknowledged, self._timeline, self._findings = acknowledged, timeline, findings

    def alone(self, side: str, log: Log) -> None:
        """One log: nothing twice, nothing foreign, every key's sequence growing."""
        seen: set[Identity] = set()
        last: dict[str, int] = {}
        for partition, records in log.partitions.items():
            period = 0
            for record in records:
                identity = record.identity
                if identity is not None:
                    period = max(period, self._timeline.period(identity) or 0)
                found = self._judge(identity, seen, last)
                if found is not None:
                    where = f"{side} partition {partition} offset {record.offset}"
                    phase = self._timeline.happened_in(period)
                    self._findings.add(found[0], f"{where} {found[1]}", phase)

    def _judge(
        self, identity: Identity | None, seen: set[Identity], last: dict[str, int]
    ) -> tuple[Kind, str] | None:
        if identity is None:
            return Kind.FOREIGN, f"holds {name(None)}"
        if identity in seen:
            return Kind.DUPLICATED, f"repeats {name(identity)}"
        seen.add(identity)
        if identity not in self._acknowledged:
            return Kind.UNACKNOWLEDGED, f"holds {name(identity)}"
        if identity[2] <= last.get(identity[1], 0):
            return Kind.OUT_OF_ORDER, f"holds {name(identity)} after a later one"
        last[identity[1]] = identity[2]
        return None

    def fence(self, sides: tuple[str, str], log: Log, elsewhere: Container[Identity]) -> None:
        """Nothing may stand on one side alone; an acknowledged one is named as lost by others."""
        for partition, records in log.partitions.items():
            for record in records:
                identity = record.identity
                if identity is None or identity in elsewhere or identity in self._acknowledged:
                    continue
                where = f"{sides[0]} partition {partition} offset {record.offset}"
                what = f"{where} holds {name(identity)}, which the {sides[1]} does not have"
                self._findings.add(Kind.BEYOND_FENCE, what, self._timeline.carried_by(identity))

    def order(self, topic: str, source: Log, target: Log, *, both_whole: bool) -> None:
        """What both logs hold stands in one order; what only the target holds stands behind it."""
        if set(source.partitions) != set(target.partitions):
            numbers = f"{len(source.partitions)} and {len(target.partitions)}"
            what = f"{topic}: {numbers} partitions on source and target"
            self._findings.add(Kind.MISSING_EVIDENCE, what)
        for partition in set(source.partitions) & set(target.partitions):
            where = f"{topic} partition {partition}"
            originals = _first_of_each(source.partitions[partition])
            copies = _first_of_each(target.partitions[partition])
            self._same_order(where, originals, copies)
            if not both_whole:
                self._own_behind(where, originals, copies)

    def _same_order(self, where: str, originals: _Firsts, copies: _Firsts) -> None:
        # Losses and copies are named by identity elsewhere; here they must not shift the comparison.
        wanted = [record for record in originals.values() if record.identity in copies]
        found = [record for record in copies.values() if record.identity in originals]
        for original, copy in zip(wanted, found, strict=True):
            if original.identity != copy.identity:
                what = f"{where}: {name(original.identity)} of source offset {original.offset}"
                text = f"{what} is not next at target offset {copy.offset}"
                self._findings.add(Kind.OUT_OF_ORDER, text, self._phase(original))
                break

    def _own_behind(self, where: str, originals: _Firsts, copies: _Firsts) -> None:
        found = [record for record in copies.values() if record.identity in originals]
        own = [record.offset for record in copies.values() if record.identity not in originals]
        if own and found and own[0] < found[-1].offset:
            what = f"{where}: target offset {found[-1].offset} copies the source"
            text = f"{what} after offset {own[0]} did not"
            self._findings.add(Kind.OUT_OF_ORDER, text, self._phase(found[-1]))

    def _phase(self, record: LogRecord) -> str:
        if record.identity is None:
            return self._timeline.begins
        return self._timeline.carried_by(record.identity)

    def archive(self, source: Log, target: Log) -> None:
        """The topic that is only mirrored: both logs hold the same records, once each."""
        if not any(source.partitions.values()):
            what = "not one record was read from the archive's source log"
            self._findings.add(Kind.MISSING_EVIDENCE, what)
        self.order("orders-archive", source, target, both_whole=False)
        original = {(p, r.identity) for p, records in source.partitions.items() for r in records}
        copies = Counter(
            (p, r.identity) for p, records in target.partitions.items() for r in records
        )
        begins = self._timeline.begins
        for partition, identity in original - set(copies):
            where = f"orders-archive partition {partition}"
            self._findings.add(
                Kind.LOST, f"{name(identity)} of {where} is not on the target", begins
            )
        for (partition, identity), times in copies.items():
            where = f"target orders-archive partition {partition}"
            if (partition, identity) not in original:
                self._findings.add(Kind.FOREIGN, f"{where} holds {name(identity)}", begins)
            elif times > 1:
                self._findings.add(Kind.DUPLICATED, f"{where} repeats {name(identity)}", begins)


_Firsts = dict[Identity | None, LogRecord]


def _first_of_each(records: list[LogRecord]) -> _Firsts:
    first: _Firsts = {}
    for record in records:
        first.setdefault(record.identity, record)
    return first
