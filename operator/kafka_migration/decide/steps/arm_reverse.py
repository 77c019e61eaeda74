"""ArmReverse: the return mirror is set to T-1, freed, and proven free (protocol 3.8).

With replication.reverse Disabled there is nothing to arm; the row keeps its place. What counts is
the newest of two entries of the leg: Arming (the PATCH may be under way) or Freeing (it answered,
and the stored offsets read back equal). RUNNING proves nothing.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.steps import return_mirror
from kafka_migration.decide.steps.denies import not_lifted, return_denies
from kafka_migration.decide.steps.return_mirror import comes_back, found
from kafka_migration.decide.steps.seam import entering_ends, return_offsets
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import AlterOffsets, LiftDenies, ResumeConnector
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind, encode_offsets
from kafka_migration.model.kafka import Offsets, ProbeResult
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait

# A PATCH without an answer may still be carried out so long after it (protocol 5.3).
LATE_PATCH_SECONDS = 90.0


def wanted_offsets(context: UnitContext) -> Offsets:
    """T-1 of this leg's seam."""
    return return_offsets(entering_ends(context))


def _stored(context: UnitContext) -> Offsets:
    stored = context.facts[facts.RETURN_OFFSETS].get(context.return_connector)
    return stored.offsets if stored else {}


def _newest_is_freeing(context: UnitContext) -> bool:
    kinds = [
        e.kind
        for e in context.journal.entries
        if (e.attempt, e.direction) == (context.attempt, context.direction)
        and e.kind in (EntryKind.ARMING, EntryKind.FREEING)
    ]
    return bool(kinds) and kinds[-1] is EntryKind.FREEING


def arming(context: UnitContext) -> bool:
    """The PATCH of this leg is not known to have answered."""
    return comes_back(context) and not _newest_is_freeing(context)


def connect_is_unread(_context: UnitContext) -> Verdict:
    """Passes as soon as Connect was read: the tasks after it look."""
    return PASS


def arming_is_not_recorded(context: UnitContext) -> Verdict:
    """The intent to PATCH is an entry; offsets that moved since the answer need another one."""
    recorded = context.recorded(EntryKind.ARMING) is not None
    if recorded and arming(context):
        return PASS
    if recorded and dict(_stored(context)) == dict(wanted_offsets(context)):
        return PASS
    return wait(Reason.PROGRESSING, "recording where the return mirror goes on")


def record_arming(context: UnitContext) -> Asked | None:
    """The vector that will be stored."""
    offsets = encode_offsets(dict(wanted_offsets(context)))
    return context.entry(EntryKind.ARMING, {"offsets": offsets})


def _patch(context: UnitContext) -> AlterOffsets:
    wanted = wanted_offsets(context)
    every = sorted({*wanted, *context.partitions(context.writes)})
    offsets = tuple((partition, wanted.get(partition)) for partition in every)
    return AlterOffsets(context.homeward, context.return_connector, offsets)


def offsets_are_not_set(context: UnitContext) -> Verdict:
    """PATCHed by this process since the entry, and read back equal key for key."""
    equal = dict(_stored(context)) == dict(wanted_offsets(context))
    if equal and _patch(context) in context.answered:
        return PASS
    return wait(Reason.PROGRESSING, "setting the return mirror to the end of what was copied")


def set_offsets(context: UnitContext) -> Asked | None:
    """All keys; an empty log gets no entry."""
    return _patch(context)


def freeing_is_not_recorded(_context: UnitContext) -> Verdict:
    """The answer, and the intent to free: from here on a back-out looks for copies."""
    return wait(Reason.PROGRESSING, "recording that the return mirror is armed")


def record_freeing(context: UnitContext) -> Asked | None:
    """Whether a PATCH without an answer, ours or an earlier process's, may still arrive."""
    quiet = context.facts[facts.PATCH_QUIET_SECONDS]
    return context.entry(EntryKind.FREEING, {"late": quiet < LATE_PATCH_SECONDS})


def return_mirror_is_denied(context: UnitContext) -> Verdict:
    """The return mirror's DENY is gone from the brokers and lifted in the register."""
    if not not_lifted(context, context.leaving, return_denies(context)):
        return PASS
    return wait(Reason.PROGRESSING, f"freeing the return mirror on the {context.leaving}")


def free(context: UnitContext) -> Asked | None:
    """Applications stay denied there."""
    return LiftDenies(context.leaving, return_denies(context))


def leaving_refuses_the_mirror(context: UnitContext) -> Verdict:
    """Each leader of the leaving side accepts the return mirror's credential."""
    probes = context.facts[facts.RETURN_MIRROR_PROBES]
    bad = [p for p in probes if p.result is not ProbeResult.ALLOWED]
    if probes and not bad:
        return PASS
    said = f"{bad[0].partition}: {bad[0].result} {bad[0].detail}" if bad else "no probe"
    text = f"the {context.leaving} does not accept the return mirror yet ({said})"
    return wait(Reason.NOT_AUTHORIZED, text)


def may_resume(context: UnitContext) -> bool:
    """Nothing that an earlier process sent can set the stored offsets back any more."""
    freeing = context.recorded(EntryKind.FREEING)
    if freeing is None:
        return False
    return not freeing["late"] or context.elapsed.since_freeing >= LATE_PATCH_SECONDS


def resume_was_not_sent(context: UnitContext) -> Verdict:
    """Sent once and not awaited: the stored offsets protect, Observe looks after it."""
    own = found(context)
    if not may_resume(context) or own is None or own.state != "STOPPED":
        return PASS
    if context.failure is not None or _resume(context) in context.answered:
        return PASS
    return wait(Reason.PROGRESSING, "letting the return mirror run")


def _resume(context: UnitContext) -> ResumeConnector:
    return ResumeConnector(context.homeward, context.return_connector)


def resume(context: UnitContext) -> Asked | None:
    """From T-1 on."""
    return _resume(context)


_CONNECT = (facts.RETURN_CONNECTORS, facts.RETURN_OFFSETS)
TASKS: tuple[Task[UnitContext], ...] = (
    Task("return mirror read", _CONNECT, connect_is_unread, applies=comes_back),
    Task("intent recorded", _CONNECT, arming_is_not_recorded, record_arming, comes_back),
    Task(
        "return mirror stopped",
        (facts.RETURN_CONNECTORS,),
        return_mirror.runs,
        return_mirror.stop,
        arming,
    ),
    Task("offsets set", _CONNECT, offsets_are_not_set, set_offsets, arming),
    Task(
        "answer recorded",
        (facts.PATCH_QUIET_SECONDS,),
        freeing_is_not_recorded,
        record_freeing,
        arming,
    ),
    Task(
        "return mirror free",
        (facts.LEAVING_ACLS, facts.REGISTER),
        return_mirror_is_denied,
        free,
        comes_back,
    ),
    Task(
        "return mirror accepted",
        (facts.RETURN_MIRROR_PROBES,),
        leaving_refuses_the_mirror,
        applies=comes_back,
    ),
    Task(
        "return mirror resumed",
        (facts.RETURN_CONNECTORS,),
        resume_was_not_sent,
        resume,
        comes_back,
    ),
)
