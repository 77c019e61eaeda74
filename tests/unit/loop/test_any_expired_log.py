"""Any history of a log, its mirror and the operator looking on: a lost record is always found."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.loop.expired_logs import (
    BOTH,
    planted,
    rest,
    restart,
    wrong,
)
from tests.unit.loop.fake_world import FakeWorld

from kafka_migration.model import facts


class History:
    """A log of data ("d") and control ("c") records, its mirror, and the operator looking on."""

    def __init__(self) -> None:
        self.fake, self.log, self.start, self.copied = FakeWorld(), "d", 0, 0
        self.seen = self.kept = (0, 1)  # C, and the end below which all was seen copied

    def data(self) -> list[int]:
        """Data records that are still there."""
        return [at for at, kind in enumerate(self.log) if kind == "d" and at >= self.start]

    @property
    def lost(self) -> bool:
        return any(kind == "d" for kind in self.log[self.copied + 1 : self.start])

    def append(self, kind: str) -> None:
        self.log += kind

    def copy(self) -> None:
        """The next record; a mirror that lost its place stands still."""
        left = [at for at in self.data() if at > self.copied]
        if left and not self.lost:
            self.copied = left[0]

    def expire(self, records: int) -> None:
        self.start = min(self.start + records, len(self.log))

    def restart(self) -> None:
        restart(self.fake)
        self.seen = self.kept

    def look(self, *wanted) -> None:
        planted(self.fake, self.copied, max(self.data(), default=None), (self.start, len(self.log)))
        if facts.LAG_SECONDS in wanted and not self.lost:
            whole = all(at <= self.copied for at in self.data())
            known = self.start <= max(self.copied + 1, self.seen_to())
            self.seen = (self.copied, len(self.log)) if whole and known else self.seen
        found = wrong(self.fake, *wanted)
        if self.lost:
            assert found
        elif self.start <= max(self.copied + 1, self.seen_to()):
            assert not found
        if facts.LAG_SECONDS in wanted:
            rest(self.fake)
            self.kept = self.seen

    def seen_to(self) -> int:
        return self.seen[1] if self.seen[0] == self.copied else 0


STEPS: dict[str, Callable[[History], None]] = {
    "data": lambda h: h.append("d"),
    "control": lambda h: h.append("c"),
    "copy": History.copy,
    "expire": lambda h: h.expire(1),
    "empty": lambda h: h.expire(1000),
    "restart": History.restart,
    "bounds": lambda h: h.look(facts.COPY_BOUNDS),
    "both": lambda h: h.look(*BOTH),
}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=25))
def test_a_lost_record_is_always_found_and_what_was_seen_copied_never(steps: list[str]):
    history = History()
    for step in steps:
        STEPS[step](history)
    history.look(*BOTH)
