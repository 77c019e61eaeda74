"""Acts on the two clusters: topics, rights, committed offsets, the measurement of a DENY."""

from __future__ import annotations

from kafka_migration.act.performing import Scene
from kafka_migration.connections import workload_authentication, workload_connection
from kafka_migration.decide.rules import names
from kafka_migration.model.actions import (
    CommitOffsets,
    CreateTopic,
    EnsureAcls,
    MeasurePropagation,
    Side,
)


def create_topic(scene: Scene, action: CreateTopic) -> None:
    """Create a planned topic on the target."""
    port = scene.kafka("target")
    scene.check()
    port.create_topic(action.topic)


def ensure_acls(scene: Scene, action: EnsureAcls) -> None:
    """Add ALLOW entries; those that exist stay."""
    port = scene.kafka(action.side)
    scene.check()
    port.create_acls(action.acls)


def commit_offsets(scene: Scene, action: CommitOffsets) -> None:
    """Write an empty group's offsets; an active group refuses."""
    port = scene.kafka(action.side)
    scene.check()
    port.commit(action.group, dict(action.offsets))


def measure_propagation(scene: Scene, _action: MeasurePropagation) -> None:
    """Measure with each writer's credential on both clusters; keep the slowest per side."""
    unit = scene.unit
    topic = names.canary_topic(scene.migration.short_uid)
    slowest: dict[str, float] = {}
    sides: tuple[Side, Side] = ("source", "target")
    for side in sides:
        port = scene.kafka(side)
        for workload in unit.writers:
            principal = workload_authentication(workload, side).principal_name
            connection = workload_connection(scene.world.secrets, unit, workload, side)
            scene.check()
            seconds = port.measure_propagation(connection, principal, topic)
            slowest[side] = max(seconds, slowest.get(side, 0.0))
    scene.world.memory_of(unit).propagation = slowest
