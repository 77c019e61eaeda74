"""TranslateOffsets: groups drained to the fenced end begin at the target's seam (T)."""

from __future__ import annotations

from collections.abc import Mapping

from kafka_migration.decide.context import UnitContext, moves_groups
from kafka_migration.decide.rules.positions import lagging
from kafka_migration.decide.rules.seams import seams
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import CommitOffsets
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind, decode_offsets, encode_offsets
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def groups_are_not_at_the_end(context: UnitContext) -> Verdict:
    """With the group empty: no data record is left between its commits and the fenced end."""
    known = seams(context.facts[facts.UNITS], context.direction)
    problems = []
    for group in context.spec.consumer_groups:
        commits = context.facts[facts.LEAVING_COMMITS][group.name]
        behind = lagging(context.partitions(tuple(context.spec.topics.reads)), commits, known)
        if behind:
            text = (
                f"group {group.name} stopped before the end of {behind[0]} (+{len(behind) - 1}); "
                "only groups at the end can move yet: let it finish, then raise spec.attempt"
            )
            problems.append(Problem(Reason.GROUP_LAGGING, f"group/{group.name}", text))
    return fail(problems)


def translated(context: UnitContext) -> Mapping[str, Offsets]:
    """Values of the entry of this attempt."""
    data = (context.recorded(EntryKind.TRANSLATED) or {"groups": {}})["groups"]
    return {group: decode_offsets(encoded) for group, encoded in data.items()}


def _ours_before(context: UnitContext, group: str, partition: Partition, offset: int) -> bool:
    """Journalled for the side being entered: written by us there, or left there by the group."""
    return any(
        decode_offsets(entry.data[name].get(group, {})).get(partition) == offset
        for entry in context.journal.of(EntryKind.TRANSLATED)
        for name in (("groups",) if entry.direction == context.direction else ("left",))
    )


def entering_commits_conflict(context: UnitContext) -> Verdict:
    """Commits already there equal a value that we journalled for this group on that side."""
    problems = []
    for group, commits in context.facts[facts.ENTERING_COMMITS].items():
        for partition, commit in sorted(commits.items()):
            if partition.topic not in context.spec.topics.reads:
                continue
            if _ours_before(context, group, partition, commit.offset):
                continue
            text = (
                f"group {group} already has offset {commit.offset} for {partition} on the "
                f"{context.entering}, which is not ours; delete the group's offsets there if nobody needs them"
            )
            problems.append(Problem(Reason.OFFSET_CONFLICT, f"group/{group}", text))
    return fail(problems)


def translation_is_not_recorded(context: UnitContext) -> Verdict:
    """Values are an entry before the first commit."""
    if context.recorded(EntryKind.TRANSLATED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the translated offsets")


def record(context: UnitContext) -> Asked | None:
    """T for every partition of every group, so that auto.offset.reset never decides."""
    known = seams(context.facts[facts.UNITS], context.direction)
    offsets = {p: known[p].end for p in context.partitions(tuple(context.spec.topics.reads))}
    data = {
        "groups": {g.name: encode_offsets(offsets) for g in context.spec.consumer_groups},
        "left": {
            g.name: encode_offsets(
                {p: c.offset for p, c in context.facts[facts.LEAVING_COMMITS][g.name].items()}
            )
            for g in context.spec.consumer_groups
        },
        "grade": "Exact",
    }
    return context.entry(EntryKind.TRANSLATED, data)


def _unwritten(context: UnitContext) -> tuple[str, Offsets] | None:
    for group, wanted in translated(context).items():
        present = context.facts[facts.ENTERING_COMMITS][group]
        if any(p not in present or present[p].offset != o for p, o in wanted.items()):
            return group, wanted
    return None


def commits_are_not_written(context: UnitContext) -> Verdict:
    """Every partition's commit on the target reads back as recorded."""
    open_group = _unwritten(context)
    if open_group is None:
        return PASS
    return wait(Reason.PROGRESSING, f"writing the offsets of group {open_group[0]}")


def write(context: UnitContext) -> Asked | None:
    """One group at a time; the broker refuses it for a group with members."""
    open_group = _unwritten(context)
    if open_group is None:
        return None
    group, wanted = open_group
    return CommitOffsets(context.entering, group, tuple(sorted(wanted.items())))


TASKS: tuple[Task[UnitContext], ...] = (
    Task(
        "groups at the end",
        (facts.UNITS, facts.LEAVING_COMMITS),
        groups_are_not_at_the_end,
        applies=moves_groups,
    ),
    Task(
        "no conflict",
        (facts.ENTERING_COMMITS,),
        entering_commits_conflict,
        applies=moves_groups,
    ),
    Task(
        "recorded",
        (facts.UNITS, facts.LEAVING_COMMITS),
        translation_is_not_recorded,
        record,
        moves_groups,
    ),
    Task("written", (facts.ENTERING_COMMITS,), commits_are_not_written, write, moves_groups),
)
