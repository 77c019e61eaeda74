"""CatchUp: the mirror has copied up to D, is stopped, fenced and denied; T is read (protocol 3.6)."""

from __future__ import annotations

from collections.abc import Mapping

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import acls
from kafka_migration.decide.steps import tail
from kafka_migration.decide.steps.denies import mirror_is_not_denied, onward_denies, own_principals
from kafka_migration.decide.steps.fence import refused_everywhere
from kafka_migration.decide.steps.seam import fenced_ends, last_records, to_be_copied
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import EnsureAcls, FenceMirror, HoldDenies, StopConnector
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind, encode_offsets
from kafka_migration.model.kafka import Acl, Offsets, Topic
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def copied(context: UnitContext) -> Offsets:
    """C: what the unit's mirror has stored."""
    stored = context.facts[facts.ONWARD_OFFSETS].get(context.onward_connector)
    return stored.offsets if stored else {}


def entering_rights(context: UnitContext) -> tuple[Acl, ...]:
    """ALLOW Write for the unit's principals; made early, DENY still wins."""
    return acls.allow_write(context.writes, own_principals(context, context.entering))


def rights_are_missing(context: UnitContext) -> Verdict:
    """A new ALLOW and the first produce may race: it is made before it is needed."""
    if not acls.missing(entering_rights(context), context.facts[facts.ENTERING_ACLS]):
        return PASS
    return wait(
        Reason.PROGRESSING, f"granting application writes on the {context.entering} (still denied)"
    )


def grant(context: UnitContext) -> Asked | None:
    """All that are missing."""
    wanted = acls.missing(entering_rights(context), context.facts[facts.ENTERING_ACLS])
    return EnsureAcls(context.entering, wanted)


def mirror_is_behind(context: UnitContext) -> Verdict:
    """C >= D on every partition with a data record."""
    stored = copied(context)
    behind = [p for p, last in last_records(context).items() if stored.get(p, -1) < last]
    if not behind:
        return PASS
    missing = sum(last_records(context)[p] - stored.get(p, -1) for p in behind)
    text = f"{missing} offsets to copy on {len(behind)} partitions, first {behind[0]}"
    return wait(Reason.LAG_TOO_HIGH, text)


def mirror_runs(context: UnitContext) -> Verdict:
    """STOPPED and no task left."""
    connector = context.facts[facts.ONWARD_CONNECTORS].get(context.onward_connector)
    if connector is None:
        text = f"mirror {context.onward_connector} is gone; the copy cannot be proven: back out"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{context.onward_connector}", text)])
    if connector.at_rest:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping mirror {connector.name} ({connector.state})")


def stop(context: UnitContext) -> Asked | None:
    """Sent again whenever it reads RUNNING: a late resume undoes a stop."""
    connector = context.facts[facts.ONWARD_CONNECTORS].get(context.onward_connector)
    if connector is None or connector.state == "STOPPED":
        return None
    return StopConnector(context.onward, context.onward_connector)


def mirror_generation_may_commit(context: UnitContext) -> Verdict:
    """The null-PATCH answered 200 since the stop: zombies of the mirror are fenced."""
    if FenceMirror(context.onward, context.onward_connector) in context.answered:
        return PASS
    return wait(Reason.PROGRESSING, "fencing the mirror's last producers")


def fence_mirror(context: UnitContext) -> Asked | None:
    """Repeated after a restart: an unrecorded answer counts as none."""
    return FenceMirror(context.onward, context.onward_connector)


def mirror_may_write(context: UnitContext) -> Verdict:
    """Nothing more is copied: its principal is denied where it wrote."""
    return mirror_is_not_denied(context, context.entering, onward_denies(context))


def deny_mirror(context: UnitContext) -> Asked | None:
    """Register, create, read back."""
    return HoldDenies(context.entering, onward_denies(context))


def mirror_is_still_accepted(context: UnitContext) -> Verdict:
    """Proven at each leader by oversized produce."""
    probes = context.facts[facts.ONWARD_MIRROR_PROBES]
    leak = refused_everywhere(probes)
    if probes and leak is None:
        return PASS
    return wait(Reason.NOT_FENCED, f"the {context.entering} does not refuse the mirror yet")


def stored_offsets_differ(context: UnitContext) -> Verdict:
    """C == D (or where the mirror was armed) where both exist, and no key is missing."""
    stored, last = copied(context), to_be_copied(context)
    problems = []
    for partition in sorted({*stored, *last}):
        c, d = stored.get(partition), last.get(partition)
        if c == d or d is None:
            continue
        text = (
            f"{partition}: the mirror stored {c}, the last record on the {context.leaving} is "
            f"{d}: back out"
        )
        problems.append(Problem(Reason.GAP_DETECTED, f"partition/{partition}", text))
    return fail(problems)


