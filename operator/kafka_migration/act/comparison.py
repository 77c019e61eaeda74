"""Acts on verifier Jobs: start one with its spec and credentials, instruct it, delete it."""

from __future__ import annotations

from typing import Any

from kafka_migration.act.performing import Scene
from kafka_migration.api.base import GROUP, VERSION
from kafka_migration.connections import operator_connection
from kafka_migration.model.actions import (
    DeleteComparison,
    InstructComparison,
    Side,
    StartComparison,
)
from kafka_migration.model.entries import encode_offsets
from kafka_migration.model.kafka import Connection, Partition

_SIDES: tuple[Side, Side] = ("source", "target")


def start_comparison(scene: Scene, action: StartComparison) -> None:
    """Start a `kmig verify` Job with the operator's own credentials of both clusters.

    The verifier calls the original `source` and the copy `target`, whichever cluster is which.
    """
    migration = scene.migration
    files: dict[str, str] = {}
    clusters: dict[str, Any] = {}
    roles = _SIDES if action.original == "source" else _SIDES[::-1]
    for role, side in zip(_SIDES, roles, strict=True):
        connection = operator_connection(scene.world.secrets, migration, side)
        clusters[role] = _side(connection, side, files)
    owner = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "KafkaMigration",
        "name": migration.loaded.key.name,
        "uid": migration.loaded.uid,
    }
    spec = {
        "mode": action.mode,
        "owner": owner,
        "original": action.original,
        **clusters,
        "partitions": [_task(scene, *item) for item in action.ranges],
        "timestamps": dict(action.timestamps),
    }
    scene.check()
    scene.world.jobs.start(scene.home, action.name, spec, files, migration.loaded.uid)


def _side(connection: Connection, side: Side, files: dict[str, str]) -> dict[str, Any]:
    """One cluster of the spec; its secrets go into `files`, named by the spec."""
    described: dict[str, Any] = {
        "bootstrap": connection.bootstrap_servers,
        "mechanism": connection.mechanism,
        "username": connection.username,
    }
    if connection.password is not None:
        described["passwordFile"] = f"{side}-password"
        files[described["passwordFile"]] = connection.password
    if connection.ca_pem is not None:
        described["caFile"] = f"{side}-ca.crt"
        files[described["caFile"]] = connection.ca_pem
    return described


def _task(
    scene: Scene, partition: Partition, original_from: int, original_to: int | None, copy_from: int
) -> dict[str, Any]:
    task: dict[str, Any] = {
        "topic": partition.topic,
        "partition": partition.number,
        "sourceFrom": original_from,
        "targetFrom": copy_from,
        "cleanup": "compact" if _compacted(scene, partition.topic) else "delete",
    }
    return task if original_to is None else {**task, "sourceTo": original_to}


def _compacted(scene: Scene, topic: str) -> bool:
    """True if either side removes records by key: then absence proves nothing."""
    inventory = scene.migration.inventory
    if inventory is None or topic not in inventory.topics:
        return False
    configs = [inventory.topics[topic].config]
    configs += [planned.config for planned in inventory.plan.topics if planned.name == topic]
    return any("compact" in config.get("cleanup.policy", "") for config in configs)


def instruct_comparison(scene: Scene, action: InstructComparison) -> None:
    """Tell a following Job where both logs end ({F, T})."""
    document = {
        "fence": encode_offsets(dict(action.fence)),
        "end": encode_offsets(dict(action.end)),
    }
    scene.check()
    scene.world.jobs.instruct(scene.home, action.name, document)


def delete_comparison(scene: Scene, action: DeleteComparison) -> None:
    """Delete a verifier Job with what belongs to it."""
    scene.check()
    scene.world.jobs.delete(scene.home, action.name)
