"""TranslateOffsets: each group goes on where it stopped, on the other side's log (protocol 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kafka_migration.api.cutover import ConsumerGroup
from kafka_migration.decide.context import UnitContext, moves_groups
from kafka_migration.decide.rules.translation import (
    Answer,
    Pending,
    Refused,
    Translated,
    Unanchored,
    translate,
)
from kafka_migration.decide.steps.owners import OWNERS_REST, READ_TOPICS_KEPT
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import CommitOffsets
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind, decode_offsets, encode_offsets
from kafka_migration.model.kafka import Commit, Offsets, Partition
from kafka_migration.model.positions import Grade
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

_NAMED = 3  # partitions of a group named in a problem
_ORDER = (Grade.EXACT, Grade.SAFE, Grade.SAFE_COMPACTED)

Answers = Mapping[Partition, Answer]


def unrecorded(context: UnitContext) -> bool:
    """Groups move, and their positions are not an entry of this leg yet."""
    return moves_groups(context) and context.recorded(EntryKind.TRANSLATED) is None


def _answers(context: UnitContext, group: str) -> Answers:
    found = context.facts[facts.POSITIONS][group]
    return {p: translate(position) for p, position in sorted(found.items())}


def _read(context: UnitContext) -> tuple[Partition, ...]:
    return context.partitions(tuple(sorted(context.spec.topics.reads)))


def positions_cannot_be_kept(context: UnitContext) -> Verdict:
    """Every partition of every group has a commit, and an offset on the other side for it."""
    problems: list[Problem] = []
    for group in context.spec.consumer_groups:
        answers = _answers(context, group.name)
        problems += _uncommitted(context, group, answers)
        problems += _untold(context, group, answers)
        problems += _too_low(group, answers)
    return fail(problems)


def _uncommitted(context: UnitContext, group: ConsumerGroup, answers: Answers) -> list[Problem]:
    missing = [p for p in _read(context) if p not in answers]
    if not missing:
        return []
    text = (
        f"group {group.name} has no commit on {_listed(missing)}, which holds records: where it "
        "would begin there is nobody's choice but its reset; let it commit, or reset it by hand"
    )
    return [Problem(Reason.NO_COMMIT, f"group/{group.name}", text)]


def _untold(context: UnitContext, group: ConsumerGroup, answers: Answers) -> list[Problem]:
    return [
        Problem(
            answer.reason if isinstance(answer, Refused) else Reason.CONTENT_UNVERIFIABLE,
            f"group/{group.name}",
            f"group {group.name} on {partition}: {_words(answer)}",
        )
        for partition, answer in answers.items()
        if isinstance(answer, Refused | Unanchored)
    ][: len(_read(context))]


def _words(answer: Refused | Unanchored) -> str:
    if isinstance(answer, Refused):
        return answer.why
    return f"{answer.why}; let the group read on to where the mirror works now"


def _too_low(group: ConsumerGroup, answers: Answers) -> list[Problem]:
    low = {p: a for p, a in answers.items() if isinstance(a, Translated) and a.replay}
    again = sum(answer.replay for answer in low.values())
    if not low or (group.minimum_grade == "Safe" and again <= group.max_replay_records):
        return []
    text = (
        f"group {group.name} would read up to {again} records again ({_listed(low)}); let it read "
        "on, or allow it: consumerGroups[].minimumGrade Safe and maxReplayRecords"
    )
    return [Problem(Reason.GRADE_TOO_LOW, f"group/{group.name}", text)]


def _listed(partitions: Iterable[Partition]) -> str:
    every = sorted(partitions)
    more = f" (+{len(every) - _NAMED})" if len(every) > _NAMED else ""
    return ", ".join(map(str, every[:_NAMED])) + more


def copies_are_awaited(context: UnitContext) -> Verdict:
    """What lies before a position is copied, and no transaction is open below it."""
    for group in context.spec.consumer_groups:
        for partition, answer in _answers(context, group.name).items():
            if isinstance(answer, Pending):
                return wait(answer.reason, f"group {group.name} on {partition}: {answer.why}")
    return PASS


def translated(context: UnitContext) -> Mapping[str, Offsets]:
    """Values of the entry of this leg."""
    data = (context.recorded(EntryKind.TRANSLATED) or {"groups": {}})["groups"]
    return {group: decode_offsets(encoded) for group, encoded in data.items()}


def _ours(context: UnitContext, group: str) -> set[tuple[Partition, int]]:
    """What we journalled for the group on the entering side: written, or left under its fence."""
    return {
        pair
        for entry in context.journal.of(EntryKind.TRANSLATED)
        for name in ("groups" if entry.direction == context.direction else "left",)
        for pair in decode_offsets(entry.data[name].get(group, {})).items()
    }


def entering_commits_conflict(context: UnitContext) -> Verdict:
    """Commits already there equal a value that we journalled for this group on that side."""
    problems = []
    for group, commits in context.facts[facts.ENTERING_COMMITS].items():
        ours = _ours(context, group)
        for partition, commit in sorted(commits.items()):
            foreign = (partition, commit.offset) not in ours
            if not foreign or partition.topic not in context.spec.topics.reads:
                continue
            text = (
                f"group {group} already has offset {commit.offset} for {partition} on the "
                f"{context.entering}, which is not ours; delete the group's offsets there if "
                "nobody needs them"
            )
            problems.append(Problem(Reason.OFFSET_CONFLICT, f"group/{group}", text))
    return fail(problems)


def translation_is_not_recorded(context: UnitContext) -> Verdict:
    """Values are an entry before the first commit."""
    if context.recorded(EntryKind.TRANSLATED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the translated offsets")


def record(context: UnitContext) -> Asked | None:
    """From where to where for every partition of every group, and what is not exact."""
    told = {
        group.name: {
            p: answer
            for p, answer in _answers(context, group.name).items()
            if isinstance(answer, Translated)
        }
        for group in context.spec.consumer_groups
    }
    commits = context.facts[facts.LEAVING_COMMITS]
    left = {group: {p: c.offset for p, c in commits[group].items()} for group in told}
    data = {
        "groups": {g: encode_offsets({p: a.offset for p, a in t.items()}) for g, t in told.items()},
        "left": {group: encode_offsets(offsets) for group, offsets in left.items()},
        "grade": _worst(told).value,
        "replay": {
            g: encode_offsets({p: a.replay for p, a in t.items() if a.replay})
            for g, t in told.items()
        },
    }
    return context.entry(EntryKind.TRANSLATED, data)


def _worst(told: Mapping[str, Mapping[Partition, Translated]]) -> Grade:
    grades = (answer.grade for answers in told.values() for answer in answers.values())
    return max(grades, key=_ORDER.index, default=Grade.EXACT)


def published(context: UnitContext) -> dict[str, Any]:
    """For status: the grade of this leg's offsets, and how many records are read again at most."""
    data = context.recorded(EntryKind.TRANSLATED)
    if data is None:
        return {}
    replay = (decode_offsets(encoded) for encoded in data["replay"].values())
    again = sum(count for offsets in replay for count in offsets.values())
    return {"grade": data["grade"], "replayRecords": again}


