"""The account of one partition's differences: counts, and the first one with its offsets.

Called by `comparison`. A record that seemed missing and turns up later (or the reverse) was moved:
its entry is turned into REORDERED. Must never forget that there was a difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kafka_migration.decide.rules.comparison_record import (
    Difference,
    Verdict,
    differing,
    worst,
)

_REMEMBERED = 10_000  # differences that may still turn out to be moves


@dataclass
class _Open:
    """A counted difference whose records may still turn up elsewhere."""

    difference: Difference


@dataclass
class Tally:
    """Counts per verdict, in records; `first` is the earliest difference in source order."""

    counts: dict[Verdict, int] = field(default_factory=dict)
    first: Difference | None = None
    _gone: dict[bytes, _Open] = field(default_factory=dict)  # by source mark
    _new: dict[bytes, _Open] = field(default_factory=dict)  # by target mark

    def count(self, verdict: Verdict) -> int:
        """How many records got this verdict."""
        return self.counts.get(verdict, 0)

    @property
    def differences(self) -> dict[Verdict, int]:
        """The counts above zero, without duplicates."""
        repeats = Verdict.MATCH_WITH_DUPLICATES
        return {one: number for one, number in self.counts.items() if number and one is not repeats}

    @property
    def verdict(self) -> Verdict:
        """The most severe verdict with a count; MATCH if there is no difference at all."""
        found = [verdict for verdict, number in self.counts.items() if number > 0]
        return worst([Verdict.MATCH, *found])

    def add_repeats(self, number: int) -> None:
        """Count repeated records."""
        self._change(Verdict.MATCH_WITH_DUPLICATES, number)

    def add(self, difference: Difference) -> None:
        """Count a difference, or turn an earlier one into a move if it completes it."""
        if difference.verdict is Verdict.CORRUPT and self._completes_a_move(difference):
            self.add(replace(difference, verdict=Verdict.MISSING, target_offset=None, target=None))
            self.add(replace(difference, verdict=Verdict.EXTRA, source_offset=None, source=None))
            return
        if difference.verdict is Verdict.MISSING and difference.source in self._new:
            self._moved(self._new.pop(difference.source), difference)
            return
        if difference.verdict is Verdict.EXTRA and difference.target in self._gone:
            self._moved(self._gone.pop(difference.target), difference)
            return
        self._open(difference)

    def _completes_a_move(self, difference: Difference) -> bool:
        return difference.source in self._new or difference.target in self._gone

    def _open(self, difference: Difference) -> None:
        if difference.verdict is Verdict.CORRUPT and difference.source and difference.target:
            parts = differing(difference.source, difference.target)
            difference = replace(difference, parts=parts)
        self._change(difference.verdict, 1)
        if self.first is None:
            self.first = difference
        if difference.verdict is Verdict.REORDERED:
            return
        entry = _Open(difference)
        _remember(self._gone, difference.source, entry)
        _remember(self._new, difference.target, entry)

    def _moved(self, entry: _Open, now: Difference) -> None:
        """Turn a difference and its other half into one move; a pair leaves a single behind."""
        old = entry.difference
        self._change(old.verdict, -1)
        self._change(Verdict.REORDERED, 1)
        half = self._rest_of(old, now)
        if half is not None:
            self._change(half.verdict, 1)
            entry.difference = half
        if self.first is old:
            self.first = Difference(
                Verdict.REORDERED,
                now.source_offset if now.source is not None else old.source_offset,
                now.target_offset if now.target is not None else old.target_offset,
            )

    @staticmethod
    def _rest_of(old: Difference, now: Difference) -> Difference | None:
        if old.verdict is not Verdict.CORRUPT:
            return None
        if now.verdict is Verdict.EXTRA:  # the source half was moved, its stand-in is foreign
            return replace(old, verdict=Verdict.EXTRA, source=None, source_offset=None, parts=())
        return replace(old, verdict=Verdict.MISSING, target=None, target_offset=None, parts=())

    def _change(self, verdict: Verdict, by: int) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + by


def _remember(entries: dict[bytes, _Open], mark: bytes | None, entry: _Open) -> None:
    if mark is None:
        return
    entries[mark] = entry
    if len(entries) > _REMEMBERED:
        del entries[next(iter(entries))]
