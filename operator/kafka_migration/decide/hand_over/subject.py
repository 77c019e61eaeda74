"""Which hand-over is under way, and what is recorded of it. Called by its siblings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import names
from kafka_migration.decide.rules.hand_overs import unfinished
from kafka_migration.decide.stages.replicating import bulk_topics
from kafka_migration.model import facts
from kafka_migration.model.actions import Work
from kafka_migration.model.connect import Connector
from kafka_migration.model.entries import Entry, EntryKind, decode_offsets
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


def _asking(context: MigrationContext, unit: UnitView) -> bool:
    served = {e.data["unit"] for e in context.journal.of(EntryKind.HAND_OVER_BEGAN)}
    waits = unit.loaded.status.get("waitingFor") == Reason.WAITING_FOR_HAND_OVER.value
    if not waits or unit.loaded.uid in served or unit.loaded.deleting:
        return False
    # What another unit has taken cannot be given: the unit says so, nobody else waits for it.
    return set(unit.loaded.spec["topics"].get("writes", ())) <= set(bulk_topics(context))


def current(context: MigrationContext) -> HandOver | None:
    """The open hand-over, else the first unit that asks (by wave, then name)."""
    begun = unfinished(context.journal)
    if begun is not None:
        return HandOver(begun["unit"], begun["receiver"], tuple(begun["topics"]))
    asking = [u for u in context.facts[facts.UNITS] if _asking(context, u)]
    if not asking:
        return None
    unit = min(asking, key=lambda u: (u.loaded.spec.get("wave", 0), str(u.loaded.key)))
    uid = unit.loaded.uid
    receiver = f"kmig-{context.short_uid}-unit-{uid.replace('-', '')[:8]}"
    return HandOver(uid, receiver, tuple(sorted(unit.loaded.spec["topics"]["writes"])))


def is_open(context: MigrationContext) -> bool:
    """A hand-over was begun and goes on before anything else."""
    return unfinished(context.journal) is not None


def wanted(context: MigrationContext) -> bool:
    """There is a hand-over to do; only after replication was started."""
    return (
        context.journal.last(EntryKind.REPLICATION_STARTED) is not None
        and current(context) is not None
    )


def the(context: MigrationContext) -> HandOver:
    """The open hand-over; a task never runs without one."""
    hand_over = current(context)
    if hand_over is None:
        raise ValueError("a hand-over task ran without a hand-over")
    return hand_over


def giver(context: MigrationContext) -> Connector | None:
    """The bulk mirror, if there is one."""
    return context.facts[facts.CONNECTORS].get(names.bulk_connector(context.short_uid))


def receiver(context: MigrationContext) -> Connector | None:
    """The unit's own mirror, if it exists."""
    return context.facts[facts.CONNECTORS].get(the(context).receiver)


def stored_offsets(context: MigrationContext, connector: str) -> Offsets:
    """Stored offsets of a mirror; none = nothing stored."""
    offsets = context.facts[facts.MIRROR_OFFSETS].get(connector)
    return offsets.offsets if offsets else {}


def recorded_data(context: MigrationContext, kind: EntryKind) -> Mapping[str, Any] | None:
    """Data of the newest entry of a kind of this hand-over."""
    unit = the(context).unit
    for entry in reversed(context.journal.of(kind)):
        if entry.data["unit"] == unit:
            return entry.data
    return None


def recorded_offsets(context: MigrationContext) -> Offsets:
    """The giver's offsets as recorded."""
    data = recorded_data(context, EntryKind.HAND_OVER_OFFSETS)
    return decode_offsets(data["offsets"]) if data else {}


def moved_offsets(context: MigrationContext) -> Offsets:
    """Recorded offsets of the unit's topics."""
    topics = set(the(context).topics)
    return {p: o for p, o in recorded_offsets(context).items() if p.topic in topics}


def is_not_begun(context: MigrationContext) -> Verdict:
    """The intent is an entry before the giver is stopped; topics must be the giver's."""
    if unfinished(context.journal) is not None:
        return PASS
    foreign = sorted(set(the(context).topics) - set(bulk_topics(context)))
    if foreign:
        text = f"topics {', '.join(foreign)} are not in the bulk mirror; another unit has them"
        return fail([Problem(Reason.UNIT_OVERLAP, f"topic/{foreign[0]}", text)])
    return wait(Reason.PROGRESSING, f"handing over {', '.join(the(context).topics[:3])}")


def begin(context: MigrationContext) -> Work | None:
    """Who receives what."""
    hand_over = the(context)
    data = {
        "unit": hand_over.unit,
        "receiver": hand_over.receiver,
        "topics": list(hand_over.topics),
    }
    return Entry(EntryKind.HAND_OVER_BEGAN, 1, data)


def was_read(context: MigrationContext) -> bool:
    """The giver's offsets are an entry."""
    return recorded_data(context, EntryKind.HAND_OVER_OFFSETS) is not None


def may_have_run(context: MigrationContext) -> bool:
    """The receiver's resume was meant: no offset is taken from an entry any more."""
    return recorded_data(context, EntryKind.HAND_OVER_RESUMING) is not None


def unread(context: MigrationContext) -> bool:
    """The giver's offsets are not an entry yet, or it went on after they became one.

    Of the topics that it gives; what it keeps it may copy on. The new entry then counts.
    """
    if not was_read(context):
        return True
    if may_have_run(context):
        return False
    stored = stored_offsets(context, names.bulk_connector(context.short_uid))
    moved, topics = moved_offsets(context), set(the(context).topics)
    return any(o > moved.get(p, -1) for p, o in stored.items() if p.topic in topics)


def unit_is_there(context: MigrationContext) -> bool:
    """The unit that asked exists and is not being deleted."""
    units = context.facts[facts.UNITS]
    return any(u.loaded.uid == the(context).unit and not u.loaded.deleting for u in units)


def end_is_not_recorded(_context: MigrationContext) -> Verdict:
    """The hand-over is over when it is an entry."""
    return wait(Reason.PROGRESSING, "recording the end of the hand-over")


def record_end(context: MigrationContext) -> Work | None:
    """The unit has its mirror."""
    return Entry(EntryKind.HAND_OVER_DONE, 1, {"unit": the(context).unit})
