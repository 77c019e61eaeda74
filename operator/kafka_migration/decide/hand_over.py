"""Carving a unit's topics out of the bulk mirror: the migration's own work (protocol 5.2-5.4).

Order: stop the giver, null-PATCH it, read its offsets, entry; create the receiver STOPPED, PATCH,
read back; take the topics from the giver, null its keys; resume receiver, then giver. One
hand-over at a time; every step is seen in Connect, so that a restart goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import names
from kafka_migration.decide.stages.replicating import bulk_topics, running
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import (
    AlterOffsets,
    ConfigureConnector,
    CreateConnector,
    DeleteConnector,
    FenceMirror,
    ResumeConnector,
    StopConnector,
    Work,
)
from kafka_migration.model.connect import Connector
from kafka_migration.model.entries import Entry, EntryKind, decode_offsets, encode_offsets
from kafka_migration.model.facts import UnitView
from kafka_migration.model.kafka import Offsets
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


@dataclass(frozen=True)
class HandOver:
    """One hand-over: which unit receives which topics under which connector name."""

    unit: str  # uid
    receiver: str
    topics: tuple[str, ...]


def _open_entry(context: MigrationContext) -> Mapping[str, Any] | None:
    done = {e.data["unit"] for e in context.journal.of(EntryKind.HAND_OVER_DONE)}
    for entry in context.journal.of(EntryKind.HAND_OVER_BEGAN):
        if entry.data["unit"] not in done:
            return entry.data
    return None


def _asking(context: MigrationContext, unit: UnitView) -> bool:
    served = {e.data["unit"] for e in context.journal.of(EntryKind.HAND_OVER_BEGAN)}
    waits = unit.loaded.status.get("waitingFor") == Reason.WAITING_FOR_HAND_OVER.value
    return waits and unit.loaded.uid not in served and not unit.loaded.deleting


def current(context: MigrationContext) -> HandOver | None:
    """The open hand-over, else the first unit that asks (by wave, then name)."""
    begun = _open_entry(context)
    if begun is not None:
        return HandOver(begun["unit"], begun["receiver"], tuple(begun["topics"]))
    asking = [u for u in context.facts[facts.UNITS] if _asking(context, u)]
    if not asking:
        return None
    unit = min(asking, key=lambda u: (u.loaded.spec.get("wave", 0), str(u.loaded.key)))
    uid = unit.loaded.uid
    receiver = f"kmig-{context.short_uid}-unit-{uid.replace('-', '')[:8]}"
    return HandOver(uid, receiver, tuple(sorted(unit.loaded.spec["topics"]["writes"])))


def wanted(context: MigrationContext) -> bool:
    """There is a hand-over to do; only after replication was started."""
    return (
        context.journal.last(EntryKind.REPLICATION_STARTED) is not None
        and current(context) is not None
    )


def _the(context: MigrationContext) -> HandOver:
    hand_over = current(context)
    if hand_over is None:
        raise ValueError("a hand-over task ran without a hand-over")
    return hand_over


def _giver(context: MigrationContext) -> Connector | None:
    return context.facts[facts.CONNECTORS].get(names.bulk_connector(context.short_uid))


def _receiver(context: MigrationContext) -> Connector | None:
    return context.facts[facts.CONNECTORS].get(_the(context).receiver)


def _stored(context: MigrationContext, connector: str) -> Offsets:
    offsets = context.facts[facts.MIRROR_OFFSETS].get(connector)
    return offsets.offsets if offsets else {}


def _entry(context: MigrationContext, kind: EntryKind) -> Mapping[str, Any] | None:
    unit = _the(context).unit
    for entry in context.journal.of(kind):
        if entry.data["unit"] == unit:
            return entry.data
    return None


def _recorded(context: MigrationContext) -> Offsets:
    data = _entry(context, EntryKind.HAND_OVER_OFFSETS)
    return decode_offsets(data["offsets"]) if data else {}


def _moved(context: MigrationContext) -> Offsets:
    topics = set(_the(context).topics)
    return {p: o for p, o in _recorded(context).items() if p.topic in topics}


def is_not_begun(context: MigrationContext) -> Verdict:
    """The intent is an entry before the giver is stopped; topics must be the giver's."""
    if _open_entry(context) is not None:
        return PASS
    foreign = sorted(set(_the(context).topics) - set(bulk_topics(context)))
    if foreign:
        text = f"topics {', '.join(foreign)} are not in the bulk mirror; another unit has them"
        return fail([Problem(Reason.UNIT_OVERLAP, f"topic/{foreign[0]}", text)])
    return wait(Reason.PROGRESSING, f"handing over {', '.join(_the(context).topics[:3])}")


