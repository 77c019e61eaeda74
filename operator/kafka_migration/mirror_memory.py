"""What one process remembers about the mirrors of a migration between ticks.

Held by memory, filled by observe and act. Nothing here is needed for safety after a restart:
floors of what was copied stand in the journal, a failed task is restarted from the first time on.
What spares a topic from being taken for lost is kept (covered_copies).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from kafka_migration.model.facts import Restarts
from kafka_migration.model.kafka import Offsets, Partition

HEALTHY_SECONDS = 600.0  # without a failure, after which earlier restarts are forgotten
# A partition under load is covered anew in every look; one that rests for this long is kept. All
# are kept with it, so that the ConfigMap is written once in this time at most.
RESTED_SECONDS = 120.0
# Of a direction, those that rest for the longest; a ConfigMap holds 1 MiB. Two offsets of 19 digits,
# a partition and punctuation take less than PAIR_BYTES, and each is counted with its topic's name.
MOST_KEPT_BYTES, PAIR_BYTES = 350_000, 64


@dataclass
class RestartLog:
    """Restarts of failed tasks, by mirror."""

    _sent: dict[str, tuple[int, float]] = field(default_factory=dict)  # count, last time
    _well: dict[str, float] = field(default_factory=dict)  # since when without a failure

    def note(self, name: str, now: float) -> None:
        """A restart is sent now."""
        count, _ = self._sent.get(name, (0, 0.0))
        self._sent[name] = (count + 1, now)
        self._well.pop(name, None)

    def look(self, failed: Mapping[str, bool], now: float) -> Mapping[str, Restarts]:
        """Restarts of each mirror so far; `failed` says of each whether something of it is."""
        for name, bad in failed.items():
            if bad:
                self._well.pop(name, None)
            elif now - self._well.setdefault(name, now) >= HEALTHY_SECONDS:
                self._sent.pop(name, None)
        return {name: Restarts(count, now - last) for name, (count, last) in self._sent.items()}


class Covered(NamedTuple):
    """No visible record lies between the stored offset `copied` and the log end `end`.

    Such a stretch of a log never gets one again, so this stays true whatever expires.
    """

    copied: int
    end: int


@dataclass
class CopyWatch:
    """The highest stored offset seen of each partition, and how often in a row it was wrong."""

    _highest: dict[Partition, int] = field(default_factory=dict)
    _in_a_row: dict[Partition, int] = field(default_factory=dict)

    def highest(self, partitions: Collection[Partition]) -> Offsets:
        """Of these partitions, as far as any was seen."""
        return {p: self._highest[p] for p in partitions if p in self._highest}

    def saw(self, copied: Offsets) -> None:
        """These offsets were stored."""
        for partition, offset in copied.items():
            self._highest[partition] = max(offset, self._highest.get(partition, -1))

    def count(self, violated: Iterable[Partition]) -> Mapping[Partition, int]:
        """One more look, and how many in a row each of these was violated in, this one included."""
        self._in_a_row = {p: self._in_a_row.get(p, 0) + 1 for p in violated}
        return dict(self._in_a_row)


@dataclass
class Coverage:
    """How far all data of a direction was copied, and what of that is kept for the next process."""

    _covered: dict[Partition, Covered] = field(default_factory=dict)
    _since: dict[Partition, float] = field(default_factory=dict)  # when it was covered as it is
    _kept: Mapping[Partition, Covered] | None = None  # None = not read yet
    _withdrawn: bool = False  # something that may be kept is not true any more

    def covered(self, copied: Offsets) -> Offsets:
        """Log ends below which every visible record was copied, at these stored offsets."""
        seen = tuple(self._covered.items())  # other threads go on observing
        return {p: c.end for p, c in seen if copied.get(p) == c.copied}

    def withdraw(self, partitions: Iterable[Partition]) -> None:
        """The log has shown that what was seen of these is not true of it any more."""
        for partition in partitions:
            self._covered.pop(partition, None)
            self._withdrawn = True

    def cover(self, copied: Offsets, ends: Offsets, now: float) -> None:
        """Everything visible below these ends was copied; what C itself says is not remembered."""
        for partition, end in ends.items():
            seen = Covered(copied[partition], end)
            if end <= seen.copied + 1:
                self._covered.pop(partition, None)
            elif self._covered.get(partition) != seen:
                self._covered[partition], self._since[partition] = seen, now

    @property
    def recalled(self) -> bool:
        """What an earlier process kept was read."""
        return self._kept is not None

    def recall(self, kept: Mapping[Partition, Covered]) -> None:
        """What was kept; what this process saw itself is newer."""
        self._covered = {**kept, **self._covered}
        self._kept = kept

    def rests(self, now: float) -> bool:
        """Something that is not kept has been covered for so long that it is to be, or is no more."""
        kept = self._kept or {}
        return self._withdrawn or any(
            kept.get(p) != seen and now - self._since.get(p, now) >= RESTED_SECONDS
            for p, seen in self.to_keep().items()
        )

    def to_keep(self) -> Mapping[Partition, Covered]:
        """What fits of all that is covered, the longest at rest first."""
        covered, since = dict(self._covered), dict(self._since)
        kept: dict[Partition, Covered] = {}
        left = MOST_KEPT_BYTES
        for partition in sorted(covered, key=lambda p: (since.get(p, -inf), p)):
            left -= len(partition.topic) + PAIR_BYTES
            if left < 0:
                break
            kept[partition] = covered[partition]
        return kept

    def keeps(self, kept: Mapping[Partition, Covered]) -> None:
        """This was written."""
        self._kept, self._withdrawn = kept, False
