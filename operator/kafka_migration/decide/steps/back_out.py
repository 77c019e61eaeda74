"""Back-out before the Switch entry: the leaving side is the truth and opens again (3.12).

Unless the return mirror was freed and copied something (way_back.py), nothing about F has to be
proven: what came late is copied onward. The entering side is proven closed before anything is
lifted; only where nothing can have opened it and it does not answer, that comes after (ADR 8).
"""

from __future__ import annotations

from typing import Any

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import copying
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.stages.mirror_care import running
from kafka_migration.decide.steps import return_mirror, tail, way_back
from kafka_migration.decide.steps.denies import (
    leaving_denies,
    lifted_at_switch,
    not_held,
    not_lifted,
    onward_denies,
)
from kafka_migration.decide.steps.fence import refused_everywhere
from kafka_migration.decide.steps.prepare import mirror_is_denied as mirror_is_refused
from kafka_migration.decide.steps.resume import (
    pods_are_not_ready,
    replicas_are_missing,
    scale_up,
)
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies, LiftDenies, ResumeConnector
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import Fact
from kafka_migration.model.kafka import ProbeResult
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait


def entering_cannot_be_open(context: UnitContext) -> bool:
    """No lift of the entering side was decided in this leg, nor is one registered (ADR 8).

    The register is asked too: of a status that was restored by one entry the journal says nothing.
    """
    if not moves_authority(context) or not context.facts.has(facts.REGISTER):
        return False
    if context.facts.unknown(facts.REGISTER) or return_mirror.freed(context):
        return False
    register = context.facts[facts.REGISTER]
    passed = {fences.authority(register, topic) for topic in context.writes}
    return context.recorded(EntryKind.SWITCH) is None and context.entering not in passed


def _gives_no_answer(context: UnitContext, fact: Fact[Any]) -> bool:
    fault = context.facts.unknown(fact) if context.facts.has(fact) else None
    return fault is not None and not fault.refused


def looks_at_entering(context: UnitContext) -> bool:
    """The entering side is looked at before the leaving one opens."""
    silent = _gives_no_answer(context, facts.ENTERING_ACLS)
    return moves_authority(context) and not (entering_cannot_be_open(context) and silent)


def proves_entering(context: UnitContext) -> bool:
    """... and seen to refuse; a leader that accepts, or no leader at all, is no silence."""
    if not looks_at_entering(context):
        return False
    if not entering_cannot_be_open(context) or not context.facts.has(facts.ENTERING_PROBES):
        return True
    if context.facts.unknown(facts.ENTERING_PROBES) is not None:
        return not _gives_no_answer(context, facts.ENTERING_PROBES)
    results = {probe.result for probe in context.facts[facts.ENTERING_PROBES]}
    return ProbeResult.UNKNOWN not in results or ProbeResult.ALLOWED in results


def leaving_was_never_closed(context: UnitContext) -> bool:
    """No fence was begun there in this leg, nor is one registered: it is as it was before Drain.

    The register is asked too: of a status that was restored by one entry the journal says nothing.
    """
    if context.recorded(EntryKind.FENCING) is not None or not context.facts.has(facts.REGISTER):
        return False
    if context.facts.unknown(facts.REGISTER) is not None:
        return False
    register = context.facts[facts.REGISTER]
    active = fences.entries(register, context.leaving, ("wanted", "held", "lifting"))
    open_there = {fences.authority(register, t) for t in context.writes} <= {context.leaving}
    return open_there and not active & set(leaving_denies(context))


def opens_leaving(context: UnitContext) -> bool:
    """There may be a fence to lift; a side that was never closed is not waited for."""
    silent = _gives_no_answer(context, facts.LEAVING_ACLS)
    return moves_authority(context) and not (silent and leaving_was_never_closed(context))


def proves_leaving(context: UnitContext) -> bool:
    """... and the lift is to be seen; where nothing was closed, one silent leader is no reason."""
    return opens_leaving(context) and not leaving_was_never_closed(context)


def register_is_unread(_context: UnitContext) -> Verdict:
    """Passes as soon as the register was read: the tasks after it ask whom they concern."""
    return PASS


def entering_is_open(context: UnitContext) -> Verdict:
    """Applications cannot write on the entering side (checked first, always)."""
    if not not_held(context, context.entering, lifted_at_switch(context)):
        return PASS
    return wait(Reason.BACKING_OUT, f"denying application writes on the {context.entering}")


def close_entering(context: UnitContext) -> Asked | None:
    """Register, create, read back."""
    return HoldDenies(context.entering, lifted_at_switch(context))


def entering_accepts(context: UnitContext) -> Verdict:
    """Each leader of the entering side refuses the unit."""
    probes = context.facts[facts.ENTERING_PROBES]
    if probes and refused_everywhere(probes) is None:
        return PASS
    return wait(
        Reason.BACKING_OUT, f"proving that the {context.entering} refuses the unit's writes"
    )


