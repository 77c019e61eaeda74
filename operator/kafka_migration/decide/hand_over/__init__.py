"""Carving a unit's topics out of the bulk mirror: the migration's own work (protocol 5.2-5.4).

Order: stop the giver, null-PATCH it, read its offsets, entry; create the receiver STOPPED, PATCH,
read back; take the topics from the giver, null its keys; resume receiver, then giver. One
hand-over at a time; every step is seen in Connect, so that a restart goes on where it stopped.
"""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.hand_over import giver, receiver, subject
from kafka_migration.decide.hand_over.subject import wanted
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts

__all__ = ["TASKS", "wanted"]

_CONNECT = (facts.UNITS, facts.CONNECTORS)
_OFFSETS = (facts.UNITS, facts.CONNECTORS, facts.MIRROR_OFFSETS)
TASKS: tuple[Task[MigrationContext], ...] = (
    Task("begun", (facts.UNITS,), subject.is_not_begun, subject.begin),
    Task("giver stopped", _CONNECT, giver.giver_runs, giver.stop_giver, subject.unread),
    Task("giver fenced", (facts.UNITS,), giver.giver_may_commit, giver.fence_giver, subject.unread),
    Task(
        "offsets recorded",
        _OFFSETS,
        giver.offsets_are_not_recorded,
        giver.record_offsets,
        subject.unread,
    ),
    Task("receiver's state known", _CONNECT, receiver.receiver_is_silent),
    Task("giver rests", _OFFSETS, giver.giver_went_on, giver.stop_giver),
    Task("receiver exists", _CONNECT, receiver.receiver_is_missing, receiver.create_receiver),
    Task("receiver's offsets", _OFFSETS, receiver.receiver_offsets_differ, receiver.patch_receiver),
    Task("giver without topics", _CONNECT, giver.giver_still_lists_topics, giver.configure_giver),
    Task("giver without keys", _OFFSETS, giver.giver_keeps_keys, giver.null_keys),
    Task("receiver runs", _CONNECT, receiver.receiver_rests, receiver.resume_receiver),
    Task("giver runs", _CONNECT, giver.giver_rests, giver.resume_giver),
    Task("ended", (facts.UNITS,), subject.end_is_not_recorded, subject.record_end),
)
