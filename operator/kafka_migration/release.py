"""Our finalizer: put on at first sight, taken off at a safe point. Called by reconcile.

Deleting an object never moves a unit (design 3): before Switch it goes back, after it stays.
"""

from __future__ import annotations

from kafka_migration.api.base import FINALIZER
from kafka_migration.decide.permission import MOVING
from kafka_migration.model.kubernetes import Event, Key, Loaded
from kafka_migration.world import World

AGAIN_SECONDS = 0.2
UNITS_LEFT_SECONDS = 2.0


def release(world: World, loaded: Loaded) -> float | None:
    """None = go on with the tick; 0.0 = the object may go; else look again after that time."""
    if not loaded.deleting:
        if FINALIZER in loaded.finalizers:
            return None
        world.store.set_finalizers(loaded, [*loaded.finalizers, FINALIZER])
        return AGAIN_SECONDS
    if FINALIZER not in loaded.finalizers:
        return 0.0
    if loaded.key.kind == "KafkaMigration" and _units_left(world, loaded):
        text = "waits for its WorkloadCutovers to be deleted first"
        world.store.publish(loaded, Event("DeletionWaits", text, warning=True))
        return UNITS_LEFT_SECONDS
    if loaded.key.kind == "WorkloadCutover" and loaded.status.get("workingStep") in MOVING:
        return None  # inside the critical section: back out, or finish Resume
    if loaded.key.kind == "WorkloadCutover" and _could_come_back(world, loaded):
        text = (
            "waits while the unit is on the target: set spec.desiredCluster to Source to bring it "
            "back first, or remove the finalizer to leave it there for good"
        )
        world.store.publish(loaded, Event("DeletionWaits", text, warning=True))
        return None
    others = [f for f in loaded.finalizers if f != FINALIZER]
    world.store.set_finalizers(loaded, others)
    return 0.0


def _could_come_back(world: World, unit: Loaded) -> bool:
    """With its journal and its register entries the way back would go (design 3).

    Until the migration is Completed: then there is none, and its last comparison needs no unit.
    """
    if unit.status.get("activeCluster") != "Target":
        return False
    reference = unit.spec["migrationRef"]
    key = Key("KafkaMigration", reference["namespace"], reference["name"])
    migration = world.store.load(key)
    if migration is None or migration.status.get("stage") == "Completed":
        return False
    return bool(migration.spec.get("replication", {}).get("reverse") == "Enabled")


def _units_left(world: World, migration: Loaded) -> bool:
    key = migration.key
    for found in world.store.list_keys():
        reference = found.spec.get("migrationRef", {})
        named = (reference.get("namespace"), reference.get("name"))
        if found.key.kind == "WorkloadCutover" and named == (key.namespace, key.name):
            return True
    return False