def leaving_is_closed(context: UnitContext) -> Verdict:
    """The leaving side's fence is lifted, in the brokers and in the register."""
    if not not_lifted(context, context.leaving, leaving_denies(context)):
        return PASS
    return wait(Reason.BACKING_OUT, f"lifting the fence on the {context.leaving}")


def open_leaving(context: UnitContext) -> Asked | None:
    """Authority is the leaving side's again."""
    authority = tuple((topic, context.leaving) for topic in context.writes)
    return LiftDenies(context.leaving, leaving_denies(context), authority)


def leaving_refuses(context: UnitContext) -> Verdict:
    """The lift is proven before replicas return."""
    probes = context.facts[facts.LEAVING_PROBES]
    if probes and all(p.result is ProbeResult.ALLOWED for p in probes):
        return PASS
    text = f"proving that the {context.leaving} accepts the unit's writes again"
    return wait(Reason.BACKING_OUT, text)


def mirror_goes_on(context: UnitContext) -> bool:
    """The unit has a mirror, and its copy was not found wrong: then it stays denied (5.3)."""
    denied = copying.denied_topics(context.migration.journal, context.onward)
    return moves_authority(context) and not denied & set(context.writes)


def mirror_is_denied(context: UnitContext) -> Verdict:
    """The onward mirror may write on the entering side again."""
    if not not_lifted(context, context.entering, onward_denies(context)):
        return PASS
    return wait(Reason.BACKING_OUT, f"freeing the {context.onward} mirror")


def free_mirror(context: UnitContext) -> Asked | None:
    """Lift the mirror's DENY."""
    return LiftDenies(context.entering, onward_denies(context))


def mirror_is_stopped(context: UnitContext) -> Verdict:
    """The unit's mirror runs again, if the unit ever got one."""
    connector = context.facts[facts.ONWARD_CONNECTORS].get(context.onward_connector)
    return PASS if connector is None else running(connector)


def resume_mirror(context: UnitContext) -> Asked | None:
    """Let it go on from its stored offsets."""
    connector = context.facts[facts.ONWARD_CONNECTORS].get(context.onward_connector)
    if connector is None or connector.state == "RUNNING":
        return None
    return ResumeConnector(context.onward, context.onward_connector)


def end_is_not_recorded(context: UnitContext) -> Verdict:
    """Latched until spec.attempt rises."""
    if context.recorded(EntryKind.BACKED_OUT) is not None:
        return PASS
    return wait(Reason.BACKING_OUT, "recording the end of the back-out")


def record(context: UnitContext) -> Asked | None:
    """How long the workloads were down."""
    data = {"totalSeconds": round(context.elapsed.in_pause, 3)}
    return context.entry(EntryKind.BACKED_OUT, data)


_ENTERING = (facts.ENTERING_ACLS, facts.REGISTER)
_LEAVING = (facts.LEAVING_ACLS, facts.REGISTER)
TASKS: tuple[Task[UnitContext], ...] = (
    Task("register read", (facts.REGISTER,), register_is_unread, applies=moves_authority),
    Task("entering closed", _ENTERING, entering_is_open, close_entering, looks_at_entering),
    Task("entering refuses", (facts.ENTERING_PROBES,), entering_accepts, applies=proves_entering),
    *way_back.TASKS,
    Task("leaving open", _LEAVING, leaving_is_closed, open_leaving, opens_leaving),
    Task("leaving accepts", (facts.LEAVING_PROBES,), leaving_refuses, applies=proves_leaving),
    Task("replicas back", (facts.WORKLOADS,), replicas_are_missing, scale_up),
    # Passes at once where it was done above.
    Task("entering closed too", _ENTERING, entering_is_open, close_entering, moves_authority),
    Task(
        "entering refuses too",
        (facts.ENTERING_PROBES,),
        entering_accepts,
        applies=moves_authority,
    ),
    Task("mirror free", _ENTERING, mirror_is_denied, free_mirror, mirror_goes_on),
    # A task that meets its DENY once more fails for good; nothing starts it again.
    Task(
        "mirror accepted",
        (facts.ONWARD_MIRROR_PROBES,),
        mirror_is_refused,
        applies=mirror_goes_on,
    ),
    Task(
        "mirror runs",
        (facts.ONWARD_CONNECTORS,),
        mirror_is_stopped,
        resume_mirror,
        mirror_goes_on,
    ),
    tail.REMOVED,
    # Pods that were never stopped count: they run where they always ran.
    Task("pods ready", (facts.WORKLOADS,), pods_are_not_ready),
    Task("recorded", (), end_is_not_recorded, record),
)
