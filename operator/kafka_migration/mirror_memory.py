"""What one process remembers about the mirrors of a migration between ticks.

Held by memory, filled by observe and act. Nothing here is needed for safety after a restart:
floors of what was copied stand in the journal, a failed task is restarted from the first time on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kafka_migration.model.facts import Restarts
from kafka_migration.model.kafka import Offsets, Partition

HEALTHY_SECONDS = 600.0  # without a failure, after which earlier restarts are forgotten


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
    """The highest stored offset seen of each partition, and how far all data was copied."""

    _highest: dict[Partition, int] = field(default_factory=dict)
    _covered: dict[Partition, Covered] = field(default_factory=dict)
    _in_a_row: dict[Partition, int] = field(default_factory=dict)

    def highest(self, partitions: Collection[Partition]) -> Offsets:
        """Of these partitions, as far as any was seen."""
        return {p: self._highest[p] for p in partitions if p in self._highest}

    def covered(self, copied: Offsets) -> Offsets:
        """Log ends below which every visible record was copied, at these stored offsets."""
        return {p: c.end for p, c in self._covered.items() if copied.get(p) == c.copied}

    def saw(self, copied: Offsets) -> None:
        """These offsets were stored."""
        for partition, offset in copied.items():
            self._highest[partition] = max(offset, self._highest.get(partition, -1))

    def cover(self, copied: Offsets, ends: Offsets) -> None:
        """Everything visible below these ends was copied; what C itself says is not remembered."""
        for partition, end in ends.items():
            if end > copied[partition] + 1:
                self._covered[partition] = Covered(copied[partition], end)
            else:
                self._covered.pop(partition, None)

    def count(self, violated: Iterable[Partition]) -> Mapping[Partition, int]:
        """One more look, and how many in a row each of these was violated in, this one included."""
        self._in_a_row = {p: self._in_a_row.get(p, 0) + 1 for p in violated}
        return dict(self._in_a_row)