def entering_moves(context: UnitContext) -> Verdict:
    """HW == LSO on two looks: T."""
    settled = context.facts[facts.ENTERING_ENDS]
    if settled.stable_seconds > 0:
        return PASS
    return wait(Reason.PROGRESSING, f"reading the {context.entering}'s end twice")


def leaving_changed(context: UnitContext) -> Verdict:
    """Once more: ids, partitions and HW == LSO == F on the leaving side."""
    ends, fenced = context.facts[facts.LEAVING_ENDS].ends, fenced_ends(context)
    ids = (context.recorded(EntryKind.FENCED) or {}).get("ids", {})
    topics = context.facts[facts.LEAVING_TOPICS]
    problems = [
        Problem(
            Reason.FENCE_LOST,
            f"partition/{p}",
            f"{p}: the fenced end was {f}, now it is {ends.high.get(p)}: back out",
        )
        for p, f in fenced.items()
        if ends.high.get(p) != f or ends.stable.get(p) != f
    ]
    problems += [
        Problem(Reason.TOPIC_RECREATED, f"topic/{t}", f"topic {t} was re-created: back out")
        for t, topic_id in ids.items()
        if t not in topics or topics[t].topic_id != topic_id
    ]
    return fail([*problems, *grown(context, topics)])


def grown(context: UnitContext, present: Mapping[str, Topic]) -> list[Problem]:
    """Topics that got partitions of which no end was read."""
    return [
        Problem(Reason.TOPIC_CONFLICT, f"topic/{t}", f"topic {t} got new partitions: back out")
        for t in context.writes
        if t in present and len(present[t].partitions) != len(context.partitions((t,)))
    ]


def seam_is_not_recorded(context: UnitContext) -> Verdict:
    """C and T are one entry."""
    if context.recorded(EntryKind.CAUGHT_UP) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the seam")


def record_seam(context: UnitContext) -> Asked | None:
    """C as read back, T as looked at twice."""
    ids = context.facts[facts.ENTERING_TOPICS]
    data = {
        "C": encode_offsets(dict(copied(context))),
        "T": encode_offsets(context.facts[facts.ENTERING_ENDS].ends.high),
        "ids": {t: ids[t].topic_id for t in context.writes if t in ids},
    }
    return context.entry(EntryKind.CAUGHT_UP, data)


def open_seam(context: UnitContext) -> bool:
    """The unit moves authority and its seam is not recorded yet."""
    return moves_authority(context) and context.recorded(EntryKind.CAUGHT_UP) is None


def granting(context: UnitContext) -> bool:
    """On the source the unit keeps the rights that it always had."""
    return open_seam(context) and context.entering == "target"


def connectors_are_unread(_context: UnitContext) -> Verdict:
    """Passes as soon as Connect was read: the next task asks it whom it concerns."""
    return PASS


def copying(context: UnitContext) -> bool:
    """The mirror is not stopped yet; stored offsets cost Connect a second each time.

    One that is gone copies nothing more: the next task says so at once.
    """
    if not open_seam(context):
        return False
    connector = context.facts[facts.ONWARD_CONNECTORS].get(context.onward_connector)
    return connector is not None and connector.state != "STOPPED"


# The stored offsets are compared last, together with the seam's entry: the mirror is stopped,
# fenced and denied by then, so that nothing but our own PATCH could change them.
TASKS: tuple[Task[UnitContext], ...] = (
    Task("rights made early", (facts.ENTERING_ACLS,), rights_are_missing, grant, granting),
    Task("mirrors read", (facts.ONWARD_CONNECTORS,), connectors_are_unread, applies=open_seam),
    Task("copied to the end", (facts.ONWARD_OFFSETS,), mirror_is_behind, applies=copying),
    Task("mirror stopped", (facts.ONWARD_CONNECTORS,), mirror_runs, stop, open_seam),
    Task("mirror fenced", (), mirror_generation_may_commit, fence_mirror, open_seam),
    Task(
        "mirror denied",
        (facts.ENTERING_ACLS, facts.REGISTER),
        mirror_may_write,
        deny_mirror,
        open_seam,
    ),
    Task(
        "mirror refused", (facts.ONWARD_MIRROR_PROBES,), mirror_is_still_accepted, applies=open_seam
    ),
    Task("entering end read", (facts.ENTERING_ENDS,), entering_moves, applies=open_seam),
    Task(
        "tail equal",
        (facts.TAIL_REPORT, facts.ENTERING_ENDS),
        tail.differs,
        tail.instruct,
        open_seam,
    ),
    Task(
        "leaving unchanged",
        (facts.LEAVING_ENDS, facts.LEAVING_TOPICS),
        leaving_changed,
        applies=open_seam,
    ),
    Task("offsets as expected", (facts.ONWARD_OFFSETS,), stored_offsets_differ, applies=open_seam),
    Task(
        "seam recorded",
        (facts.ONWARD_OFFSETS, facts.ENTERING_ENDS, facts.ENTERING_TOPICS),
        seam_is_not_recorded,
        record_seam,
        open_seam,
    ),
)
