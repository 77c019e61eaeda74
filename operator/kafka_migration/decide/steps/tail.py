"""The comparison that follows a unit's topics: up to the seam, and from the seam on as an audit.

Called by prepare.py, catch_up.py, observe.py and back_out.py. The original is the log of the side
with authority; the report's names sourceNext and targetNext mean the original and its copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import legs
from kafka_migration.decide.stages.validated import report_problems, timestamps, validated
from kafka_migration.decide.steps.seam import fenced_ends
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import (
    DeleteComparison,
    InstructComparison,
    Side,
    StartComparison,
)
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

# A tail that runs is not complete; a difference, or a gap that nothing can compare, stays.
_NO_LEDGER = frozenset({Reason.CONTENT_DIFFERS, Reason.CONTENT_UNVERIFIABLE})


def is_not_followed(context: UnitContext) -> Verdict:
    """A Job compares the unit's topics from the last seam on, and finds them equal."""
    if validated(context.migration) is None:
        return wait(Reason.WAITING_FOR_MIGRATION, "the migration has not reached Validated")
    job, report = context.facts[facts.TAIL], context.facts[facts.TAIL_REPORT]
    if job is None:
        return wait(Reason.PROGRESSING, "starting the tail comparison")
    if report is None:
        return wait(Reason.PROGRESSING, f"waiting for the tail comparison {job.name} to report")
    differing = [p for p in report_problems(report) if p.reason in _NO_LEDGER]
    if differing:
        return fail(differing)
    if _ended_blind(report):
        errors = (part["error"] for part in report.get("partitions", []) if part.get("error"))
        why = next(errors, "it does not say why")
        text = f"the tail comparison {job.name} ended early ({why}); it is started anew"
        return wait(Reason.COMPARISON_INCOMPLETE, text)
    if report.get("state") != "running":
        text = (
            f"the tail comparison {job.name} is {report.get('state')}: {job.message}; delete the Job "
            "to run it anew"
        )
        return fail([Problem(Reason.COMPARISON_INCOMPLETE, f"job/{job.name}", text)])
    return PASS


def _ended_blind(report: Mapping[str, Any]) -> bool:
    """It gave up on a cluster that did not answer; nobody had told it where the logs end."""
    return report.get("state") == "finished"


def follow(context: UnitContext) -> Asked | None:
    """Start it from the last seam; from the validated anchors before there is one."""
    report = context.facts[facts.TAIL_REPORT]
    if context.facts[facts.TAIL] is not None:
        return remove(context) if report is not None and _ended_blind(report) else None
    return _start(context, context.tail_job, context.leaving)


def audit(context: UnitContext) -> Asked | None:
    """After the Switch entry the newest seam is this leg's: what comes back is compared."""
    return _start(context, context.audit_job, context.entering)


def _start(context: UnitContext, job: str, original: Side) -> Asked | None:
    proof = validated(context.migration)
    if proof is None:
        return None
    wanted = set(context.writes)
    begin = legs.follow_from(context.journal.entries, proof.data["anchors"])
    ranges = tuple(
        (partition, first, None, copy)
        for partition, (first, copy) in sorted(begin.items())
        if partition.topic in wanted
    )
    return StartComparison(job, original, "follow", ranges, timestamps(context.migration))


def differs(context: UnitContext) -> Verdict:
    """The tail comparison reached F and T and found every record equal."""
    report = context.facts[facts.TAIL_REPORT]
    if report is None:
        text = f"the tail comparison {context.tail_job} has no report: back out"
        return fail([Problem(Reason.COMPARISON_INCOMPLETE, f"job/{context.tail_job}", text)])
    if report.get("state") == "finished":
        return fail([*report_problems(report), *_uncompared(context, report)])
    return wait(Reason.PROGRESSING, f"comparing the tail: {report.get('records', 0)} records equal")


def _uncompared(context: UnitContext, report: Mapping[str, Any]) -> list[Problem]:
    """Partitions that the report does not follow to F and to the T of this very look."""
    reached = {
        Partition(part["topic"], part["partition"]): (part["sourceNext"], part["targetNext"])
        for part in report.get("partitions", [])
    }
    end = context.facts[facts.ENTERING_ENDS].ends.high
    return [
        Problem(
            Reason.COMPARISON_INCOMPLETE,
            f"partition/{p}",
            f"{p}: compared up to {reached.get(p)}, the logs end at {(f, end.get(p))}: back out",
        )
        for p, f in sorted(fenced_ends(context).items())
        if reached.get(p) != (f, end.get(p))
    ]


def instruct(context: UnitContext) -> Asked | None:
    """Give it F and T, once."""
    end = context.facts[facts.ENTERING_ENDS].ends.high
    asked = InstructComparison(
        context.tail_job, tuple(sorted(fenced_ends(context).items())), tuple(sorted(end.items()))
    )
    return None if asked in context.answered else asked


def is_left(context: UnitContext) -> Verdict:
    """The Job is removed; its result is in the journal."""
    if context.facts[facts.TAIL] is None:
        return PASS
    return wait(Reason.PROGRESSING, "removing the tail comparison")


def remove(context: UnitContext) -> Asked | None:
    """With what belongs to it."""
    return DeleteComparison(context.tail_job)


FOLLOWED: Task[UnitContext] = Task(
    "tail followed",
    (facts.TAIL, facts.TAIL_REPORT),
    is_not_followed,
    follow,
    moves_authority,
)
REMOVED: Task[UnitContext] = Task("tail removed", (facts.TAIL,), is_left, remove, moves_authority)
