"""ArmReverse: with replication.reverse Disabled there is nothing to arm; the row keeps its place."""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.tasks import Task

TASKS: tuple[Task[UnitContext], ...] = ()
