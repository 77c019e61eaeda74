"""Ordered comparison of one partition: whether the target holds the source's records, in order.

Called by the verifier, which feeds records of both sides as they arrive and says when a side has
ended. No I/O and no clock: the same records give the same verdict however they are batched. It
must never report MATCH unless every source record was found on the target, in order, and nothing
else was; memory is bounded by the lookahead, not by the log (knowledge/lag-verification 3.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xxhash import xxh3_128

from kafka_migration.decide.rules.comparison_head import Head, Late, head
from kafka_migration.decide.rules.comparison_recent import Recent
from kafka_migration.decide.rules.comparison_record import (
    Difference,
    Verdict,
    only_one_part_differs,
)
from kafka_migration.decide.rules.comparison_segment import Finding, Join, find_join, judge
from kafka_migration.decide.rules.comparison_tally import Tally

LOOKAHEAD = 4096  # records on each side within which both logs must join again
RESEND = 20_000  # how many matched records back a repeated one is recognised


@dataclass
class _Side:
    """Records read but not accounted for yet, and the offset that comes after the last one."""

    next: int
    offsets: list[int] = field(default_factory=list)
    marks: list[bytes] = field(default_factory=list)

    def drop(self, number: int) -> None:
        """Forget the first records: they are accounted for."""
        if number:
            self.next = self.offsets[number - 1] + 1
            del self.offsets[:number]
            del self.marks[:number]


@dataclass(frozen=True)
class Result:
    """What is known so far. Offsets are the next to compare on each side."""

    verdict: Verdict
    records: int  # matched pairs
    duplicates: int
    first: Difference | None
    digest: str  # running xxh3_128 over the marks of matched records
    source_next: int
    target_next: int
    counts: Mapping[Verdict, int]  # differing records, by what is wrong with them
    lost: bool  # no common record within the lookahead: comparing further makes no sense


class Comparison:
    """The walk along one partition. Feed both sides, then `advance`; repeat."""

    def __init__(
        self,
        source_from: int,
        target_from: int,
        *,
        judge_tail: bool = True,
        lookahead: int = LOOKAHEAD,
        resend: int = RESEND,
    ) -> None:
        """Start at these offsets; `judge_tail=False` ignores the target after the source's end."""
        self._source = _Side(source_from)
        self._target = _Side(target_from)
        self._judge_tail = judge_tail
        self._lookahead = lookahead
        self._resend = resend
        self._recent = Recent(resend)
        self._tally = Tally()
        self._digest = xxh3_128()
        self._records = 0
        self._repeats_in_a_row = 0
        self.lost = False
        self.late = Late()  # where retention has taken the log's first records
        self.head: Head | None = None
        self._first = (source_from, target_from)
        self._passed = 0  # records of the head

    @property
    def waiting(self) -> tuple[int, int]:
        """How many records of source and target are held and not accounted for."""
        return len(self._source.marks), len(self._target.marks)

    @property
    def records(self) -> int:
        """How many pairs of equal records were found, in order."""
        return self._records

    @property
    def undecided(self) -> bool:
        """True if both heads differ and more records are wanted before judging them."""
        return bool(self._source.marks and self._target.marks) and not self.lost

    def result(self) -> Result:
        """Return what is known so far; a MATCH here covers only what was accounted for."""
        return Result(
            verdict=self._tally.verdict,
            records=self._records,
            duplicates=self._tally.count(Verdict.MATCH_WITH_DUPLICATES),
            first=self._tally.first,
            digest=self._digest.hexdigest(),
            source_next=self._source.next,
            target_next=self._target.next,
            counts=self._tally.differences,
            lost=self.lost,
        )

    def feed_source(self, offsets: Sequence[int], marks: Sequence[bytes]) -> None:
        """Append source records, in log order."""
        self._source.offsets += offsets
        self._source.marks += marks

    def feed_target(self, offsets: Sequence[int], marks: Sequence[bytes]) -> None:
        """Append target records, in log order."""
        self._target.offsets += offsets
        self._target.marks += marks

    def advance(
        self, *, source_ended: bool = False, target_ended: bool = False, force: bool = False
    ) -> None:
        """Account for as many records as can be decided now.

        An ended side gets no more records. `force` judges differing heads with what is there.
        """
        while not self.lost:
            self._match_run()
            source, target = self._source.marks, self._target.marks
            if not source or not target:
                self._finish(source_ended=source_ended, target_ended=target_ended)
                return
            if self._skip_repeats():
                continue
            complete_source = source_ended or len(source) >= self._lookahead
            complete_target = target_ended or len(target) >= self._lookahead
            if not force and not (complete_source and complete_target):
                return
            join = find_join(source[: self._lookahead], target[: self._lookahead])
            if self._pass_head(join):
                force = False  # what comes behind it was not looked at yet
                continue
            self._rejoin(join, source_ended=source_ended, target_ended=target_ended, force=force)

    def _match_run(self) -> None:
        source, target = self._source.marks, self._target.marks
        limit = min(len(source), len(target))
        run = target[:limit]
        if source[:limit] != run:
            limit = next(i for i in range(limit) if source[i] != target[i])
            run = target[:limit]
        if run:
            self._matched(run)
            self._source.drop(limit)
            self._target.drop(limit)

    def _matched(self, run: list[bytes]) -> None:
        self._digest.update(b"".join(run))
        self._recent.add(run)
        self._records += len(run)
        self._repeats_in_a_row = 0

    def _skip_repeats(self) -> bool:
        """Pass over target records that repeat recent ones, up to the wanted one."""
        wanted, allowed = self._source.marks[0], self._resend - self._repeats_in_a_row
        number = 0
        for mark in self._target.marks[: max(0, allowed)]:
            if mark == wanted or mark not in self._recent:
                break
            number += 1
        self._tally.add_repeats(number)
        self._repeats_in_a_row += number
        self._target.drop(number)
        return number > 0

    def _finish(self, *, source_ended: bool, target_ended: bool) -> None:
        """One side is used up: what remains on the other is missing or extra once it ended."""
        if self._source.marks and target_ended:
            self._account(len(self._source.marks), 0)
        elif self._target.marks and source_ended and self._judge_tail:
            self._account(0, len(self._target.marks))

    def _rejoin(
        self, join: Join | None, *, source_ended: bool, target_ended: bool, force: bool
    ) -> None:
        source = self._source.marks[: self._lookahead]
        target = self._target.marks[: self._lookahead]
        if join is None and source_ended and not self._judge_tail:
            self._judge_source_tail()
        elif join is None and not (force or (source_ended and target_ended)):
            self._give_up()
        else:
            whole = Join(len(source), len(target))
            self._account((join or whole).source, (join or whole).target)

    def _pass_head(self, join: Join | None) -> bool:
        """Leave behind, before the first match, what has lost its counterpart to retention."""
        if self._records:
            return False
        skip = head(join, self.late, self.waiting, self._lookahead)
        if skip is None:
            return False
        only_source, number = skip.source > 0, skip.source or skip.target
        sides = (self._source, self._target)
        longer, other = sides if only_source else sides[::-1]
        # So many can have been there at most; and what the other side holds was not taken from it.
        taken = self._passed + number <= self._first[only_source]
        if not taken or not set(longer.marks[:number]).isdisjoint(other.marks):
            return False
        longer.drop(number)
        self._passed += number
        self.head = Head(only_source, longer.offsets[0])
        return True

    def _judge_source_tail(self) -> None:
        """The source's last records have no copy; target records after them belong to nobody."""
        source = self._source.marks
        altered = 0
        for mark, other in zip(source, self._target.marks, strict=False):
            if not only_one_part_differs(mark, other):
                break
            altered += 1
        self._account(len(source), altered)

    def _give_up(self) -> None:
        heads = self._source.marks[0], self._target.marks[0]
        verdict = Verdict.CORRUPT if only_one_part_differs(*heads) else Verdict.MISSING
        self._tally.add(self._difference(Finding(verdict, 0, 0)))
        self.lost = True

    def _account(self, source: int, target: int) -> None:
        """Judge the first records of both sides, book each once, and drop them."""
        findings = judge(
            self._source.marks[:source], self._target.marks[:target], self._recent.__contains__
        )
        in_order = sorted(findings, key=_position)
        self._repeats_in_a_row = 0
        for finding in in_order:
            if finding.verdict is Verdict.MATCH and finding.source is not None:
                self._matched([self._source.marks[finding.source]])
            elif finding.verdict is Verdict.MATCH_WITH_DUPLICATES:
                self._tally.add_repeats(1)
            else:
                self._tally.add(self._difference(finding))
        self._source.drop(source)
        self._target.drop(target)

    def _difference(self, finding: Finding) -> Difference:
        at, to = finding.source, finding.target
        return Difference(
            finding.verdict,
            None if at is None else self._source.offsets[at],
            None if to is None else self._target.offsets[to],
            source=None if at is None else self._source.marks[at],
            target=None if to is None else self._target.marks[to],
        )


def _position(finding: Finding) -> tuple[int, int]:
    """Sort by place on the source; target-only findings by their place on the target."""
    at = finding.source if finding.source is not None else finding.target
    return (at if at is not None else -1, finding.target if finding.target is not None else -1)


def compare(
    source: Sequence[tuple[int, bytes]],
    target: Sequence[tuple[int, bytes]],
    *,
    lookahead: int = LOOKAHEAD,
    resend: int = RESEND,
) -> Result:
    """Compare two whole partitions given as (offset, mark), both ended."""
    walk = Comparison(0, 0, lookahead=lookahead, resend=resend)
    walk.feed_source([offset for offset, _ in source], [mark for _, mark in source])
    walk.feed_target([offset for offset, _ in target], [mark for _, mark in target])
    walk.advance(source_ended=True, target_ended=True)
    return walk.result()
