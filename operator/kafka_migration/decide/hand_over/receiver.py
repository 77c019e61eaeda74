"""The receiver's side of a hand-over: created STOPPED, given its offsets, then resumed."""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.hand_over.subject import (
    may_have_run,
    moved_offsets,
    receiver,
    stored_offsets,
    the,
)
from kafka_migration.decide.rules import copying
from kafka_migration.decide.stages.mirror_care import partitions, running
from kafka_migration.model import facts
from kafka_migration.model.actions import AlterOffsets, CreateConnector, ResumeConnector, Work
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

LATE_PATCH_SECONDS = 90.0  # a worker gives up on a request of ours after as long


def receiver_is_missing(context: MigrationContext) -> Verdict:
    """It exists (created STOPPED)."""
    if receiver(context) is not None:
        return PASS
    return wait(Reason.PROGRESSING, f"creating mirror {the(context).receiver}")


def create_receiver(context: MigrationContext) -> Work | None:
    """With exactly the unit's topics."""
    topics = the(context).topics
    reset = copying.offset_reset(partitions(context, frozenset(topics)), moved_offsets(context))
    return CreateConnector("forward", the(context).receiver, topics, reset)


def receiver_is_silent(context: MigrationContext) -> Verdict:
    """Connect says in which state it is: a restarting worker lists it without one.

    Whether it has run decides what may be done to it; not known is not "it has".
    """
    mirror = receiver(context)
    if mirror is None or mirror.state != "UNASSIGNED":
        return PASS
    return wait(Reason.CONNECT_NOT_READY, f"Connect does not tell the state of {mirror.name} yet")


def has_run(context: MigrationContext) -> bool:
    """It was resumed, or its resume was meant: its own offsets count from here."""
    mirror = receiver(context)
    return may_have_run(context) or (mirror is not None and mirror.state != "STOPPED")


def went_on(context: MigrationContext) -> bool:
    """It stored more than it was given, so it has run, whatever state it is in now."""
    given = moved_offsets(context)
    stored = stored_offsets(context, the(context).receiver)
    return any(offset > given.get(partition, -1) for partition, offset in stored.items())


def receiver_offsets_differ(context: MigrationContext) -> Verdict:
    """GET equals the entry, key for key; a receiver that has run is never PATCHed again.

    Written by an act that this process saw answered: another one may still be on its way.
    """
    if has_run(context) or went_on(context):
        return PASS
    moved = moved_offsets(context)
    equal = dict(stored_offsets(context, the(context).receiver)) == dict(moved)
    if equal and (not moved or patch_receiver(context) in context.answered):
        return PASS
    return wait(Reason.PROGRESSING, "giving the receiver its offsets")


def patch_receiver(context: MigrationContext) -> Work | None:
    """All keys of the unit's topics, again until it is answered."""
    return AlterOffsets(
        "forward", the(context).receiver, tuple(sorted(moved_offsets(context).items()))
    )


def a_patch_may_still_come(context: MigrationContext) -> Verdict:
    """After a PATCH without an answer nobody runs on what it writes for a while (5.3)."""
    if context.facts[facts.PATCH_QUIET_SECONDS] >= LATE_PATCH_SECONDS:
        return PASS
    text = f"waiting {LATE_PATCH_SECONDS:.0f} s for a change of offsets that was not answered"
    return wait(Reason.PROGRESSING, text)


def resume_is_not_recorded(context: MigrationContext) -> Verdict:
    """From this entry on nothing is PATCHed, read again or taken back."""
    if may_have_run(context):
        return PASS
    return wait(Reason.PROGRESSING, f"recording that {the(context).receiver} may run")


def record_resume(context: MigrationContext) -> Work | None:
    """Before the first resume."""
    return Entry(EntryKind.HAND_OVER_RESUMING, 1, {"unit": the(context).unit})


def receiver_rests(context: MigrationContext) -> Verdict:
    """It runs; only if no other mirror lists one of its topics."""
    mirror = receiver(context)
    if mirror is None:
        return wait(Reason.PROGRESSING, "creating the receiver")
    every = context.facts[facts.CONNECTORS].values()
    double = [c.name for c in every if c.name != mirror.name and c.topics & mirror.topics]
    if double:
        text = f"mirrors {', '.join(double)} list the same topics; set them back"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{mirror.name}", text)])
    return running(mirror)


def resume_receiver(context: MigrationContext) -> Work | None:
    """After every check above."""
    mirror = receiver(context)
    if mirror is None or mirror.state == "RUNNING":
        return None
    return ResumeConnector("forward", mirror.name)
