"""Validated: every record of both sides was compared in order by a Job, and is equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import names
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import StartComparison, Work
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

GOOD = frozenset({"MATCH"})
NOT_PROOF = {
    "UNVERIFIABLE": Reason.CONTENT_UNVERIFIABLE,
    "INCOMPLETE": Reason.COMPARISON_INCOMPLETE,
}


def validated(context: MigrationContext) -> Entry | None:
    """The recorded anchors of a finished comparison."""
    return context.journal.last(EntryKind.CONTENT_VALIDATED)


def comparison_was_not_started(context: MigrationContext) -> Verdict:
    """The Job exists (or its result is recorded)."""
    if validated(context) is not None or context.facts[facts.COMPARISON] is not None:
        return PASS
    return wait(Reason.PROGRESSING, "starting the content comparison")


def start_comparison(context: MigrationContext) -> Work | None:
    """Everything from the log starts to the source's ends of this moment."""
    starts, ends = context.facts[facts.SOURCE_STARTS], context.facts[facts.SOURCE_ENDS].stable
    target = context.facts[facts.TARGET_STARTS]
    ranges = tuple((p, starts[p], ends[p], target[p]) for p in sorted(starts))
    return StartComparison(
        names.comparison_job(context.short_uid), "source", "bounded", ranges, timestamps(context)
    )


def timestamps(context: MigrationContext) -> Mapping[str, str]:
    """LogAppendTime topics get new timestamps from MirrorMaker's CreateTime copy."""
    inventory = context.inventory
    topics = inventory.topics.values() if inventory else ()
    return {t.name: "ignore" if t.timestamps == "LogAppendTime" else "compare" for t in topics}


def content_differs(context: MigrationContext) -> Verdict:
    """The Job finished and every partition says MATCH."""
    if validated(context) is not None:
        return PASS
    report = context.facts[facts.COMPARISON_REPORT]
    job = context.facts[facts.COMPARISON]
    if report is not None and report.get("state") == "finished":
        again = f", then delete the Job {names.comparison_job(context.short_uid)} to run it anew"
        problems = report_problems(report, again)
        return fail(problems) if problems else wait(Reason.PROGRESSING, "recording the proof")
    if job is not None and job.failed and not job.active:
        text = f"the comparison Job {job.name} failed: {job.message}; delete the Job to run it anew"
        return fail([Problem(Reason.COMPARISON_INCOMPLETE, f"job/{job.name}", text)])
    compared = report.get("records", 0) if report else 0
    return wait(Reason.PROGRESSING, f"comparing content: {compared} records equal so far")


def report_problems(report: Mapping[str, Any], again: str = "") -> list[Problem]:
    """Every partition whose verdict is not MATCH, in words; a missing verdict is no match.

    `again`: how to compare once more what could not be compared, where that is possible.
    """
    problems = []
    for part in report.get("partitions", []):
        verdict = part.get("verdict", "INCOMPLETE")
        if verdict in GOOD:
            continue
        reason = NOT_PROOF.get(verdict, Reason.CONTENT_DIFFERS)
        place = f"{part['topic']}-{part['partition']}"
        text = f"{place}: {verdict} after {part.get('records', 0)} equal records; {_why(part, reason, again)}"
        problems.append(Problem(reason, f"topic/{part['topic']}", text))
    if not problems and report.get("verdict") not in GOOD:
        text = f"the comparison ended with {report.get('verdict')}; run it anew"
        problems.append(Problem(Reason.COMPARISON_INCOMPLETE, "comparison", text))
    return sorted(problems, key=lambda p: p.reason is not Reason.CONTENT_DIFFERS)


def _why(part: Mapping[str, Any], reason: Reason, again: str) -> str:
    """What was found, and what to do."""
    first = part.get("first")
    where = f"first at {_difference(first)}; " if first else ""
    if reason is not Reason.CONTENT_UNVERIFIABLE:
        return f"{where}the target is not the original: do not cut over"
    because = part.get("gap", {}).get("reason") or (
        "compaction may have taken records on one side, or the mirror lost them; let compaction "
        "run on both"
    )
    return f"{where}{because}; do not cut over until it matches{again}"


def _difference(first: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(first.items()))


def record_proof(context: MigrationContext) -> Work | None:
    """Anchors: where the tail verifiers go on."""
    report = context.facts[facts.COMPARISON_REPORT]
    if report is None or report.get("state") != "finished" or report_problems(report):
        return None
    anchors = [
        [p["topic"], p["partition"], p["sourceNext"], p["targetNext"]] for p in report["partitions"]
    ]
    data = {"verdict": report["verdict"], "records": report["records"], "anchors": anchors}
    return Entry(EntryKind.CONTENT_VALIDATED, 1, data)


TASKS: tuple[Task[MigrationContext], ...] = (
    Task(
        "comparison started",
        (facts.COMPARISON, facts.SOURCE_STARTS, facts.SOURCE_ENDS, facts.TARGET_STARTS),
        comparison_was_not_started,
        start_comparison,
    ),
    Task(
        "content equal",
        (facts.COMPARISON, facts.COMPARISON_REPORT),
        content_differs,
        record_proof,
    ),
)
