"""Observe: the unit runs on the entering side for the agreed time, and nothing leaks behind it."""

from __future__ import annotations

from dataclasses import replace

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.stages.mirror_care import running
from kafka_migration.decide.stages.validated import report_problems
from kafka_migration.decide.steps import fence_kept, return_mirror, tail
from kafka_migration.decide.steps.arm_reverse import may_resume
from kafka_migration.decide.steps.resume import silent_behind, somebody_wrote_behind_the_fence
from kafka_migration.decide.steps.return_mirror import comes_back
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import ResumeConnector
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def binding_was_changed(context: UnitContext) -> Verdict:
    """Bindings still hold the entering side's connection."""
    return fail(
        Problem(
            Reason.BINDING_MISMATCH,
            f"secret/{w.binding.secret_name}",
            f"binding Secret {w.binding.secret_name} no longer points to the {context.entering}; "
            "somebody changed it: set it back",
        )
        for w in context.spec.workloads
        if context.facts[facts.BINDINGS][w.name].matches != context.entering
    )


def return_mirror_rests(context: UnitContext) -> Verdict:
    """The return mirror runs, so that the way back stays short."""
    own = return_mirror.found(context)
    if own is None:
        text = f"return mirror {context.return_connector} is gone: there is no way back; restore it"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{context.return_connector}", text)])
    if own.state == "STOPPED" and not may_resume(context):
        text = "the return mirror rests until nothing sent before a restart can still arrive"
        return wait(Reason.REPLICATION_STARTING, text)
    return running(own)


def resume_return_mirror(context: UnitContext) -> Asked | None:
    """Only one that ArmReverse has freed."""
    own = return_mirror.found(context)
    if own is None or own.state != "STOPPED" or not may_resume(context):
        return None
    return ResumeConnector(context.homeward, context.return_connector)


def audited(context: UnitContext) -> bool:
    """The return mirror writes on the source: only a comparison tells its copies from a leak."""
    return comes_back(context) and context.direction == "forward"


def somebody_wrote_on_the_left_side(context: UnitContext) -> Verdict:
    """Everything on the source beyond F is a copy of what was written on the target since T."""
    job, report = context.facts[facts.AUDIT], context.facts[facts.AUDIT_REPORT]
    if job is None:
        return wait(Reason.PROGRESSING, "starting to compare what comes back")
    if report is None:
        return PASS  # its pod may take long; the way back does not begin without it
    return fail(
        replace(
            p,
            reason=Reason.LEAKED_WRITE,
            message=f"{p.message}; somebody wrote on the {context.leaving} behind the fence: "
            "holding; find the writer",
        )
        for p in report_problems(report)
        if p.reason is Reason.CONTENT_DIFFERS
    )


def start_audit(context: UnitContext) -> Asked | None:
    """From this leg's seam on; a way back takes it over as its tail."""
    return tail.audit(context) if context.facts[facts.AUDIT] is None else None


def time_is_not_over(context: UnitContext) -> Verdict:
    """observation.seconds since the Resumed entry."""
    wanted = context.spec.observation.seconds
    if context.elapsed.observing >= wanted:
        return PASS
    left = wanted - context.elapsed.observing
    return wait(Reason.OBSERVING, f"on the {context.entering}, observed for another {left:.0f} s")


def completion_is_not_recorded(context: UnitContext) -> Verdict:
    """The unit arrived."""
    if context.recorded(EntryKind.COMPLETED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the completion")


def record(context: UnitContext) -> Asked | None:
    """Where it arrived."""
    return context.entry(EntryKind.COMPLETED, {"cluster": context.entering})


TASKS: tuple[Task[UnitContext], ...] = (
    *fence_kept.TASKS,
    Task(
        "fence held",
        (facts.LEAVING_ENDS,),
        somebody_wrote_behind_the_fence,
        applies=silent_behind,
    ),
    Task("binding kept", (facts.BINDINGS,), binding_was_changed),
    Task(
        "return mirror runs",
        (facts.RETURN_CONNECTORS,),
        return_mirror_rests,
        resume_return_mirror,
        return_mirror.freed,
    ),
    Task(
        "nothing leaked",
        (facts.AUDIT, facts.AUDIT_REPORT),
        somebody_wrote_on_the_left_side,
        start_audit,
        audited,
    ),
    tail.REMOVED,
    Task("observed", (), time_is_not_over),
    Task("recorded", (), completion_is_not_recorded, record),
)
