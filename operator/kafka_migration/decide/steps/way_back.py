"""Which back-out it is, once the return mirror was freed: only without a copy the leaving side opens.

Called by back_out.py between "entering refuses" and the first lift (protocol 3.12). The answer is
an entry of its own and is never looked for again.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.steps import return_mirror
from kafka_migration.decide.steps.denies import not_held, return_denies
from kafka_migration.decide.steps.fence import refused_everywhere
from kafka_migration.decide.steps.seam import entering_ends
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import FenceMirror
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Kind, Problem, Verdict, fail, wait


def undecided(context: UnitContext) -> bool:
    """The return mirror may have copied, and nobody has looked yet."""
    return return_mirror.freed(context) and context.recorded(EntryKind.NO_COPY) is None


def return_mirror_runs(context: UnitContext) -> Verdict:
    """STOPPED and without tasks; one that is gone copies nothing more."""
    if return_mirror.found(context) is None:
        return PASS
    stopped = return_mirror.runs(context)
    return PASS if stopped.kind is Kind.PASS else wait(Reason.BACKING_OUT, stopped.message)


def return_mirror_may_commit(context: UnitContext) -> Verdict:
    """The null-PATCH answered since the stop: no zombie of it can commit a copy."""
    if return_mirror.found(context) is None or _fence(context) in context.answered:
        return PASS
    return wait(Reason.BACKING_OUT, "fencing the return mirror's last producers")


def _fence(context: UnitContext) -> FenceMirror:
    return FenceMirror(context.homeward, context.return_connector)


def fence(context: UnitContext) -> Asked | None:
    """Repeated after a restart: an unrecorded answer counts as none."""
    return _fence(context)


def return_mirror_may_write(context: UnitContext) -> Verdict:
    """Its DENY on the leaving side stands again."""
    if not not_held(context, context.leaving, return_denies(context)):
        return PASS
    text = f"denying the return mirror's writes on the {context.leaving}"
    return wait(Reason.BACKING_OUT, text)


def return_mirror_is_accepted(context: UnitContext) -> Verdict:
    """Proven at each leader of the leaving side."""
    probes = context.facts[facts.RETURN_MIRROR_PROBES]
    if probes and refused_everywhere(probes) is None:
        return PASS
    text = f"proving that the {context.leaving} refuses the return mirror"
    return wait(Reason.BACKING_OUT, text)


def a_copy_may_exist(context: UnitContext) -> Verdict:
    """The entering side still ends at T, HW == LSO: no record beyond it, so none was copied."""
    ends, wanted = context.facts[facts.ENTERING_ENDS].ends, entering_ends(context)
    grown = sorted(p for p, end in wanted.items() if ends.high.get(p) != end)
    if grown:
        text = (
            f"{grown[0]} on the {context.entering} ends at {ends.high.get(grown[0])}, not at "
            f"{wanted[grown[0]]}: the return mirror may have copied what is beyond; holding with "
            f"both sides closed: find who wrote on the {context.entering}, and ask for help"
        )
        return fail([Problem(Reason.RETURN_COPY_EXISTS, f"partition/{grown[0]}", text)])
    if context.facts[facts.ENTERING_ENDS].stable_seconds > 0:
        return wait(Reason.BACKING_OUT, "recording that nothing was copied back")
    return wait(Reason.BACKING_OUT, f"reading the {context.entering}'s end twice")


def record(context: UnitContext) -> Asked | None:
    """Decided once, before any lift."""
    if context.facts[facts.ENTERING_ENDS].stable_seconds > 0:
        return context.entry(EntryKind.NO_COPY, {})
    return None


TASKS: tuple[Task[UnitContext], ...] = (
    Task(
        "return mirror stopped",
        (facts.RETURN_CONNECTORS,),
        return_mirror_runs,
        return_mirror.stop,
        undecided,
    ),
    Task(
        "return mirror fenced",
        (facts.RETURN_CONNECTORS,),
        return_mirror_may_commit,
        fence,
        undecided,
    ),
    Task(
        "return mirror denied",
        (facts.LEAVING_ACLS, facts.REGISTER),
        return_mirror_may_write,
        return_mirror.deny,
        undecided,
    ),
    Task(
        "return mirror refused",
        (facts.RETURN_MIRROR_PROBES,),
        return_mirror_is_accepted,
        applies=undecided,
    ),
    Task("nothing came back", (facts.ENTERING_ENDS,), a_copy_may_exist, record, undecided),
)
