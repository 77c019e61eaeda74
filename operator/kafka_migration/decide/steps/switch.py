"""Switch: one last look, the entry, the lift, the binding. Its entry is the point of no return."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority, moves_groups
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.steps.catch_up import copied, grown, mirror_runs
from kafka_migration.decide.steps.denies import (
    leaving_denies,
    lifted_at_switch,
    not_held,
    not_lifted,
    onward_denies,
)
from kafka_migration.decide.steps.drain import pods_are_left
from kafka_migration.decide.steps.seam import copied_to, entering_ends, fenced_ends
from kafka_migration.decide.steps.settle import groups_have_members
from kafka_migration.decide.steps.translate_offsets import (
    commits_are_not_written,
    positions_moved,
)
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import LiftDenies, WriteBinding
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import ProbeResult
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Kind, Problem, Verdict, fail, wait


def undecided(context: UnitContext) -> bool:
    """The Switch entry of this attempt is not written yet."""
    return context.recorded(EntryKind.SWITCH) is None


def passing_on(context: UnitContext) -> bool:
    """The register names the entering side: it does so before the first DENY is lifted."""
    register = context.facts[facts.REGISTER]
    return all(fences.authority(register, t) == context.entering for t in context.writes)


def unlifted(context: UnitContext) -> bool:
    """Authority moves and a DENY of the unit still stands: every tick looks again (3.9).

    Also when the lift was registered and the operator died before it was made.
    """
    if not moves_authority(context):
        return False
    present = set(context.facts[facts.ENTERING_ACLS])
    return not passing_on(context) or bool(present & set(lifted_at_switch(context)))


def groups_may_come_back(context: UnitContext) -> bool:
    """Groups move; their positions count until the entry, and until the lift that follows it."""
    return moves_groups(context) and still_before_the_lift(context)


def register_is_unread(_context: UnitContext) -> Verdict:
    """Passes as soon as register and ACLs were read: the tasks after it ask whom they concern."""
    return PASS


def still_before_the_lift(context: UnitContext) -> bool:
    """No pod may run before the lift, with or without the entry."""
    return undecided(context) or unlifted(context)


def _settled(verdict: Verdict, what: str) -> Verdict:
    """At the last look nothing may still be under way: Wait becomes a reason to back out."""
    if verdict.kind is not Kind.WAIT:
        return verdict
    text = f"last look before the switch: {verdict.message}: back out"
    return fail([Problem(verdict.reason, what, text)])


def pods_came_back(context: UnitContext) -> Verdict:
    """No pod of the unit runs."""
    return _settled(pods_are_left(context), "workloads")


def groups_came_back(context: UnitContext) -> Verdict:
    """Groups are empty, and their commits on both sides are the recorded ones."""
    for verdict in (groups_have_members(context), commits_are_not_written(context)):
        if verdict.kind is not Kind.PASS:
            return _settled(verdict, "groups")
    return positions_moved(context)


def fences_are_lost(context: UnitContext) -> Verdict:
    """Every DENY on both sides is in the brokers and in the register.

    The unit's own on the entering side count only until their lift is registered.
    """
    own = () if passing_on(context) else lifted_at_switch(context)
    from_entering = (*onward_denies(context), *own)
    lost = [
        side
        for side, wanted in (
            (context.leaving, leaving_denies(context)),
            (context.entering, tuple(from_entering)),
        )
        if not_held(context, side, wanted)
    ]
    return fail(
        Problem(Reason.FENCE_LOST, f"cluster/{s}", f"a DENY of ours is gone on the {s}: back out")
        for s in lost
    )


def mirror_came_back(context: UnitContext) -> Verdict:
    """The mirror is STOPPED and its stored offsets are C."""
    stopped = _settled(mirror_runs(context), f"connector/{context.onward_connector}")
    if stopped.kind is not Kind.PASS:
        return stopped
    if dict(copied(context)) == dict(copied_to(context)):
        return PASS
    text = "the mirror's stored offsets changed since they were recorded: back out"
    return fail([Problem(Reason.GAP_DETECTED, f"connector/{context.onward_connector}", text)])


def a_log_grew(context: UnitContext) -> Verdict:
    """No record beyond F on the leaving side, none beyond T on the entering one; same topics."""
    problems = [
        Problem(
            Reason.FENCE_LOST, f"partition/{p}", f"{p} on the {side}: {was} became {now}: back out"
        )
        for side, wanted, seen in (
            (context.leaving, fenced_ends(context), context.facts[facts.LEAVING_ENDS].ends),
            (
                context.entering,
                entering_ends(context),
                context.facts[facts.ENTERING_ENDS].ends,
            ),
        )
        for p, was in wanted.items()
        if (now := seen.high.get(p)) != was
    ]
    fenced = context.recorded(EntryKind.FENCED) or {"ids": {}}
    caught_up = context.recorded(EntryKind.CAUGHT_UP) or {"ids": {}}
    for ids, fact in (
        (fenced["ids"], facts.LEAVING_TOPICS),
        (caught_up["ids"], facts.ENTERING_TOPICS),
    ):
        seen_topics = context.facts[fact]
        problems += [
            Problem(Reason.TOPIC_RECREATED, f"topic/{t}", f"topic {t} was re-created: back out")
            for t, topic_id in ids.items()
            if t not in seen_topics or seen_topics[t].topic_id != topic_id
        ]
        problems += grown(context, seen_topics)
    return fail(problems)


def switch_is_not_recorded(context: UnitContext) -> Verdict:
    """The point of no return of this attempt."""
    if not undecided(context):
        return PASS
    return wait(Reason.PROGRESSING, "recording the switch")


def record(context: UnitContext) -> Asked | None:
    """From here hold, or roll back through the mirrored pipeline."""
    data = {"topics": list(context.writes), "from": context.leaving, "to": context.entering}
    return context.entry(EntryKind.SWITCH, data)


def entering_is_closed(context: UnitContext) -> Verdict:
    """The unit's DENYs are gone from the brokers and lifted in the register."""
    if not not_lifted(context, context.entering, lifted_at_switch(context)):
        return PASS
    return wait(Reason.PROGRESSING, f"lifting the fence on the {context.entering}")


