"""Acts on the two clusters: topics, rights, committed offsets, the measurement of a DENY."""

from __future__ import annotations

from collections.abc import Callable

from kafka_migration.act.performing import Scene
from kafka_migration.connections import workload_authentication, workload_connection
from kafka_migration.decide.rules import names
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.actions import (
    CommitOffsets,
    CreateTopic,
    EndTransaction,
    EnsureAcls,
    MeasurePropagation,
    ProveCommitRight,
    Side,
)
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason

_SIDES: tuple[Side, Side] = ("source", "target")


def create_topic(scene: Scene, action: CreateTopic) -> None:
    """Create a planned topic."""
    port = scene.kafka(action.side)
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
    port.commit(action.group, dict(action.commits))


def prove_commit_right(scene: Scene, action: ProveCommitRight) -> None:
    """Commit, read back, delete on both sides; every right that is missing is told at once.

    A run that was killed leaves its group to the next one, which writes the same and deletes it.
    """
    missing = [words for side in _SIDES for words in _missing_rights(scene, side, action)]
    if missing:
        text = (
            f"the operator cannot move the offsets of groups: {'; '.join(missing)}. Grant its "
            "principal Describe, Read and Delete on groups (also on those whose name begins with "
            "kmig-) and Read on the unit's topics"
        )
        raise Refused(Reason.NOT_AUTHORIZED, text)


def _missing_rights(scene: Scene, side: Side, action: ProveCommitRight) -> list[str]:
    port, wanted = scene.kafka(side), dict.fromkeys(action.partitions, 0)
    refused: list[str] = []
    found: dict[Partition, int] = {}

    def read_back() -> None:
        commits = port.commits(action.group, action.partitions)
        found.update({partition: commit.offset for partition, commit in commits.items()})

    calls: tuple[Callable[[], None], ...] = (
        lambda: port.commit(action.group, wanted),
        read_back,
        lambda: port.delete_group(action.group),
    )
    for call in calls:
        scene.check()
        try:
            call()
        except Refused as refusal:
            if refusal.reason is not Reason.NOT_AUTHORIZED:
                raise
            refused.append(f"{side}: {refusal.message}")
    if not refused and found != wanted:
        text = f"the {side} gave back other offsets than were committed; it is tried again"
        raise Unavailable(Reason.OFFSET_CONFLICT, text)
    return refused


def end_transaction(scene: Scene, action: EndTransaction) -> None:
    """End what the workload left open under its transactional.id, with its own credential."""
    workload = scene.workload(action.workload)
    connection = workload_connection(scene.world.secrets, scene.unit, workload, action.side)
    port = scene.kafka(action.side)
    scene.check()
    port.end_transaction(connection, action.transactional_id)


def measure_propagation(scene: Scene, _action: MeasurePropagation) -> None:
    """Measure with each writer's credential on both clusters; keep the slowest per side."""
    unit = scene.unit
    topic = names.canary_topic(scene.migration.short_uid)
    slowest: dict[str, float] = {}
    for side in _SIDES:
        port = scene.kafka(side)
        for workload in unit.writers:
            principal = workload_authentication(workload, side).principal_name
            connection = workload_connection(scene.world.secrets, unit, workload, side)
            scene.check()
            seconds = port.measure_propagation(connection, principal, topic)
            slowest[side] = max(seconds, slowest.get(side, 0.0))
    scene.world.memory_of(unit).propagation = slowest
