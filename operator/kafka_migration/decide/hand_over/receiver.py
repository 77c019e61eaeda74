"""The receiver's side of a hand-over: created STOPPED, given its offsets, then resumed."""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.hand_over.subject import moved_offsets, receiver, stored_offsets, the
from kafka_migration.decide.stages.replicating import running
from kafka_migration.model import facts
from kafka_migration.model.actions import AlterOffsets, CreateConnector, ResumeConnector, Work
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def receiver_is_missing(context: MigrationContext) -> Verdict:
    """It exists (created STOPPED)."""
    if receiver(context) is not None:
        return PASS
    return wait(Reason.PROGRESSING, f"creating mirror {the(context).receiver}")


def create_receiver(context: MigrationContext) -> Work | None:
    """With exactly the unit's topics."""
    return CreateConnector("forward", the(context).receiver, the(context).topics)


def receiver_is_silent(context: MigrationContext) -> Verdict:
    """Connect says in which state it is: a restarting worker lists it without one.

    Whether it has run decides what may be done to it; not known is not "it has".
    """
    mirror = receiver(context)
    if mirror is None or mirror.state != "UNASSIGNED":
        return PASS
    return wait(Reason.CONNECT_NOT_READY, f"Connect does not tell the state of {mirror.name} yet")


def has_run(context: MigrationContext) -> bool:
    """It was resumed: its own offsets count from here."""
    mirror = receiver(context)
    return mirror is not None and mirror.state != "STOPPED"


def _went_on(context: MigrationContext) -> bool:
    """It stored more than it was given, so it has run, whatever state it is in now."""
    given = moved_offsets(context)
    stored = stored_offsets(context, the(context).receiver)
    return any(offset > given.get(partition, -1) for partition, offset in stored.items())


def receiver_offsets_differ(context: MigrationContext) -> Verdict:
    """GET equals the entry, key for key; a receiver that has run is never PATCHed again."""
    if has_run(context) or _went_on(context):
        return PASS
    if dict(stored_offsets(context, the(context).receiver)) == dict(moved_offsets(context)):
        return PASS
    return wait(Reason.PROGRESSING, "giving the receiver its offsets")


def patch_receiver(context: MigrationContext) -> Work | None:
    """All keys of the unit's topics."""
    return AlterOffsets(
        "forward", the(context).receiver, tuple(sorted(moved_offsets(context).items()))
    )


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
