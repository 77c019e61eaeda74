"""CatchUp: the mirror has copied up to D, is stopped, fenced and denied; T is read (protocol 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import acls
from kafka_migration.decide.stages.validated import report_problems
from kafka_migration.decide.steps.fence import refused_everywhere
from kafka_migration.decide.steps.prepare import not_held
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import (
    EnsureAcls,
    FenceMirror,
    HoldDenies,
    InstructComparison,
    StopConnector,
)
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import Entry, EntryKind, decode_offsets, encode_offsets
from kafka_migration.model.kafka import Acl, Offsets, Partition, Topic
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def fenced_ends(context: UnitContext) -> Offsets:
    """F of this attempt."""
    return decode_offsets((context.recorded(EntryKind.FENCED) or {"F": {}})["F"])


def last_records(context: UnitContext) -> Offsets:
    """D of this attempt; partitions without a data record are absent."""
    return decode_offsets((context.recorded(EntryKind.FENCED) or {"D": {}})["D"])


def copied(context: UnitContext) -> Offsets:
    """C: what the unit's mirror has stored."""
    stored = context.facts[facts.MIRROR_OFFSETS].get(context.connector)
    return stored.offsets if stored else {}


def entering_rights(context: UnitContext) -> tuple[Acl, ...]:
    """ALLOW Write for the unit's principals; made early, DENY still wins."""
    principals = [w.binding.target.authentication.principal_name for w in context.writers]
    return acls.allow_write(context.writes, principals)


def rights_are_missing(context: UnitContext) -> Verdict:
    """A new ALLOW and the first produce may race: it is made before it is needed."""
    if not acls.missing(entering_rights(context), context.facts[facts.TARGET_ACLS]):
        return PASS
    return wait(Reason.PROGRESSING, "granting application writes on the target (still denied)")


def grant(context: UnitContext) -> Asked | None:
    """All that are missing."""
    wanted = acls.missing(entering_rights(context), context.facts[facts.TARGET_ACLS])
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
    connector = context.facts[facts.CONNECTORS].get(context.connector)
    if connector is None:
        text = f"mirror {context.connector} is gone; the copy cannot be proven: back out"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{context.connector}", text)])
    if connector.state == "STOPPED" and not connector.tasks:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping mirror {connector.name} ({connector.state})")


def stop(context: UnitContext) -> Asked | None:
    """Sent again whenever it reads RUNNING: a late resume undoes a stop."""
    connector = context.facts[facts.CONNECTORS].get(context.connector)
    if connector is None or connector.state == "STOPPED":
        return None
    return StopConnector("forward", context.connector)


def mirror_generation_may_commit(context: UnitContext) -> Verdict:
    """The null-PATCH answered 200 since the stop: zombies of the mirror are fenced."""
    if FenceMirror("forward", context.connector) in context.answered:
        return PASS
    return wait(Reason.PROGRESSING, "fencing the mirror's last producers")


def fence_mirror(context: UnitContext) -> Asked | None:
    """Repeated after a restart: an unrecorded answer counts as none."""
    return FenceMirror("forward", context.connector)


def mirror_denies_entering(context: UnitContext) -> tuple[Acl, ...]:
    """DENY Write on the entering side for the forward mirror."""
    principal = context.migration.spec.replication.identities.target.authentication.principal_name
    return acls.deny_write(context.writes, [principal])


def mirror_may_write(context: UnitContext) -> Verdict:
    """The mirror's principal is denied, in the brokers and in the register."""
    if not not_held(context, context.entering, mirror_denies_entering(context)):
        return PASS
    return wait(Reason.PROGRESSING, "denying the mirror's writes on the target")


def deny_mirror(context: UnitContext) -> Asked | None:
    """Register, create, read back."""
    return HoldDenies(context.entering, mirror_denies_entering(context))


def mirror_is_still_accepted(context: UnitContext) -> Verdict:
    """Proven at each leader by oversized produce."""
    probes = context.facts[facts.MIRROR_PROBES]
    leak = refused_everywhere(probes)
    if probes and leak is None:
        return PASS
    return wait(Reason.NOT_FENCED, "the target does not refuse the mirror yet")


def stored_offsets_differ(context: UnitContext) -> Verdict:
    """C == D where both exist, and no key is missing."""
    stored, last = copied(context), last_records(context)
    problems = []
    for partition in sorted({*stored, *last}):
        c, d = stored.get(partition), last.get(partition)
        if c == d or d is None:
            continue
        text = f"{partition}: the mirror stored {c}, the last record on the source is {d}: back out"
        problems.append(Problem(Reason.GAP_DETECTED, f"partition/{partition}", text))
    return fail(problems)


def entering_moves(context: UnitContext) -> Verdict:
    """HW == LSO on two looks: T."""
    settled = context.facts[facts.ENTERING_ENDS]
    if settled.stable_seconds > 0:
        return PASS
    return wait(Reason.PROGRESSING, "reading the target's end twice")