def begin(context: MigrationContext) -> Work | None:
    """Who receives what."""
    hand_over = _the(context)
    data = {
        "unit": hand_over.unit,
        "receiver": hand_over.receiver,
        "topics": list(hand_over.topics),
    }
    return Entry(EntryKind.HAND_OVER_BEGAN, 1, data)


def unread(context: MigrationContext) -> bool:
    """The giver's offsets are not an entry yet."""
    return _entry(context, EntryKind.HAND_OVER_OFFSETS) is None


def giver_runs(context: MigrationContext) -> Verdict:
    """STOPPED without tasks."""
    giver = _giver(context)
    if giver is None:
        text = "the bulk mirror is gone before its offsets were read; restore it"
        return fail([Problem(Reason.TASK_FAILED, "connector/bulk", text)])
    if giver.state == "STOPPED" and not giver.tasks:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping mirror {giver.name}")


def stop_giver(context: MigrationContext) -> Work | None:
    """Sent again whenever it reads otherwise."""
    giver = _giver(context)
    return StopConnector(giver.name) if giver and giver.state != "STOPPED" else None


def giver_may_commit(context: MigrationContext) -> Verdict:
    """Its last producers are fenced."""
    if FenceMirror(names.bulk_connector(context.short_uid)) in context.answered:
        return PASS
    return wait(Reason.PROGRESSING, "fencing the bulk mirror's producers")


def fence_giver(context: MigrationContext) -> Work | None:
    """Null-PATCH."""
    return FenceMirror(names.bulk_connector(context.short_uid))


def offsets_are_not_recorded(_context: MigrationContext) -> Verdict:
    """Offsets are an entry before anything is moved."""
    return wait(Reason.PROGRESSING, "recording the bulk mirror's offsets")


def record_offsets(context: MigrationContext) -> Work | None:
    """All of the giver's stored offsets."""
    stored = _stored(context, names.bulk_connector(context.short_uid))
    data = {"unit": _the(context).unit, "offsets": encode_offsets(dict(stored))}
    return Entry(EntryKind.HAND_OVER_OFFSETS, 1, data)


def receiver_is_missing(context: MigrationContext) -> Verdict:
    """It exists (created STOPPED)."""
    if _receiver(context) is not None:
        return PASS
    return wait(Reason.PROGRESSING, f"creating mirror {_the(context).receiver}")


def create_receiver(context: MigrationContext) -> Work | None:
    """With exactly the unit's topics."""
    return CreateConnector(_the(context).receiver, _the(context).topics)


def _has_run(context: MigrationContext) -> bool:
    receiver = _receiver(context)
    return receiver is not None and receiver.state != "STOPPED"


def receiver_offsets_differ(context: MigrationContext) -> Verdict:
    """GET equals the entry, key for key; a receiver that has run is never PATCHed again."""
    if _has_run(context):
        return PASS
    if dict(_stored(context, _the(context).receiver)) == dict(_moved(context)):
        return PASS
    return wait(Reason.PROGRESSING, "giving the receiver its offsets")


def patch_receiver(context: MigrationContext) -> Work | None:
    """All keys of the unit's topics."""
    return AlterOffsets(_the(context).receiver, tuple(sorted(_moved(context).items())))


def _kept(context: MigrationContext) -> tuple[str, ...]:
    return bulk_topics(context)


