"""signals -> move, total over finite values; nothing else moves a stage or a step.

Called by migration.py and cutover.py of this package. The transition matrix in docs/stages.md is
rendered from `advance`, so that a change shows in review.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kafka_migration.decide.tasks import Done, Need, Open
from kafka_migration.model.verdicts import Kind


class Work(StrEnum):
    """What the tasks of the working row say together."""

    DONE = "Done"
    PENDING = "Pending"
    BLOCKED = "Blocked"
    UNKNOWN = "Unknown"


class Wish(StrEnum):
    """What spec, migration and waves want of this row now."""

    GO = "Go"
    HOLD = "Hold"  # not desired, not approved, not released, paused or being deleted


class Phase(StrEnum):
    """How far a unit may still turn round."""

    OPEN = "Open"  # nothing of the unit is changed: rest wherever asked
    CRITICAL = "Critical"  # stopped and perhaps fenced: finish or back out, never rest
    COMMITTED = "Committed"  # after the Switch entry: finish or hold
    BACKING = "Backing"  # backing out: finish or hold
    SETTLED = "Settled"  # moved, being watched
    END = "End"


class Move(StrEnum):
    """What happens to the row."""

    STAY = "Stay"
    NEXT = "Next"
    REST = "Rest"
    BACK_OUT = "BackOut"


@dataclass(frozen=True)
class Signals:
    """The finite summary that a move is decided from."""

    work: Work
    wish: Wish
    overdue: bool


def fold(walked: Open | Done | Need) -> Work:
    """Fold a walk into one value; a fact still to be read is Unknown."""
    if isinstance(walked, Done):
        return Work.DONE
    if isinstance(walked, Need):
        return Work.UNKNOWN
    by_kind = {Kind.WAIT: Work.PENDING, Kind.FAIL: Work.BLOCKED, Kind.UNKNOWN: Work.UNKNOWN}
    return by_kind[walked.verdict.kind]


def advance(phase: Phase, signals: Signals) -> Move:
    """The only place where a row is left. Unknown never goes forward."""
    if phase is Phase.END:
        return Move.STAY
    if phase is Phase.CRITICAL:
        return _advance_critical(signals)
    if phase is Phase.OPEN and signals.wish is Wish.HOLD:
        return Move.REST
    return Move.NEXT if signals.work is Work.DONE else Move.STAY


def _advance_critical(signals: Signals) -> Move:
    if signals.wish is Wish.HOLD or signals.overdue or signals.work is Work.BLOCKED:
        return Move.BACK_OUT
    return Move.NEXT if signals.work is Work.DONE else Move.STAY