def tail_differs(context: UnitContext) -> Verdict:
    """The tail comparison reached F and T and found every record equal."""
    report = context.facts[facts.TAIL_REPORT]
    if report is None:
        text = f"the tail comparison {context.tail_job} has no report: back out"
        return fail([Problem(Reason.COMPARISON_INCOMPLETE, f"job/{context.tail_job}", text)])
    if report.get("state") == "finished":
        return fail([*report_problems(report), *_uncompared(context, report)])
    return wait(Reason.PROGRESSING, f"comparing the tail: {report.get('records', 0)} records equal")


def _uncompared(context: UnitContext, report: Mapping[str, Any]) -> list[Problem]:
    """Partitions that the report does not follow to F and to the T of this very look."""
    reached = {
        Partition(part["topic"], part["partition"]): (part["sourceNext"], part["targetNext"])
        for part in report.get("partitions", [])
    }
    end = context.facts[facts.ENTERING_ENDS].ends.high
    return [
        Problem(
            Reason.COMPARISON_INCOMPLETE,
            f"partition/{p}",
            f"{p}: compared up to {reached.get(p)}, the logs end at {(f, end.get(p))}: back out",
        )
        for p, f in sorted(fenced_ends(context).items())
        if reached.get(p) != (f, end.get(p))
    ]


def instruct_tail(context: UnitContext) -> Asked | None:
    """Give it F and T, once."""
    end = context.facts[facts.ENTERING_ENDS].ends.high
    asked = InstructComparison(
        context.tail_job, tuple(sorted(fenced_ends(context).items())), tuple(sorted(end.items()))
    )
    return None if asked in context.answered else asked


def leaving_changed(context: UnitContext) -> Verdict:
    """Once more: ids, partitions and HW == LSO == F on the leaving side."""
    ends, fenced = context.facts[facts.LEAVING_ENDS].ends, fenced_ends(context)
    ids = (context.recorded(EntryKind.FENCED) or {}).get("ids", {})
    topics = context.facts[facts.SOURCE_TOPICS]
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
    ids = context.facts[facts.TARGET_TOPICS]
    data = {
        "C": encode_offsets(dict(copied(context))),
        "T": encode_offsets(context.facts[facts.ENTERING_ENDS].ends.high),
        "ids": {t: ids[t].topic_id for t in context.writes if t in ids},
    }
    return Entry(EntryKind.CAUGHT_UP, context.attempt, data)


def open_seam(context: UnitContext) -> bool:
    """The unit moves authority and its seam is not recorded yet."""
    return moves_authority(context) and context.recorded(EntryKind.CAUGHT_UP) is None


def connectors_are_unread(_context: UnitContext) -> Verdict:
    """Passes as soon as Connect was read: the next task asks it whom it concerns."""
    return PASS


def copying(context: UnitContext) -> bool:
    """The mirror is not stopped yet; stored offsets cost Connect a second each time.

    One that is gone copies nothing more: the next task says so at once.
    """
    if not open_seam(context):
        return False
    connector = context.facts[facts.CONNECTORS].get(context.connector)
    return connector is not None and connector.state != "STOPPED"


# The stored offsets are compared last, together with the seam's entry: the mirror is stopped,
# fenced and denied by then, so that nothing but our own PATCH could change them.
TASKS: tuple[Task[UnitContext], ...] = (
    Task("rights made early", (facts.TARGET_ACLS,), rights_are_missing, grant, open_seam),
    Task("mirrors read", (facts.CONNECTORS,), connectors_are_unread, applies=open_seam),
    Task("copied to the end", (facts.MIRROR_OFFSETS,), mirror_is_behind, applies=copying),
    Task("mirror stopped", (facts.CONNECTORS,), mirror_runs, stop, open_seam),
    Task("mirror fenced", (), mirror_generation_may_commit, fence_mirror, open_seam),
    Task(
        "mirror denied",
        (facts.TARGET_ACLS, facts.REGISTER),
        mirror_may_write,
        deny_mirror,
        open_seam,
    ),
    Task("mirror refused", (facts.MIRROR_PROBES,), mirror_is_still_accepted, applies=open_seam),
    Task("target end read", (facts.ENTERING_ENDS,), entering_moves, applies=open_seam),
    Task(
        "tail equal",
        (facts.TAIL_REPORT, facts.ENTERING_ENDS),
        tail_differs,
        instruct_tail,
        open_seam,
    ),
    Task(
        "leaving unchanged",
        (facts.LEAVING_ENDS, facts.SOURCE_TOPICS),
        leaving_changed,
        applies=open_seam,
    ),
    Task("offsets as expected", (facts.MIRROR_OFFSETS,), stored_offsets_differ, applies=open_seam),
    Task(
        "seam recorded",
        (facts.MIRROR_OFFSETS, facts.ENTERING_ENDS, facts.TARGET_TOPICS),
        seam_is_not_recorded,
        record_seam,
        open_seam,
    ),
)