def giver_still_lists_topics(context: MigrationContext) -> Verdict:
    """The giver's config, read back, lists none of the moved topics (or it is gone)."""
    giver = _giver(context)
    if giver is None or giver.topics == frozenset(_kept(context)):
        return PASS
    return wait(Reason.PROGRESSING, "taking the topics from the bulk mirror")


def configure_giver(context: MigrationContext) -> Work | None:
    """PUT without the topics; a giver that would keep none is deleted (an empty list is all)."""
    name = names.bulk_connector(context.short_uid)
    kept = _kept(context)
    return ConfigureConnector(name, kept) if kept else DeleteConnector(name)


def giver_keeps_keys(context: MigrationContext) -> Verdict:
    """The giver's stored keys of the moved topics are gone."""
    topics = set(_the(context).topics)
    stored = _stored(context, names.bulk_connector(context.short_uid))
    if _giver(context) is None or not any(p.topic in topics for p in stored):
        return PASS
    return wait(Reason.PROGRESSING, "removing the moved offsets from the bulk mirror")


def null_keys(context: MigrationContext) -> Work | None:
    """Last of all, after the config was read back."""
    topics = set(_the(context).topics)
    stored = _stored(context, names.bulk_connector(context.short_uid))
    gone = tuple((p, None) for p in sorted(stored) if p.topic in topics)
    return AlterOffsets(names.bulk_connector(context.short_uid), gone)


def receiver_rests(context: MigrationContext) -> Verdict:
    """It runs; only if no other mirror lists one of its topics."""
    receiver = _receiver(context)
    if receiver is None:
        return wait(Reason.PROGRESSING, "creating the receiver")
    every = context.facts[facts.CONNECTORS].values()
    double = [c.name for c in every if c.name != receiver.name and c.topics & receiver.topics]
    if double:
        text = f"mirrors {', '.join(double)} list the same topics; set them back"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{receiver.name}", text)])
    return running(receiver)


def resume_receiver(context: MigrationContext) -> Work | None:
    """After every check above."""
    receiver = _receiver(context)
    if receiver is None or receiver.state == "RUNNING":
        return None
    return ResumeConnector(receiver.name)


def giver_rests(context: MigrationContext) -> Verdict:
    """It runs again, if it kept anything."""
    giver = _giver(context)
    return PASS if giver is None else running(giver)


def resume_giver(context: MigrationContext) -> Work | None:
    """With the topics that it keeps."""
    giver = _giver(context)
    return ResumeConnector(giver.name) if giver and giver.state == "STOPPED" else None


def end_is_not_recorded(_context: MigrationContext) -> Verdict:
    """The hand-over is over when it is an entry."""
    return wait(Reason.PROGRESSING, "recording the end of the hand-over")


def record_end(context: MigrationContext) -> Work | None:
    """The unit has its mirror."""
    return Entry(EntryKind.HAND_OVER_DONE, 1, {"unit": _the(context).unit})


_CONNECT = (facts.UNITS, facts.CONNECTORS)
_OFFSETS = (facts.UNITS, facts.CONNECTORS, facts.MIRROR_OFFSETS)
_STEPS: tuple[Task[MigrationContext], ...] = (
    Task("begun", (facts.UNITS,), is_not_begun, begin),
    Task("giver stopped", _CONNECT, giver_runs, stop_giver, unread),
    Task("giver fenced", (facts.UNITS,), giver_may_commit, fence_giver, unread),
    Task("offsets recorded", _OFFSETS, offsets_are_not_recorded, record_offsets, unread),
    Task("receiver exists", _CONNECT, receiver_is_missing, create_receiver),
    Task("receiver's offsets", _OFFSETS, receiver_offsets_differ, patch_receiver),
    Task("giver without topics", _CONNECT, giver_still_lists_topics, configure_giver),
    Task("giver without keys", _OFFSETS, giver_keeps_keys, null_keys),
    Task("receiver runs", _CONNECT, receiver_rests, resume_receiver),
    Task("giver runs", _CONNECT, giver_rests, resume_giver),
    Task("ended", (facts.UNITS,), end_is_not_recorded, record_end),
)
TASKS: tuple[Task[MigrationContext], ...] = _STEPS
