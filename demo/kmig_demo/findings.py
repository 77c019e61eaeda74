"""What a comparison can find, and which of it decides the verdict.

Filled by `checker` and `logs`, printed by `report`. A finding must never be dropped: past the
first examples it is still counted.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

EXAMPLES = 5
WHOLE = ""  # in place of a phase: what concerns every phase


class Kind(enum.StrEnum):
    """One thing that can be wrong, in the words of the report."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    OUT_OF_ORDER = "out of order"
    RE_READ = "re-read"
    FOREIGN = "foreign record"
    BEYOND_FENCE = "beyond the fence"
    TWO_WRITERS = "two writers"
    CONTRADICTION = "contradiction"
    NOT_MOVED = "not moved"
    MISSING_EVIDENCE = "missing evidence"
    UNACKNOWLEDGED = "written but never acknowledged"


# A record whose acknowledgement never arrived may be in the log: no promise covers it.
NOTES = frozenset({Kind.UNACKNOWLEDGED})


@dataclass
class Findings:
    """Counts of every kind, and the first examples of each in words; each belongs to a phase."""

    counts: dict[Kind, int] = field(default_factory=dict)
    examples: dict[Kind, list[str]] = field(default_factory=dict)
    phases: dict[str, dict[Kind, int]] = field(default_factory=dict)

    def add(self, kind: Kind, what: str, phase: str = WHOLE) -> None:
        """Count one finding and keep its words while there are few."""
        for counts in (self.counts, self.phases.setdefault(phase, {})):
            counts[kind] = counts.get(kind, 0) + 1
        told = self.examples.setdefault(kind, [])
        if len(told) < EXAMPLES:
            told.append(f"{phase}: {what}" if phase else what)

    def count(self, kind: Kind) -> int:
        """How often this kind was found."""
        return self.counts.get(kind, 0)

    def of(self, phase: str) -> Findings:
        """The counts of one phase and of what concerns every phase, without words."""
        counts: dict[Kind, int] = {}
        for name in {phase, WHOLE}:
            for kind, count in self.phases.get(name, {}).items():
                counts[kind] = counts.get(kind, 0) + count
        return Findings(counts)

    @property
    def verdict(self) -> str:
        """`ok` only when nothing was found and nothing was missing; else `failed`, `incomplete`."""
        bad = {kind for kind in self.counts if kind not in NOTES}
        if not bad:
            return "ok"
        return "incomplete" if bad == {Kind.MISSING_EVIDENCE} else "failed"
