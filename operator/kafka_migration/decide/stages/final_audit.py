"""The last word on the way back at Completed: all that came back to the source was compared.

Called by completed.py when the reverse mirrors are stopped, fenced and denied: the source's ends
are final then, while the target goes on. A unit's audit followed it from its seam on, and is done
when it accounts for the source up to its end and found no difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import legs
from kafka_migration.decide.stages.mirror_removal import has_way_back, there_are_mirrors
from kafka_migration.decide.stages.validated import report_problems, timestamps
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import DeleteComparison, StartComparison, Work
from kafka_migration.model.entries import Entry, EntryKind, encode_offsets
from kafka_migration.model.facts import AuditView, UnitView
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def _audited(context: MigrationContext) -> Iterator[tuple[UnitView, legs.Leg, AuditView]]:
    """Units that wrote on the target, the leg that brought them there, and their audit."""
    for unit in context.facts[facts.UNITS]:
        leg, view = legs.newest(unit.entries), context.facts[facts.AUDITS].get(unit.loaded.uid)
        if leg is not None and leg.fenced and view is not None:
            yield unit, leg, view


def an_audit_is_gone(context: MigrationContext) -> Verdict:
    """Every unit's audit exists; one that was lost begins again at the seam."""
    lost = [view.name for _, _, view in _audited(context) if not view.exists]
    return wait(Reason.PROGRESSING, f"starting the comparison {lost[0]}") if lost else PASS


def start_audit(context: MigrationContext) -> Work | None:
    """From the seam on: what was written on the target against what came back."""
    for _, leg, view in _audited(context):
        if not view.exists:
            ranges = tuple((p, leg.end[p], None, fence) for p, fence in sorted(leg.fenced.items()))
            return StartComparison(view.name, "target", "follow", ranges, timestamps(context))
    return None


def what_came_back_differs(context: MigrationContext) -> Verdict:
    """Each audit found every record equal, up to the end of the source."""
    ends = context.facts[facts.SOURCE_ENDS].high
    problems: list[Problem] = []
    waiting = ""
    for _, leg, view in _audited(context):
        if view.report is None:
            waiting = waiting or f"waiting for the comparison {view.name} to report"
            continue
        found = [p for p in report_problems(view.report) if p.reason is Reason.CONTENT_DIFFERS]
        problems += found
        reached = {
            Partition(part["topic"], part["partition"]): part["targetNext"]
            for part in view.report.get("partitions", [])
        }
        behind = [p for p in sorted(leg.fenced) if reached.get(p) != ends.get(p)]
        if behind and not found and view.report.get("state") != "running":
            problems.append(_ended(view))
        elif behind:
            waiting = waiting or f"{view.name} has not compared {behind[0]} to its end yet"
    if problems:
        return fail(problems)
    return wait(Reason.PROGRESSING, waiting) if waiting else PASS


def _ended(view: AuditView) -> Problem:
    text = f"the comparison {view.name} ended before the end of the source; delete the Job"
    return Problem(Reason.COMPARISON_INCOMPLETE, f"job/{view.name}", f"{text} to run it anew")


def result_is_not_recorded(_context: MigrationContext) -> Verdict:
    """The verdict is an entry before its Jobs and the mirrors go."""
    return wait(Reason.PROGRESSING, "recording what came back")


def record(context: MigrationContext) -> Work | None:
    """Up to where the source was compared."""
    high = context.facts[facts.SOURCE_ENDS].high
    ends: Offsets = {p: high[p] for _, leg, _ in _audited(context) for p in leg.fenced}
    data = {"verdict": "MATCH", "source": encode_offsets(dict(ends))}
    return Entry(EntryKind.AUDITED, 1, data)


def an_audit_is_left(context: MigrationContext) -> Verdict:
    """Their Jobs are removed; the result is in the journal."""
    left = [view.name for _, _, view in _audited(context) if view.exists]
    return wait(Reason.PROGRESSING, f"removing the comparison {left[0]}") if left else PASS


def remove_audit(context: MigrationContext) -> Work | None:
    """One at a time."""
    left = (view.name for _, _, view in _audited(context) if view.exists)
    return DeleteComparison(next(left))


def _open(context: MigrationContext) -> bool:
    unrecorded = context.journal.last(EntryKind.AUDITED) is None
    return unrecorded and there_are_mirrors(context) and has_way_back(context)


_AUDITS = (facts.UNITS, facts.AUDITS)
TASKS: tuple[Task[MigrationContext], ...] = (
    Task("audits there", _AUDITS, an_audit_is_gone, start_audit, _open),
    Task(
        "way back compared",
        (*_AUDITS, facts.SOURCE_ENDS),
        what_came_back_differs,
        applies=_open,
    ),
    Task(
        "verdict recorded",
        (*_AUDITS, facts.SOURCE_ENDS),
        result_is_not_recorded,
        record,
        _open,
    ),
    Task("audits removed", _AUDITS, an_audit_is_left, remove_audit, has_way_back),
)