def open_entering(context: UnitContext) -> Asked | None:
    """Authority passes to the entering side, registered before the first lift."""
    authority = tuple((topic, context.entering) for topic in context.writes)
    return LiftDenies(context.entering, lifted_at_switch(context), authority)


def entering_still_refuses(context: UnitContext) -> Verdict:
    """Each leader accepts each credential of the unit."""
    probes = context.facts[facts.ENTERING_PROBES]
    bad = [p for p in probes if p.result is not ProbeResult.ALLOWED]
    if probes and not bad:
        return PASS
    said = f"{bad[0].partition}: {bad[0].result} {bad[0].detail}" if bad else "no probe"
    text = f"the {context.entering} does not accept the unit's writes yet ({said})"
    return wait(Reason.NOT_AUTHORIZED, text)


def _unflipped(context: UnitContext) -> str | None:
    for workload in context.spec.workloads:
        if context.facts[facts.BINDINGS][workload.name].matches != context.entering:
            return workload.name
    return None


def binding_points_back(context: UnitContext) -> Verdict:
    """Every binding Secret holds the entering side's connection, read back."""
    name = _unflipped(context)
    if name is None:
        return PASS
    text = f"pointing the binding of {name} to the {context.entering}"
    return wait(Reason.PROGRESSING, text)


def flip(context: UnitContext) -> Asked | None:
    """One Secret at a time; no pod runs."""
    name = _unflipped(context)
    return WriteBinding(name, context.entering) if name else None


# A failure of one of these before the lift voids the switch, even after its entry.
LAST_LOOK = frozenset(
    {"no pods", "groups as recorded", "fences held", "mirror stopped", "logs unchanged"}
)
TASKS: tuple[Task[UnitContext], ...] = (
    Task("register read", (facts.REGISTER, facts.ENTERING_ACLS), register_is_unread),
    Task("no pods", (facts.WORKLOADS,), pods_came_back, applies=still_before_the_lift),
    Task(
        "groups as recorded",
        (facts.LEAVING_GROUPS, facts.LEAVING_COMMITS, facts.ENTERING_COMMITS),
        groups_came_back,
        applies=groups_may_come_back,
    ),
    Task(
        "fences held",
        (facts.LEAVING_ACLS, facts.ENTERING_ACLS, facts.REGISTER),
        fences_are_lost,
        applies=unlifted,
    ),
    Task(
        "mirror stopped",
        (facts.ONWARD_CONNECTORS, facts.ONWARD_OFFSETS),
        mirror_came_back,
        applies=unlifted,
    ),
    Task(
        "logs unchanged",
        (facts.LEAVING_ENDS, facts.ENTERING_ENDS, facts.LEAVING_TOPICS, facts.ENTERING_TOPICS),
        a_log_grew,
        applies=unlifted,
    ),
    Task("recorded", (), switch_is_not_recorded, record),
    Task(
        "entering open",
        (facts.ENTERING_ACLS, facts.REGISTER),
        entering_is_closed,
        open_entering,
        moves_authority,
    ),
    Task(
        "entering accepts",
        (facts.ENTERING_PROBES,),
        entering_still_refuses,
        applies=moves_authority,
    ),
    Task("binding flipped", (facts.BINDINGS,), binding_points_back, flip),
)
