"""What one process remembers about each object between ticks, on the monotonic clock.

Called by observe (windows, streaks), act (answered) and reconcile. Nothing here is needed for
safety after a restart: every window begins again, every act is sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from kafka_migration.errors import KmigError
from kafka_migration.mirror_memory import CopyWatch, Coverage, RestartLog
from kafka_migration.model.actions import (
    Action,
    CreateTopic,
    FenceMirror,
    ResumeConnector,
    Side,
    StartComparison,
    StopConnector,
)
from kafka_migration.model.facts import Fact, Settled
from kafka_migration.model.kafka import Ends, Offsets, Partition
from kafka_migration.model.kubernetes import Key
from kafka_migration.model.sides import DIRECTIONS, Direction

# These carry mappings, which no set can hold; whether they were done is read from the world.
TOLD_BY_FACTS = (CreateTopic, StartComparison)
LONGEST_GAP_SECONDS = 10.0  # between two looks of one window; longer = nothing was watched


@dataclass
class Window:
    """Repeated looks at the ends of one side, without a break (protocol 3.4, 3.5)."""

    first: Offsets | None = None  # high watermarks of the first look in this step
    high: Offsets | None = None  # of the last look
    looked: float = 0.0
    unchanged_since: float = 0.0
    stable_since: float | None = None
    not_before: float = 0.0  # looks that began earlier do not count

    def look(
        self, read: tuple[float, float], ends: Ends, under_replicated: tuple[Partition, ...]
    ) -> Settled:
        """Take one more look into account; `read` is when it began and when it ended.

        A window runs from the end of its first look to the begin of its last: never longer
        than what was watched.
        """
        began, ended = read
        if self.first is None:
            self.first = dict(ends.high)
        gap = self.high is None or began - self.looked > LONGEST_GAP_SECONDS
        if gap or self.high != ends.high:
            self.unchanged_since, self.stable_since = ended, None
        if ends.high != ends.stable or under_replicated or began < self.not_before:
            self.stable_since = None
        elif self.stable_since is None:
            self.stable_since = ended
        self.high, self.looked = (dict(ends.high) if began >= self.not_before else None), ended
        stable = began if self.stable_since is None else self.stable_since
        return Settled(
            ends=ends,
            unchanged_seconds=max(0.0, began - self.unchanged_since),
            stable_seconds=max(0.0, began - stable),
            moved=_moved(self.first, ends.high),
            under_replicated=under_replicated,
        )

    def break_off(self, now: float) -> None:
        """Begin anew with a look that begins from `now` on; the first look stays.

        After a look that failed, a DENY set or lifted, a write found accepted: what was still
        before says nothing of what can come after.
        """
        self.high, self.stable_since = None, None
        self.not_before = max(now, self.not_before)


@dataclass
class LagStreak:
    """How long every snapshot of the source's data was copied within the allowed lag.

    A snapshot is the last data of each partition at one moment. Ask again within the allowed
    lag: a snapshot found copied after that counts as late, whenever it really was.
    """

    pending: tuple[float, Mapping[Partition, int]] | None = None
    since: float | None = None  # begin of the streak; None = broken
    lag_seconds: float | None = None  # age of the oldest uncovered snapshot; None = not measured

    def look(
        self, now: float, copied: Offsets, data: Mapping[Partition, int | None], limit: float
    ) -> float:
        """Seconds of the streak so far. `now` is the time before `data` was read.

        `data` names every partition that is watched; what is not watched any more is not waited for.
        """
        if self.pending is not None:
            taken, snapshot = self.pending
            self.pending = (taken, {p: end for p, end in snapshot.items() if p in data})
        if self.pending is not None and _covers(copied, self.pending[1]):
            self._covered(self.pending[0], now, limit)
            self.pending = None
        if self.pending is None:
            self._begin(now, copied, {p: end for p, end in data.items() if end is not None})
        elif now - self.pending[0] > limit:
            self.since = None
        self.lag_seconds = 0.0 if self.pending is None else now - self.pending[0]
        return 0.0 if self.since is None else now - self.since

    def late(self, copied: Offsets) -> tuple[Partition, int] | None:
        """A partition of the oldest uncovered snapshot that is not copied, and its last data."""
        snapshot = self.pending[1] if self.pending else {}
        return next(((p, e) for p, e in sorted(snapshot.items()) if copied.get(p, -1) < e), None)

    def _covered(self, taken: float, now: float, limit: float) -> None:
        if now - taken > limit:
            self.since = None
        elif self.since is None:
            self.since = taken

    def _begin(self, now: float, copied: Offsets, data: Mapping[Partition, int]) -> None:
        if not _covers(copied, data):
            self.pending = (now, data)
        elif self.since is None:
            self.since = now


@dataclass
class KeyMemory:
    """Readings of one object. Used by one worker at a time, the one that holds its key."""

    uid: str | None = None
    step: str = ""
    entered: float | None = None  # monotonic time of the last reset_step
    windows: dict[str, Window] = field(default_factory=dict)
    answered: frozenset[Action] = frozenset()  # acts that answered well since the step was entered
    failure: KmigError | None = None  # of the last act; None once one answered well
    streak: LagStreak = field(default_factory=LagStreak)
    leg: tuple[int, str] | None = None  # attempt and direction that a unit's streak is of
    copies: CopyWatch = field(default_factory=CopyWatch)
    covered: Mapping[Direction, Coverage] = field(
        default_factory=lambda: {direction: Coverage() for direction in DIRECTIONS}
    )
    keep_after: float = -inf  # not written again before, after it could not be
    return_streak: LagStreak = field(default_factory=LagStreak)  # of the reverse mirrors
    return_copies: CopyWatch = field(default_factory=CopyWatch)
    restarts: RestartLog = field(default_factory=RestartLog)
    unanswered_patch: float | None = None  # when a PATCH of offsets or PUT got no answer
    recorded: set[int] = field(default_factory=set)  # places in the journal written here
    propagation: Mapping[str, float] | None = None  # side -> seconds, the slowest credential
    anchors: dict[str, float] = field(default_factory=dict)  # what began -> monotonic time
    written: float | None = None  # when status was last written
    unanswered: float | None = None  # when a change of ACLs got no answer: it may still happen
    silences: dict[tuple[Side, str], float] = field(default_factory=dict)  # the same by side, state
    held: dict[Partition, int] | None = None  # stable ends below the first look's ends
    needed: tuple[Fact[Any], ...] = ()  # facts that decisions of this step asked for

    @property
    def lag_seconds(self) -> float | None:
        """Current estimate of the replication lag; None = not measured."""
        return self.streak.lag_seconds

    def streak_of(self, leg: tuple[int, str]) -> LagStreak:
        """A unit's streak in this leg: offsets of the leg before it are those of another log."""
        if self.leg != leg:
            self.leg, self.streak = leg, LagStreak()
        return self.streak

    def reset_step(self, step: str, now: float | None = None) -> None:
        """A stage or step was entered: windows and answers of the one before mean nothing."""
        self.step, self.entered = step, now
        self.windows.clear()
        self.held = None
        self.answered, self.failure, self.needed = frozenset(), None, ()

    def since(self, what: str, now: float, seconds_ago: float) -> float:
        """Seconds since `what` began; the first call says how long ago that was (wall clock)."""
        return now - self.anchors.setdefault(what, now - max(0.0, seconds_ago))

    def window(self, side: Side) -> Window:
        """The window over the ends of one side in this step."""
        return self.windows.setdefault(side, Window())

    def still_held(self, ends: Ends) -> Offsets:
        """Of the transactions that were open at the first look in this step, those that still are.

        One that goes on is told from the next one by the offset at which it keeps readers.
        """
        now = {p: end for p, end in ends.stable.items() if end < ends.high[p]}
        if self.held is None:
            self.held = now
        self.held = {p: end for p, end in self.held.items() if now.get(p) == end}
        return dict(self.held)

    def succeeded(self, action: Action) -> None:
        """An act was answered well."""
        self.failure = None
        if isinstance(action, StopConnector | ResumeConnector):
            # What fenced an earlier generation's producers does not fence this one's (3.6).
            self.answered -= {FenceMirror(action.direction, action.name)}
        if not isinstance(action, TOLD_BY_FACTS):
            self.answered |= {action}

    def failed(self, error: KmigError) -> None:
        """An act was answered by an error, or not at all."""
        self.failure = error


class Memory:
    """KeyMemory of every object that this process has worked on."""

    def __init__(self) -> None:
        self.turn = threading.Lock()  # held while a unit enters its critical section
        self._lock = threading.Lock()
        self._keys: dict[Key, KeyMemory] = {}

    def for_key(self, key: Key, uid: str | None = None) -> KeyMemory:
        """The object's memory; given the uid, a re-created object begins with an empty one."""
        with self._lock:
            known = self._keys.get(key)
            if known is None or (uid is not None and known.uid not in (None, uid)):
                known = self._keys[key] = KeyMemory()
            known.uid = known.uid if uid is None else uid
            return known

    def forget(self, key: Key) -> None:
        """The object is gone."""
        with self._lock:
            self._keys.pop(key, None)


def _moved(first: Offsets, high: Offsets) -> tuple[Partition, ...]:
    return tuple(sorted(p for p in high if high[p] != first.get(p, high[p])))


def _covers(copied: Offsets, data: Mapping[Partition, int]) -> bool:
    return all(copied.get(partition, -1) >= end for partition, end in data.items())
