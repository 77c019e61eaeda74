"""The giver's side of a hand-over: the bulk mirror stops, is read, loses the topics, runs again."""

from __future__ import annotations

from collections.abc import Mapping

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.hand_over.receiver import has_run
from kafka_migration.decide.hand_over.subject import (
    giver,
    moved_offsets,
    stored_offsets,
    the,
    was_read,
)
from kafka_migration.decide.rules import copying, names
from kafka_migration.decide.stages.mirror_care import partitions, running
from kafka_migration.decide.stages.replicating import bulk_topics
from kafka_migration.model.actions import (
    AlterOffsets,
    ConfigureConnector,
    DeleteConnector,
    FenceMirror,
    ResumeConnector,
    StopConnector,
    Work,
)
from kafka_migration.model.entries import Entry, EntryKind, encode_offsets
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def giver_runs(context: MigrationContext) -> Verdict:
    """STOPPED without tasks."""
    mirror = giver(context)
    if mirror is None:
        text = "the bulk mirror is gone before its offsets were read; restore it"
        return fail([Problem(Reason.TASK_FAILED, "connector/bulk", text)])
    if mirror.at_rest:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping mirror {mirror.name}")


def stop_giver(context: MigrationContext) -> Work | None:
    """Sent again whenever it reads otherwise."""
    mirror = giver(context)
    return StopConnector("forward", mirror.name) if mirror and mirror.state != "STOPPED" else None


def giver_may_commit(context: MigrationContext) -> Verdict:
    """Its last producers are fenced."""
    if FenceMirror("forward", names.bulk_connector(context.short_uid)) in context.answered:
        return PASS
    return wait(Reason.PROGRESSING, "fencing the bulk mirror's producers")


def fence_giver(context: MigrationContext) -> Work | None:
    """Null-PATCH."""
    return FenceMirror("forward", names.bulk_connector(context.short_uid))


def offsets_are_not_recorded(_context: MigrationContext) -> Verdict:
    """Offsets are an entry before anything is moved."""
    return wait(Reason.PROGRESSING, "recording the bulk mirror's offsets")


def record_offsets(context: MigrationContext) -> Work | None:
    """All of the giver's stored offsets."""
    stored = stored_offsets(context, names.bulk_connector(context.short_uid))
    data = {"unit": the(context).unit, "offsets": encode_offsets(dict(stored))}
    return Entry(EntryKind.HAND_OVER_OFFSETS, 1, data)


def giver_is_resumed(context: MigrationContext) -> Verdict:
    """Until the receiver runs the giver rests; somebody's late resume is undone."""
    mirror = giver(context)
    if mirror is None or has_run(context) or mirror.at_rest:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping mirror {mirror.name} again")


def fallen(context: MigrationContext) -> Mapping[Partition, str]:
    """Moved partitions whose stored offset is below what an entry names: never seen to be right."""
    if not was_read(context) or has_run(context):
        return {}
    stored = stored_offsets(context, names.bulk_connector(context.short_uid))
    return {
        partition: f"the bulk mirror's offset fell from {offset} to {stored[partition]}"
        for partition, offset in sorted(moved_offsets(context).items())
        if stored.get(partition, offset) < offset
    }


def giver_still_lists_topics(context: MigrationContext) -> Verdict:
    """The giver's config, read back, lists none of the moved topics (or it is gone)."""
    mirror = giver(context)
    if mirror is None or mirror.topics == frozenset(bulk_topics(context)):
        return PASS
    return wait(Reason.PROGRESSING, "taking the topics from the bulk mirror")


def configure_giver(context: MigrationContext) -> Work | None:
    """PUT without the topics; a giver that would keep none is deleted (an empty list is all)."""
    name = names.bulk_connector(context.short_uid)
    kept = bulk_topics(context)
    if not kept:
        return DeleteConnector("forward", name)
    stored = stored_offsets(context, name)
    reset = copying.offset_reset(partitions(context, frozenset(kept)), stored)
    return ConfigureConnector("forward", name, kept, reset)


def giver_keeps_keys(context: MigrationContext) -> Verdict:
    """The giver's stored keys of the moved topics are gone."""
    topics = set(the(context).topics)
    stored = stored_offsets(context, names.bulk_connector(context.short_uid))
    if giver(context) is None or not any(p.topic in topics for p in stored):
        return PASS
    return wait(Reason.PROGRESSING, "removing the moved offsets from the bulk mirror")


def null_keys(context: MigrationContext) -> Work | None:
    """Last of all, after the config was read back."""
    topics = set(the(context).topics)
    stored = stored_offsets(context, names.bulk_connector(context.short_uid))
    gone = tuple((p, None) for p in sorted(stored) if p.topic in topics)
    return AlterOffsets("forward", names.bulk_connector(context.short_uid), gone)


def giver_rests(context: MigrationContext) -> Verdict:
    """It runs again, if it kept anything."""
    mirror = giver(context)
    return PASS if mirror is None else running(mirror)


def resume_giver(context: MigrationContext) -> Work | None:
    """With the topics that it keeps."""
    mirror = giver(context)
    return ResumeConnector("forward", mirror.name) if mirror and mirror.state == "STOPPED" else None
