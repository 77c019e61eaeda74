"""The beginning of two logs of which one has lost its first records to retention.

Called by `comparison` before the first pair of equal records. Without it, the copies of expired
originals would be called foreign, and expired copies missing. Must never pass over a record of a
log whose counterpart begins at offset 0: nothing was taken there.
"""

from __future__ import annotations

from dataclasses import dataclass

from kafka_migration.decide.rules.comparison_segment import RUNS, Join


@dataclass(frozen=True)
class Late:
    """Which logs no longer hold what was written to them first."""

    source: bool = False
    target: bool = False


@dataclass(frozen=True)
class Head:
    """Records that cannot be compared: retention has taken their counterparts."""

    only_source: bool  # else only the target holds them
    end: int  # offset after them, on the side that holds them


def head(join: Join | None, late: Late, held: tuple[int, int], lookahead: int) -> Join | None:
    """How many records one side holds in excess; None = the logs differ in another way.

    Without a join nearby all but the last records of a full window are passed: a run of equal
    records may begin in those.
    """
    if join is not None:
        source, target = join.source, join.target
    else:
        far = lookahead - RUNS[0]
        source = far if late.target and not late.source and held[0] >= lookahead else 0
        target = far if late.source and not late.target and held[1] >= lookahead else 0
    excused = (late.target and not target) if source else late.source
    return Join(source, target) if excused and (source > 0) != (target > 0) else None
