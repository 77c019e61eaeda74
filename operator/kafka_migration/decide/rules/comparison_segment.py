"""One divergent stretch: where two sequences of marks join again, and what happened before.

Called by `comparison` when the heads of both logs differ. Works on bounded windows only, decides
from marks alone, and must never call two different stretches equal.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from kafka_migration.decide.rules.comparison_record import PARTS, Verdict, has_content, part

RUNS = (8, 4, 2, 1)  # equal records in a row that count as a join, longest first
_ALIGN_LIMIT = 1_000_000  # cells; larger stretches are judged as sets, not aligned


@dataclass(frozen=True)
class Join:
    """How many records to leave behind on each side so that both continue alike."""

    source: int
    target: int


def find_join(source: Sequence[bytes], target: Sequence[bytes]) -> Join | None:
    """Find the nearest place where a run of equal records begins, or None if there is none.

    A long run far away beats a short one nearby: single equal records occur by chance.
    """
    for run in RUNS:
        join = _nearest(source, target, run)
        if join is not None:
            return join
    return None


def _nearest(source: Sequence[bytes], target: Sequence[bytes], run: int) -> Join | None:
    first_at = {tuple(target[at : at + run]): at for at in range(len(target) - run, -1, -1)}
    best: Join | None = None
    for skip in range(len(source) - run + 1):
        if best is not None and skip >= best.source + best.target:
            break
        at = first_at.get(tuple(source[skip : skip + run]))
        if at is not None and (best is None or skip + at < best.source + best.target):
            best = Join(skip, at)
    return best


@dataclass(frozen=True)
class Finding:
    """What happened to one record; indexes into the stretch, None where a side has none.

    `MATCH` marks a pair of equal records in order, `MATCH_WITH_DUPLICATES` a repeated one.
    """

    verdict: Verdict
    source: int | None
    target: int | None


def judge(
    source: Sequence[bytes], target: Sequence[bytes], is_repeat: Callable[[bytes], bool]
) -> tuple[Finding, ...]:
    """Account for every record of both stretches, exactly once each.

    `is_repeat` tells whether a target record equals one that matched shortly before.
    """
    equal, replaced = _align(source, target)
    gone = sorted(set(range(len(source))) - {i for i, _ in equal})
    new = sorted(set(range(len(target))) - {j for _, j in equal})
    matched = {source[i] for i, _ in equal}
    findings = [Finding(Verdict.MATCH, i, j) for i, j in equal]
    moved = _pair(gone, new, lambda i: source[i], lambda j: target[j])
    findings += [Finding(Verdict.REORDERED, i, j) for i, j in moved]
    gone, new = _without(gone, new, moved)
    repeats = [j for j in new if is_repeat(target[j]) or target[j] in matched]
    findings += [Finding(Verdict.MATCH_WITH_DUPLICATES, None, j) for j in repeats]
    gone, new = _without(gone, new, [(-1, j) for j in repeats])
    altered = _altered(source, target, gone, new, replaced)
    findings += [Finding(Verdict.CORRUPT, i, j) for i, j in altered]
    gone, new = _without(gone, new, altered)
    findings += [Finding(Verdict.MISSING, i, None) for i in gone]
    findings += [Finding(Verdict.EXTRA, None, j) for j in new]
    return tuple(findings)


Pairs = list[tuple[int, int]]


def _align(source: Sequence[bytes], target: Sequence[bytes]) -> tuple[Pairs, Pairs]:
    """Pairs of equal records in order, and pairs that stand in each other's place."""
    if len(source) * len(target) > _ALIGN_LIMIT:
        return [], []
    equal: Pairs = []
    replaced: Pairs = []
    matcher = SequenceMatcher(None, source, target, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        pairs = list(zip(range(i1, i2), range(j1, j2), strict=False))
        if tag == "equal":
            equal += pairs
        elif tag == "replace":
            replaced += pairs if i2 - i1 == j2 - j1 else _alike(source, target, pairs)
    return equal, replaced


def _alike(source: Sequence[bytes], target: Sequence[bytes], pairs: Pairs) -> Pairs:
    """Keep the pairs that have some content in common."""
    return [
        (i, j)
        for i, j in pairs
        if any(
            has_content(source[i], name) and part(source[i], name) == part(target[j], name)
            for name in PARTS
        )
    ]


def _altered(
    source: Sequence[bytes],
    target: Sequence[bytes],
    gone: list[int],
    new: list[int],
    replaced: Pairs,
) -> Pairs:
    """Pair records with their altered copies: in the same place, or with the same key."""
    left, right = set(gone), set(new)
    in_place = [(i, j) for i, j in replaced if i in left and j in right]
    gone, new = _without(gone, new, in_place)
    keyed = _pair(
        [i for i in gone if has_content(source[i], "key")],
        [j for j in new if has_content(target[j], "key")],
        lambda i: part(source[i], "key"),
        lambda j: part(target[j], "key"),
    )
    return in_place + keyed


def _pair(
    gone: Sequence[int],
    new: Sequence[int],
    left: Callable[[int], bytes],
    right: Callable[[int], bytes],
) -> Pairs:
    waiting: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for j in new:
        waiting[right(j)].append(j)
    return [(i, waiting[left(i)].popleft()) for i in gone if waiting.get(left(i))]


def _without(gone: list[int], new: list[int], pairs: Pairs) -> tuple[list[int], list[int]]:
    left = {i for i, _ in pairs}
    right = {j for _, j in pairs}
    return [i for i in gone if i not in left], [j for j in new if j not in right]
