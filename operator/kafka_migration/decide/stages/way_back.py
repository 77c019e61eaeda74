"""The way back while nobody goes it: what the reverse mirrors of switched units need to stay right.

Walked with the migration's guards from Replicating on. As long as no return mirror runs, only
Connect is asked whether one does.
"""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.stages import copy_watch, mirror_care
from kafka_migration.decide.stages.target_prepared import has_way_back
from kafka_migration.decide.stages.ways import BACK
from kafka_migration.decide.tasks import Task


def mirrors_run(context: MigrationContext) -> bool:
    """Some return mirror is not STOPPED, as far as Connect was read."""
    return has_way_back(context) and mirror_care.mirrors_run(BACK, context)


CARE: tuple[Task[MigrationContext], ...] = (
    mirror_care.failed_tasks(BACK, has_way_back),
    *copy_watch.standing(BACK, mirrors_run),
    *mirror_care.progress(BACK, mirrors_run),
)
