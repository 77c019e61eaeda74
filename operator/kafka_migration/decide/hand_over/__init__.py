"""Carving a unit's topics out of the bulk mirror: the migration's own work (protocol 5.2-5.4).

Order: stop the giver, null-PATCH it, read its offsets, entry; create the receiver STOPPED, PATCH,
read back; take the topics from the giver, null its keys; entry, resume receiver, then giver. One
hand-over at a time; every step is seen in Connect, so that a restart goes on where it stopped. If
the unit goes before the receiver's entry, everything is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.hand_over import giver, receiver, subject, taking_back
from kafka_migration.decide.hand_over.subject import is_open, wanted
from kafka_migration.decide.stages import copy_watch, replicating
from kafka_migration.decide.stages.ways import FORWARD
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts

__all__ = ["NAMES", "is_open", "tasks", "wanted"]


def _not_run(context: MigrationContext) -> bool:
    return not subject.may_have_run(context)


_CONNECT = (facts.UNITS, facts.CONNECTORS)
_OFFSETS = (facts.UNITS, facts.CONNECTORS, facts.MIRROR_OFFSETS)
_WORKERS: Task[MigrationContext] = Task(
    "workers there", (facts.WORKERS,), replicating.workers_are_missing, replicating.apply_workers
)
_CHECKED: tuple[Task[MigrationContext], ...] = (
    Task(
        "no late patch",
        (facts.PATCH_QUIET_SECONDS,),
        receiver.a_patch_may_still_come,
        applies=_not_run,
    ),
    Task(
        "same topics",
        (facts.SOURCE_TOPICS, facts.TARGET_TOPICS),
        replicating.topics_were_recreated,
        applies=_not_run,
    ),
    Task(
        "no gap yet",
        (facts.COPY_BOUNDS,),
        FORWARD.bind(copy_watch.copy_has_a_gap),
        applies=_not_run,
    ),
)
TASKS: tuple[Task[MigrationContext], ...] = (
    _WORKERS,
    Task("begun", (facts.UNITS,), subject.is_not_begun, subject.begin),
    Task("receiver's state known", _CONNECT, receiver.receiver_is_silent),
    Task("giver rests", _CONNECT, giver.giver_is_resumed, giver.stop_giver, subject.was_read),
    Task("unit there", _OFFSETS, taking_back.unit_is_gone, taking_back.begin, _not_run),
    *copy_watch.tasks(giver.fallen),
    Task("giver stopped", _CONNECT, giver.giver_runs, giver.stop_giver, subject.unread),
    Task("giver fenced", (facts.UNITS,), giver.giver_may_commit, giver.fence_giver, subject.unread),
    Task(
        "offsets recorded",
        _OFFSETS,
        giver.offsets_are_not_recorded,
        giver.record_offsets,
        subject.unread,
    ),
    Task("receiver exists", _CONNECT, receiver.receiver_is_missing, receiver.create_receiver),
    Task("receiver's offsets", _OFFSETS, receiver.receiver_offsets_differ, receiver.patch_receiver),
    Task("giver without topics", _OFFSETS, giver.giver_still_lists_topics, giver.configure_giver),
    Task("giver without keys", _OFFSETS, giver.giver_keeps_keys, giver.null_keys),
    *_CHECKED,
    Task(
        "receiver may run", (facts.UNITS,), receiver.resume_is_not_recorded, receiver.record_resume
    ),
    Task("receiver runs", _CONNECT, receiver.receiver_rests, receiver.resume_receiver),
    Task("giver runs", _CONNECT, giver.giver_rests, giver.resume_giver),
    Task("ended", (facts.UNITS,), subject.end_is_not_recorded, subject.record_end),
)
TAKING_BACK: tuple[Task[MigrationContext], ...] = (
    _WORKERS,
    Task("receiver idle", _CONNECT, taking_back.receiver_runs, taking_back.stop_receiver),
    Task("receiver unused", _OFFSETS, taking_back.receiver_has_copied),
    Task("receiver gone", _CONNECT, taking_back.receiver_is_left, taking_back.delete_receiver),
    Task("giver there", _CONNECT, taking_back.giver_is_missing, taking_back.create_giver),
    Task("giver idle", _OFFSETS, taking_back.giver_is_busy, giver.stop_giver),
    Task(
        "giver with topics", _OFFSETS, taking_back.giver_lacks_topics, taking_back.configure_giver
    ),
    Task("giver with keys", _OFFSETS, taking_back.giver_lacks_keys, taking_back.patch_giver),
    *_CHECKED,
    Task("giver runs again", _CONNECT, giver.giver_rests, giver.resume_giver),
    Task("taken back", (facts.UNITS,), taking_back.end_is_not_recorded, taking_back.record_end),
)
NAMES = frozenset(task.name for task in (*TASKS, *TAKING_BACK))


def tasks(context: MigrationContext) -> Sequence[Task[MigrationContext]]:
    """Onwards, or back once that is an entry."""
    return TAKING_BACK if taking_back.under_way(context) else TASKS
