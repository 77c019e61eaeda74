"""A hand-over whose receiver was never to run is undone when its unit goes (protocol 5.3)."""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.hand_over.receiver import has_run, went_on
from kafka_migration.decide.hand_over.subject import (
    giver,
    moved_offsets,
    receiver,
    recorded_data,
    stored_offsets,
    the,
    unit_is_there,
)
from kafka_migration.decide.rules import copying, names
from kafka_migration.decide.stages.mirror_care import partitions
from kafka_migration.decide.stages.replicating import bulk_topics
from kafka_migration.model.actions import (
    AlterOffsets,
    ConfigureConnector,
    CreateConnector,
    DeleteConnector,
    StopConnector,
    Work,
)
from kafka_migration.model.connect import OffsetReset
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import Offsets
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def under_way(context: MigrationContext) -> bool:
    """The open hand-over is being taken back, by an entry."""
    return recorded_data(context, EntryKind.HAND_OVER_TAKING_BACK) is not None


def unit_is_gone(context: MigrationContext) -> Verdict:
    """As long as the receiver has not run, the unit that asked must still be there."""
    if unit_is_there(context) or has_run(context) or went_on(context):
        return PASS
    return wait(Reason.PROGRESSING, "the unit is gone: taking its hand-over back")


def begin(context: MigrationContext) -> Work | None:
    """Going back is an entry before its first act; the topics are the giver's again."""
    return Entry(EntryKind.HAND_OVER_TAKING_BACK, 1, {"unit": the(context).unit})


def receiver_runs(context: MigrationContext) -> Verdict:
    """Nobody resumed the receiver."""
    mirror = receiver(context)
    if mirror is None or mirror.at_rest:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping mirror {mirror.name}")


def stop_receiver(context: MigrationContext) -> Work | None:
    """Sent again whenever it reads otherwise."""
    mirror = receiver(context)
    return StopConnector("forward", mirror.name) if mirror and mirror.state != "STOPPED" else None


def receiver_has_copied(context: MigrationContext) -> Verdict:
    """What the receiver copied, resumed by somebody, must not be copied again by the giver."""
    if receiver(context) is None or not went_on(context):
        return PASS
    text = (
        f"mirror {the(context).receiver} was resumed by somebody and has copied while it was taken "
        "back; start a new KafkaMigration for its topics"
    )
    return fail([Problem(Reason.GAP_DETECTED, f"connector/{the(context).receiver}", text)])


def receiver_is_left(context: MigrationContext) -> Verdict:
    """It and its stored offsets are gone."""
    if receiver(context) is None:
        return PASS
    return wait(Reason.PROGRESSING, f"deleting mirror {the(context).receiver}")


def delete_receiver(context: MigrationContext) -> Work | None:
    """Its offsets first."""
    return DeleteConnector("forward", the(context).receiver)


def giver_is_missing(context: MigrationContext) -> Verdict:
    """A giver that kept no topic was deleted with its offsets."""
    if giver(context) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "creating the bulk mirror again")


def create_giver(context: MigrationContext) -> Work | None:
    """STOPPED; the act refuses it while offsets are stored under its name."""
    return CreateConnector("forward", _bulk(context), bulk_topics(context), _reset(context))


def giver_is_busy(context: MigrationContext) -> Verdict:
    """It rests as long as topics or keys are to be given back."""
    mirror = giver(context)
    complete = giver_lacks_topics(context) is PASS and not _missing(context)
    if mirror is None or complete or mirror.at_rest:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping mirror {mirror.name}")


def giver_lacks_topics(context: MigrationContext) -> Verdict:
    """Its config, read back, lists the topics again."""
    mirror = giver(context)
    if mirror is not None and mirror.topics == frozenset(bulk_topics(context)):
        return PASS
    return wait(Reason.PROGRESSING, "giving the topics back to the bulk mirror")


def configure_giver(context: MigrationContext) -> Work | None:
    """PUT with all of them."""
    return ConfigureConnector("forward", _bulk(context), bulk_topics(context), _reset(context))


def giver_lacks_keys(context: MigrationContext) -> Verdict:
    """GET shows every recorded offset, or what the giver itself stored beyond it."""
    mirror = giver(context)
    if mirror is not None and mirror.state == "RUNNING" and not _missing(context):
        return PASS
    answered = not moved_offsets(context) or patch_giver(context) in context.answered
    if not _missing(context) and answered:
        return PASS
    return wait(Reason.PROGRESSING, "giving the offsets back to the bulk mirror")


def patch_giver(context: MigrationContext) -> Work | None:
    """Never below what it stores."""
    stored = stored_offsets(context, _bulk(context))
    values = {p: max(o, stored.get(p, -1)) for p, o in moved_offsets(context).items()}
    return AlterOffsets("forward", _bulk(context), tuple(sorted(values.items())))


def end_is_not_recorded(_context: MigrationContext) -> Verdict:
    """It is over when it is an entry."""
    return wait(Reason.PROGRESSING, "recording that the hand-over was taken back")


def record_end(context: MigrationContext) -> Work | None:
    """The bulk mirror copies the topics."""
    return Entry(EntryKind.HAND_OVER_TAKEN_BACK, 1, {"unit": the(context).unit})


def _bulk(context: MigrationContext) -> str:
    return names.bulk_connector(context.short_uid)


def _missing(context: MigrationContext) -> Offsets:
    stored = stored_offsets(context, _bulk(context))
    return {p: o for p, o in moved_offsets(context).items() if stored.get(p, -1) < o}


def _reset(context: MigrationContext) -> OffsetReset:
    known = {**stored_offsets(context, _bulk(context)), **moved_offsets(context)}
    return copying.offset_reset(partitions(context, frozenset(bulk_topics(context))), known)
