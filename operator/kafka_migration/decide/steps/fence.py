"""Fence: brokers refuse the applications' writes on the leaving side; F and D are read."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.steps import transactions
from kafka_migration.decide.steps.denies import fenced_principals, leaving_denies, not_held
from kafka_migration.decide.steps.preflight import settle_window
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind, encode_offsets
from kafka_migration.model.kafka import Probe, ProbeResult
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait


def fence_is_not_recorded(context: UnitContext) -> Verdict:
    """The intent is an entry before the first DENY."""
    if context.recorded(EntryKind.FENCING) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the fence")


def record_intent(context: UnitContext) -> Asked | None:
    """Topics and principals."""
    principals = sorted(fenced_principals(context, context.leaving))
    data = {"topics": list(context.writes), "principals": principals}
    return context.entry(EntryKind.FENCING, data)


def leaving_is_open(context: UnitContext) -> Verdict:
    """Every DENY is registered, in the brokers and read back."""
    if not not_held(context, context.leaving, leaving_denies(context)):
        return PASS
    return wait(Reason.NOT_FENCED, f"denying application writes on the {context.leaving}")


def close_leaving(context: UnitContext) -> Asked | None:
    """From here nobody has authority until Switch."""
    authority = tuple((topic, "none") for topic in context.writes)
    return HoldDenies(context.leaving, leaving_denies(context), authority)


def refused_everywhere(probes: tuple[Probe, ...]) -> Probe | None:
    """The first probe that is not DENIED; None = fenced at every leader."""
    return next((p for p in probes if p.result is not ProbeResult.DENIED), None)


def leaving_still_accepts(context: UnitContext) -> Verdict:
    """Each leader refuses each credential of the unit (oversized produce)."""
    probes = context.facts[facts.LEAVING_PROBES]
    leak = refused_everywhere(probes)
    if probes and leak is None:
        return PASS
    said = f"{leak.partition} at broker {leak.leader}: {leak.result} {leak.detail}" if leak else ""
    text = f"the {context.leaving} does not refuse the unit's writes yet: {said}"
    return wait(Reason.NOT_FENCED, text)


def ends_are_not_stable(context: UnitContext) -> Verdict:
    """HW == LSO, ISR good and nothing moved for the whole settle window."""
    settled = context.facts[facts.LEAVING_ENDS]
    window = settle_window(context)
    if settled.stable_seconds >= window:
        return PASS
    open_at = [p for p, hw in settled.ends.high.items() if settled.ends.stable.get(p) != hw]
    if open_at:
        text = (
            f"{open_at[0]}: a transaction that no id of spec.fence.transactionalIds ends is open "
            f"from offset {settled.ends.stable.get(open_at[0])} on (LSO below the high watermark); "
            "waiting for it to end; abort it (kafka-transactions.sh), and name its id there if it "
            "is the unit's own"
        )
        return wait(Reason.OPEN_TRANSACTION, text)
    if settled.under_replicated:
        text = f"{settled.under_replicated[0]} has fewer in-sync replicas than it needs"
        return wait(Reason.NOT_FENCED, text)
    text = f"fenced ends still for {settled.stable_seconds:.1f} of {window:.1f} s"
    return wait(Reason.PROGRESSING, text)


def fence_is_not_measured(context: UnitContext) -> Verdict:
    """F and D are an entry."""
    if context.recorded(EntryKind.FENCED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the fenced ends")


def record_ends(context: UnitContext) -> Asked | None:
    """F = HW == LSO, D = last data record below it, topic ids."""
    topics = context.facts[facts.LEAVING_TOPICS]
    data = {
        "F": encode_offsets(context.facts[facts.LEAVING_ENDS].ends.high),
        "D": encode_offsets(context.facts[facts.LEAVING_LAST_DATA]),
        "ids": {t: topics[t].topic_id for t in context.writes},
        "windowSeconds": round(settle_window(context), 3),
    }
    return context.entry(EntryKind.FENCED, data)


_ENDS = (facts.LEAVING_ENDS, facts.LEAVING_TOPICS, facts.LEAVING_CLUSTER)
TASKS: tuple[Task[UnitContext], ...] = (
    Task("intent recorded", (), fence_is_not_recorded, record_intent, moves_authority),
    Task(
        "leaving closed",
        (facts.LEAVING_ACLS, facts.REGISTER),
        leaving_is_open,
        close_leaving,
        moves_authority,
    ),
    Task(
        "leaving refuses", (facts.LEAVING_PROBES,), leaving_still_accepts, applies=moves_authority
    ),
    transactions.ENDED,
    Task("ends stable", _ENDS, ends_are_not_stable, applies=moves_authority),
    Task(
        "ends recorded",
        (*_ENDS, facts.LEAVING_LAST_DATA),
        fence_is_not_measured,
        record_ends,
        moves_authority,
    ),
)
