"""Who wrote when, and which crossing answers for what: from the acknowledgements alone.

Part of the checker, called by `checker.judge`; pure. It must never take the operator's word for
which cluster was written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kmig_demo.evidence import SOURCE, TARGET, Crossing, Identity, Sighting
from kmig_demo.findings import WHOLE, Findings, Kind

HISTORY = "history"


def turns(crossings: int) -> list[str]:
    """The clusters that so many crossings lead through, the source first."""
    return [(SOURCE, TARGET)[number % 2] for number in range(crossings + 1)]


@dataclass(slots=True)
class Spell:
    """One producer on one cluster: its first and last acknowledgement (ms), and how many."""

    incarnation: str
    cluster: str
    first: int
    last: int
    count: int = 0


@dataclass(slots=True)
class Period:
    """Spells on one cluster that follow one another; between two periods lies a crossing."""

    cluster: str
    first: int
    last: int


class Timeline:
    """The periods in which one cluster after the other acknowledged, and the crossings between."""

    def __init__(self, rows: Sequence[Sighting], crossings: Sequence[Crossing]) -> None:
        self.spells = _spells(rows)
        self.periods: list[Period] = []
        self._names = [crossing.name for crossing in crossings]
        self._period_of: dict[str, int] = {}
        for spell in self.spells:
            self._join(spell)

    def _join(self, spell: Spell) -> None:
        last = self.periods[-1] if self.periods else None
        if last is None or last.cluster != spell.cluster:
            self.periods.append(Period(spell.cluster, spell.first, spell.last))
        else:
            last.first, last.last = min(last.first, spell.first), max(last.last, spell.last)
        self._period_of.setdefault(spell.incarnation, len(self.periods) - 1)

    @property
    def wanted(self) -> list[str]:
        """The clusters in the order in which the crossings make them acknowledge and be read."""
        return turns(len(self._names))

    def period(self, identity: Identity) -> int | None:
        """The period in which a record's producer wrote; None if none of its was acknowledged."""
        return self._period_of.get(identity[0])

    def carried_by(self, identity: Identity) -> str:
        """The crossing that had to bring a record over; the last answers for its own side too."""
        return self._name(self.period(identity))

    def happened_in(self, period: int) -> str:
        """The crossing after which a thing happened; the first answers for what was before it."""
        return self._name(max(period - 1, 0))

    @property
    def begins(self) -> str:
        """The first crossing."""
        return self._name(0)

    def _name(self, number: int | None) -> str:
        if number is None or not self._names:
            return WHOLE
        return self._names[min(number, len(self._names) - 1)]

    def compare(self, findings: Findings) -> None:
        """One cluster after the other, as the crossings say, and never two at once."""
        found = [period.cluster for period in self.periods]
        if len(self._names) and found != self.wanted:
            short = found == self.wanted[: len(found)]
            kind = Kind.MISSING_EVIDENCE if short else Kind.CONTRADICTION
            what = f"acknowledged by {_listed(found)}; the crossings want {_listed(self.wanted)}"
            findings.add(kind, what)
        for number, (before, after) in enumerate(zip(self.periods, self.periods[1:], strict=False)):
            overlap = (before.last - after.first) / 1000
            if overlap > 0:
                what = f"{before.cluster} acknowledged {overlap:.3f} s after {after.cluster} began"
                findings.add(Kind.TWO_WRITERS, what, self._name(number))

    def pause(self, number: int) -> float | None:
        """Seconds from the last acknowledgement before crossing `number` to the first after it."""
        if number + 1 >= len(self.periods):
            return None
        return (self.periods[number + 1].first - self.periods[number].last) / 1000

    def rates(self) -> dict[str, float]:
        """Records per second of the running producers on each cluster, history and pauses apart."""
        rates: dict[str, float] = {}
        for side in (SOURCE, TARGET):
            chosen = [s for s in self.spells if s.cluster == side and s.incarnation != HISTORY]
            millis = sum(spell.last - spell.first for spell in chosen)
            if millis > 0:
                rates[side] = sum(spell.count for spell in chosen) * 1000 / millis
        return rates


def _listed(clusters: Sequence[str]) -> str:
    return ", ".join(clusters) or "nobody"


def _spells(rows: Sequence[Sighting]) -> list[Spell]:
    """In the order in which the recorder first heard of each: instants may be what is wrong."""
    spells: dict[tuple[str, str], Spell] = {}
    for row in rows:
        if row.identity is None:
            continue
        place = (row.identity[0], row.cluster)
        spell = spells.get(place)
        if spell is None:
            spell = spells[place] = Spell(*place, row.millis, row.millis)
        spell.first, spell.last = min(spell.first, row.millis), max(spell.last, row.millis)
        spell.count += 1
    return list(spells.values())
