"""T(c): where a reader goes on in the other log (protocol 4.2-4.4). Pure arithmetic.

Both logs hold the same data records in the same order; offsets differ by markers, aborted records
and by what a log has lost since. So records are counted in lockstep from an anchor: the n-th one
after it on one side is the n-th on the other. They are counted from the anchor below and, where
there is one, back from the anchor above; if these disagree, a log lost records in between and
only a floor is given. No answer skips a record: what cannot be told is no offset.
"""

from __future__ import annotations

from dataclasses import dataclass

from kafka_migration.model.positions import Anchor, Grade, Position
from kafka_migration.model.reasons import Reason


@dataclass(frozen=True)
class Translated:
    """T(c), what it promises, and how many records at most are read again."""

    offset: int
    grade: Grade = Grade.EXACT
    replay: int = 0


@dataclass(frozen=True)
class Pending:
    """Not yet: something that happens by itself has to happen first."""

    reason: Reason
    why: str


@dataclass(frozen=True)
class Unanchored:
    """The records read around the position do not tell; more of them might."""

    why: str


@dataclass(frozen=True)
class Refused:
    """No offset can be given; `why` ends with what to do."""

    reason: Reason
    why: str


Answer = Translated | Pending | Unanchored | Refused

_GONE = Refused(
    Reason.CONTENT_UNVERIFIABLE,
    "retention has taken records there that the group has not read here; let the group read on, "
    "or restore them",
)
_FAR = Unanchored("no offset sync lies near enough to count from")


def translate(position: Position) -> Answer:
    """The smallest offset of the entering side that holds a copy of any record at or after c."""
    early = _unreadable(position) or _at_a_seam(position)
    if early is not None:
        return early
    if _lossless(position):
        counted = _in_lockstep(position)
        if counted is not None:
            return counted
    return _floor(position)


def _unreadable(position: Position) -> Answer | None:
    here = position.here
    if position.commit > here.end:
        why = (
            f"offset {position.commit} lies beyond the log's end {here.end}: the topic was cut off "
            "or made anew; reset the group on that side"
        )
        return Refused(Reason.OFFSET_CONFLICT, why)
    if position.commit > here.stable:
        why = f"a transaction is open below offset {position.commit}"
        return Pending(Reason.OPEN_TRANSACTION, why)
    return None


def _at_a_seam(position: Position) -> Answer | None:
    start = position.segment.start
    if position.commit != start.on(position.leaving):
        return None
    beginning = start.on(position.entering)
    return Translated(beginning) if beginning >= position.there.start else None


def _lossless(position: Position) -> bool:
    """Counting tells whether a record is missing between the anchors.

    Retention takes records from a log's start only. Compaction takes them anywhere: then the
    original must be without a gap, and a copy that lacks one shows by its count.
    """
    if not (position.here.compacted or position.there.compacted):
        return True
    low, high = _below(position), _above(position)
    if low is None or high is None:
        return False
    here = (position.here, low.leaving, high.leaving)
    there = (position.there, low.entering, high.entering)
    forwards = position.segment.original == position.leaving
    (original, first, last), (copy, *copied) = (here, there) if forwards else (there, here)
    known = original.knows(first, last) and copy.knows(copied[0], copied[1])
    return known and len(original.between(first, last)) == last - first


def _in_lockstep(position: Position) -> Answer | None:
    """Count from the anchors; None = both ways disagree, so a log lost records in between."""
    low, high = _below(position), _above(position)
    answers = {
        _from_below(position, low) if low else _FAR,
        _from_above(position, high) if high else _FAR,
    } - {_FAR}
    if len(answers) > 1:
        return None
    return answers.pop() if answers else _FAR


def _from_below(position: Position, anchor: Anchor) -> Answer | None:
    here, there, limit = position.here, position.there, _limit(position)
    if not here.knows(anchor.leaving, position.commit) or there.low > anchor.entering:
        return _FAR
    count = len(here.between(anchor.leaving, position.commit))
    following = there.between(anchor.entering, limit)
    if count < len(following):
        return Translated(following[count])
    if not there.knows(anchor.entering, limit):
        return _FAR
    if count == len(following):
        return Translated(limit)
    if position.live_copy:
        missing = count - len(following)
        return Pending(Reason.LAG_TOO_HIGH, f"{missing} records before it are not copied yet")
    return None


def _from_above(position: Position, anchor: Anchor) -> Answer | None:
    here, there = position.here, position.there
    if not here.knows(position.commit, anchor.leaving):
        return _FAR
    count = len(here.between(position.commit, anchor.leaving))
    first = max(there.start, position.segment.start.on(position.entering))
    preceding = there.between(first, anchor.entering)
    if count == 0:
        return Translated(anchor.entering)
    if count <= len(preceding) and there.knows(preceding[-count], anchor.entering):
        return Translated(preceding[-count])
    return None if there.knows(first, anchor.entering) else _FAR


def _floor(position: Position) -> Answer:
    """An offset that skips nothing; every record from it to the next anchor may be read again."""
    low, high = _lowest(position), _above(position)
    if low is None:
        return _GONE
    exact = low.leaving == position.commit
    if exact:
        return Translated(low.entering)
    passed = low.synced
    if position.live_copy and high is None:
        unread = _unproven(position, low.leaving + passed)
        if unread is not None:
            return unread
    limit = _limit(position) if high is None else high.entering
    if not position.there.knows(low.entering + passed, limit):
        return _FAR
    again = position.there.between(low.entering + passed, limit)
    if not again:
        return Translated(limit)
    compacted = position.here.compacted or position.there.compacted
    grade = Grade.SAFE_COMPACTED if compacted else Grade.SAFE
    return Translated(again[0], grade, len(again))


def _unproven(position: Position, first: int) -> Answer | None:
    """Records before c that nothing shows to be copied: they would be counted as not there."""
    if not position.here.knows(first, position.commit):
        return _FAR
    if position.here.between(first, position.commit):
        why = "the mirror has not told yet that it copied the records before it"
        return Pending(Reason.LAG_TOO_HIGH, why)
    return None


def _limit(position: Position) -> int:
    """Where the segment's visible records end on the entering side."""
    end = position.segment.end
    return position.there.stable if end is None else end.on(position.entering)


def _real(position: Position, anchor: Anchor) -> bool:
    """A sync names a record and its copy; one whose copy was aborted, or of an earlier life, not.

    A copy that is visible was not aborted. One that compaction took cannot be told from it.
    """
    if not anchor.synced:
        return True
    copy, offset = position.there, anchor.entering
    if position.segment.original != position.leaving:
        copy, offset = position.here, anchor.leaving
    return position.covers(anchor) and copy.holds(offset)


def _usable(position: Position, anchor: Anchor) -> bool:
    """Retention took nothing behind it on either side."""
    kept = anchor.leaving >= position.here.start and anchor.entering >= position.there.start
    return kept and _real(position, anchor)


def _below(position: Position) -> Anchor | None:
    found = [a for a in position.anchors if a.leaving <= position.commit]
    return next((a for a in reversed(found) if _usable(position, a)), None)


def _above(position: Position) -> Anchor | None:
    found = [a for a in position.anchors if a.leaving >= position.commit]
    return next((a for a in found if _usable(position, a)), None)


def _lowest(position: Position) -> Anchor | None:
    """The nearest anchor below after which the entering side still holds every record."""
    found = [
        a
        for a in position.anchors
        if a.leaving <= position.commit and a.entering >= position.there.start
    ]
    return next((a for a in reversed(found) if _real(position, a)), None)
