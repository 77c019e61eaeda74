"""Task of Resume: commits that the brokers let expire before their group came back (protocol 4.5).

An Empty group loses its commits after offsets.retention.minutes. A Resume that took so long, its
operator away or its pods unable to start, would let auto.offset.reset decide where to begin. The metadata of
the commits is not written again: it stands on the leaving side, which need not answer any more.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_groups
from kafka_migration.decide.steps.translate_offsets import translated
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import CommitOffsets
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Commit
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait


def _expired(context: UnitContext) -> CommitOffsets | None:
    """Only what is absent: any other offset says that the group has begun to read."""
    for group, wanted in translated(context).items():
        present = context.facts[facts.ENTERING_COMMITS][group]
        gone = tuple((p, Commit(o)) for p, o in sorted(wanted.items()) if p not in present)
        if gone:
            return CommitOffsets(context.entering, group, gone)
    return None


def commits_expired(context: UnitContext) -> Verdict:
    """Every partition's commit still stands on the entering side."""
    again = _expired(context)
    if again is None:
        return PASS
    text = f"writing the offsets of group {again.group} on the {context.entering} again"
    return wait(Reason.PROGRESSING, f"{text}: the brokers let them expire")


def _awaits_its_groups(context: UnitContext) -> bool:
    return moves_groups(context) and context.recorded(EntryKind.RESUMED) is None


COMMITS_KEPT = Task(
    "commits kept", (facts.ENTERING_COMMITS,), commits_expired, _expired, _awaits_its_groups
)