def _unwritten(context: UnitContext) -> tuple[str, Offsets] | None:
    for group, wanted in translated(context).items():
        present = context.facts[facts.ENTERING_COMMITS][group]
        if any(p not in present or present[p].offset != o for p, o in wanted.items()):
            return group, wanted
    return None


def commits_are_not_written(context: UnitContext) -> Verdict:
    """Every partition's commit on the entering side reads back as recorded."""
    open_group = _unwritten(context)
    if open_group is None:
        return PASS
    return wait(Reason.PROGRESSING, f"writing the offsets of group {open_group[0]}")


def write(context: UnitContext) -> Asked | None:
    """One group at a time, metadata kept; the broker refuses it for a group with members."""
    open_group = _unwritten(context)
    if open_group is None:
        return None
    group, wanted = open_group
    left = context.facts[facts.LEAVING_COMMITS][group]
    commits = (
        (p, Commit(offset, left[p].metadata if p in left else ""))
        for p, offset in sorted(wanted.items())
    )
    return CommitOffsets(context.entering, group, tuple(commits))


def positions_moved(context: UnitContext) -> Verdict:
    """The commits that were translated still stand on the leaving side (protocol 3.9)."""
    left = (context.recorded(EntryKind.TRANSLATED) or {"left": {}})["left"]
    problems = []
    for group, encoded in sorted(left.items()):
        present = context.facts[facts.LEAVING_COMMITS][group]
        seen = {partition: commit.offset for partition, commit in present.items()}
        if seen != decode_offsets(encoded):
            text = (
                f"group {group} has other offsets on the {context.leaving} than those that were "
                "translated: somebody read on, or reset it: back out"
            )
            problems.append(Problem(Reason.OFFSET_CONFLICT, f"group/{group}", text))
    return fail(problems)


# Looked at in Preflight too, where a copy that is still to come is no fault.
FORESEEN: tuple[Task[UnitContext], ...] = (
    READ_TOPICS_KEPT,
    OWNERS_REST,
    Task(
        "positions kept",
        (facts.UNITS, facts.LEAVING_COMMITS, facts.POSITIONS),
        positions_cannot_be_kept,
        applies=unrecorded,
    ),
    Task("no conflict", (facts.ENTERING_COMMITS,), entering_commits_conflict, applies=moves_groups),
)
TASKS: tuple[Task[UnitContext], ...] = (
    *FORESEEN,
    Task("copies there", (facts.POSITIONS,), copies_are_awaited, applies=unrecorded),
    Task(
        "recorded",
        (facts.LEAVING_COMMITS, facts.POSITIONS),
        translation_is_not_recorded,
        record,
        unrecorded,
    ),
    Task(
        "written",
        (facts.LEAVING_COMMITS, facts.ENTERING_COMMITS),
        commits_are_not_written,
        write,
        moves_groups,
    ),
)
