"""The queue between the doorbell and the workers: one entry per key, one worker per key.

Called by app. A key rung while a worker holds it is handed out once more afterwards; a key that
failed waits longer each time; urgent keys go first without starving the rest. It must never
lose a key or hand one to two workers.
"""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from kafka_migration.model.kubernetes import Key
from kafka_migration.ports import Clock

_FAIR_SHARE = 8  # every so many keys handed out, one that is not urgent goes first
_RING_SECONDS = 5.0  # soonest that a key is tried again after a failure because it was rung
_LONGEST_WAIT = 1.0  # seconds in one wait, so that a turned clock is noticed


@dataclass(frozen=True)
class Backoff:
    """Seconds to wait after the n-th failure in a row: doubling, capped, jittered."""

    first: float = 1.0
    longest: float = 300.0

    def seconds(self, failures: int, chance: float) -> float:
        """`chance` in [0, 1): between half of the nominal wait and all of it."""
        nominal = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return float(nominal * (0.5 + chance / 2))


@dataclass
class _Entry:
    due: float | None = None  # None = not waiting
    urgent: bool = False
    held: bool = False  # a worker has it
    rung: bool = False  # rung while held
    failures: int = 0
    order: int = 0


class WorkQueue:
    """Thread-safe. `chance` is a source of numbers in [0, 1)."""

    def __init__(
        self,
        clock: Clock,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._entries: dict[Key, _Entry] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._count = 0
        self._handed_out = 0

    def add(self, key: Key, *, urgent: bool = False, delay: float = 0.0) -> None:
        """Ring: the key is due in `delay` seconds, or sooner if it already was."""
        with self._changed:
            entry = self._entries.setdefault(key, _Entry())
            entry.urgent = entry.urgent or urgent
            if entry.failures:
                # Our own writes ring too: a ring shortens a back-off, it does not defeat it.
                delay = max(delay, _RING_SECONDS)
            if entry.held:
                entry.rung = True
                return
            self._schedule(key, entry, self._clock.monotonic() + delay)

    def take(self, timeout: float) -> Key | None:
        """The next key, now held by the caller; None after `timeout` seconds or when closed."""
        deadline = self._clock.monotonic() + timeout
        with self._changed:
            while not self._closed:
                key = self._next_due()
                if key is not None:
                    return key
                wait = self._wait_seconds(deadline)
                if wait <= 0:
                    return None
                self._changed.wait(wait)
            return None

    def done(self, key: Key, again_in: float | None = None, *, urgent: bool = False) -> None:
        """The caller's tick ended well; hand the key out again after so many seconds, if any."""
        with self._changed:
            self._release(key, again_in, failures=0, urgent=urgent)

    def failed(self, key: Key) -> float:
        """The caller's tick ended by an error; returns the seconds until the next one."""
        with self._changed:
            entry = self._entries[key]
            failures = entry.failures + 1
            seconds = self._backoff.seconds(failures, self._chance())
            if entry.rung:
                seconds, entry.rung = min(seconds, _RING_SECONDS), False
            self._release(key, seconds, failures=failures, urgent=entry.urgent)
            return seconds

    def depth(self) -> int:
        """Keys that are due and wait for a worker."""
        with self._changed:
            now = self._clock.monotonic()
            return sum(1 for e in self._entries.values() if e.due is not None and e.due <= now)

    def close(self) -> None:
        """No key is handed out any more; waiting callers return."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _release(self, key: Key, again_in: float | None, *, failures: int, urgent: bool) -> None:
        entry = self._entries[key]
        if not entry.held:
            raise RuntimeError(f"{key} was given back without being held")
        entry.held, entry.failures, entry.urgent = False, failures, urgent
        now = self._clock.monotonic()
        if entry.rung:
            entry.rung = False
            self._schedule(key, entry, now)
        elif again_in is not None:
            self._schedule(key, entry, now + again_in)
        else:
            del self._entries[key]

    def _schedule(self, key: Key, entry: _Entry, due: float) -> None:
        if entry.due is not None and entry.due <= due:
            return
        self._count += 1
        entry.due, entry.order = due, self._count
        heapq.heappush(self._heap, (due, self._count, key))
        self._changed.notify()

    def _next_due(self) -> Key | None:
        now = self._clock.monotonic()
        due: list[tuple[float, int, Key]] = []
        while self._heap and self._heap[0][0] <= now:
            item = heapq.heappop(self._heap)
            if self._is_current(item):
                due.append(item)
        if not due:
            return None
        fair = (self._handed_out + 1) % _FAIR_SHARE == 0
        chosen = min(due, key=lambda i: (self._entries[i[2]].urgent is fair, i[0], i[1]))
        for item in due:
            if item is not chosen:
                heapq.heappush(self._heap, item)
        key = chosen[2]
        entry = self._entries[key]
        entry.due, entry.held = None, True
        self._handed_out += 1
        return key

    def _is_current(self, item: tuple[float, int, Key]) -> bool:
        """False for what a sooner ring has replaced."""
        entry = self._entries.get(item[2])
        return entry is not None and entry.due is not None and entry.order == item[1]

    def _wait_seconds(self, deadline: float) -> float:
        now = self._clock.monotonic()
        waits = [deadline - now, _LONGEST_WAIT]
        if self._heap:
            waits.append(max(self._heap[0][0] - now, 0.001))
        return min(waits)
