"""What the reader consumed, from which cluster, in which order.

Part of the checker, called by `checker.judge`; pure. It must never count a record as consumed that
does not stand where it is said to have been read.
"""

from __future__ import annotations

from collections.abc import Container

from kmig_demo.evidence import Identity, Sighting
from kmig_demo.findings import Findings, Kind
from kmig_demo.logs import Places, name
from kmig_demo.timeline import Timeline, turns


class Consumption:
    """One pass over the reads in the order in which the recorder took them."""

    def __init__(
        self,
        acknowledged: Container[Identity],
        places: dict[str, Places],
        timeline: Timeline,
        findings: Findings,
    ) -> None:
        self._acknowledged, self._places = acknowledged, places
        self._timeline, self._findings = timeline, findings
        self._clusters: list[str] = []
        self._last: dict[str, int] = {}
        self.read: set[Identity] = set()

    def compare(self, rows: list[Sighting], crossings: int | None = None) -> None:
        """Each record once, in the order of its key, from the clusters in their turn.

        `crossings`: the reader's own, if it did not cross with its writer.
        """
        for row in rows:
            if self._clusters[-1:] != [row.cluster]:
                self._clusters.append(row.cluster)
            self._take(row)
        wanted = self._timeline.wanted if crossings is None else turns(crossings)
        if rows and len(wanted) > 1 and self._clusters != wanted:
            short = self._clusters == wanted[: len(self._clusters)]
            what = f"consumed from {', '.join(self._clusters)}; the crossings want"
            kind = Kind.MISSING_EVIDENCE if short else Kind.CONTRADICTION
            self._findings.add(kind, f"{what} {', '.join(wanted)}")

    def _take(self, row: Sighting) -> None:
        where = f"{row.cluster} partition {row.partition} offset {row.offset}"
        identity = row.identity
        if identity is None:
            self._add(Kind.FOREIGN, f"consumed from {where}: {name(None)}")
            return
        if identity in self.read:
            self._add(Kind.RE_READ, f"{name(identity)} was consumed again, from {where}")
            return
        self.read.add(identity)
        if self._places.get(row.cluster, {}).get(identity) != (row.partition, row.offset):
            self._add(Kind.CONTRADICTION, f"{name(identity)} consumed from {where}: not there")
        if identity not in self._acknowledged:
            return
        if identity[2] <= self._last.get(identity[1], 0):
            self._add(Kind.OUT_OF_ORDER, f"{name(identity)} consumed after a later one")
        else:
            self._last[identity[1]] = identity[2]

    def _add(self, kind: Kind, what: str) -> None:
        phase = self._timeline.happened_in(len(self._clusters) - 1)
        self._findings.add(kind, what, phase)
