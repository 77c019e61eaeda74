"""From stored objects to contexts: specs parsed, journals read, elapsed seconds told.

Called by reconcile and by `kmig plan`. Raises Invalid for what cannot be worked on at all.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.context import Elapsed, MigrationContext, UnitContext
from kafka_migration.decide.leg import Leg, working_leg, working_spec
from kafka_migration.decide.permission import MOVING
from kafka_migration.decide.tasks import Failure
from kafka_migration.errors import Invalid, Refused
from kafka_migration.journal import head_of, read_journal, read_other
from kafka_migration.memory import KeyMemory
from kafka_migration.model.entries import EntryKind, Journal
from kafka_migration.model.kubernetes import Key, Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.world import World

Spec = TypeVar("Spec", bound=BaseModel)
RESTORED = "restored"  # replicas, by our last act


def parse(loaded: Loaded, model: type[Spec]) -> Spec:
    """The spec as a model; Invalid names the first field that is wrong."""
    try:
        return model.model_validate(loaded.spec)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        where = ".".join(["spec", *(str(part) for part in first["loc"])])
        text = f"{where}: {first['msg']}; correct the field"
        raise Invalid(Reason.INVALID_SPEC, text) from None


def migration_context(world: World, loaded: Loaded, *, own: bool) -> MigrationContext:
    """The migration; `own` if it is the object of this tick (its memory then counts)."""
    namespace = loaded.key.namespace
    if not own:
        loaded, journal = read_other(world.shards, namespace, loaded, world.store.load)
        return MigrationContext(loaded, parse(loaded, KafkaMigrationSpec), journal)
    spec = parse(loaded, KafkaMigrationSpec)
    journal = read_journal(world.shards, namespace, loaded.uid, head_of(loaded))
    memory = world.memory.for_key(loaded.key, loaded.uid)
    return MigrationContext(
        loaded,
        spec,
        journal,
        elapsed=Elapsed(in_step=_in_step(world, loaded, memory)),
        answered=memory.answered,
        failure=failure_of(memory),
    )


def unit_context(world: World, loaded: Loaded) -> UnitContext:
    """The unit with its migration."""
    spec = parse(loaded, WorkloadCutoverSpec)
    reference = spec.migration_ref
    found = world.store.load(Key("KafkaMigration", reference.namespace, reference.name))
    if found is None:
        text = (
            f"KafkaMigration {reference.namespace}/{reference.name} does not exist; create it or "
            "make this object anew with the right spec.migrationRef"
        )
        raise Refused(Reason.MIGRATION_NOT_FOUND, text)
    migration = migration_context(world, found, own=False)
    journal = read_journal(world.shards, reference.namespace, loaded.uid, head_of(loaded))
    memory = world.memory.for_key(loaded.key, loaded.uid)
    leg = working_leg(spec.attempt, loaded.status)
    moving = loaded.status.get("workingStep") in MOVING
    spec, changed = working_spec(spec, journal, leg, moving=moving)
    return UnitContext(
        loaded,
        spec,
        journal,
        migration,
        elapsed=_elapsed(world, loaded, journal, leg),
        answered=memory.answered,
        failure=failure_of(memory),
        attempt=leg.attempt,
        changed=changed,
        direction=leg.direction,
    )


def failure_of(memory: KeyMemory) -> Failure | None:
    """The last act's fault as a value."""
    fault = memory.failure
    if fault is None:
        return None
    return Failure(fault.reason, fault.message, isinstance(fault, Refused | Invalid))


def anchor(what: str, leg: Leg) -> str:
    """Under which name memory keeps when something began in a leg."""
    return f"{what} {leg.attempt} {leg.direction}"


def _ago(world: World, at: str) -> float:
    return (world.clock.now() - datetime.fromisoformat(at)).total_seconds()


def _in_step(world: World, loaded: Loaded, memory: KeyMemory) -> float:
    now = world.clock.monotonic()
    if memory.entered is not None:
        return now - memory.entered
    items = loaded.status.get("steps", loaded.status.get("stages", []))
    running = [s for s in items if s.get("state") == "Running" and s.get("startTime")]
    if not running:
        return 0.0
    begun = running[0]
    return memory.since(f"step {begun['name']}", now, _ago(world, begun["startTime"]))


def _elapsed(world: World, loaded: Loaded, journal: Journal, leg: Leg) -> Elapsed:
    memory, now = world.memory.for_key(loaded.key, loaded.uid), world.clock.monotonic()
    seconds = {
        kind: memory.since(anchor(kind.value, leg), now, _ago(world, entry.at))
        for kind in (EntryKind.DRAINING, EntryKind.RESUMED, EntryKind.FREEING)
        if (entry := journal.last(kind, leg.attempt, leg.direction)) is not None
    }
    restored = memory.anchors.get(anchor(RESTORED, leg))
    paused = memory.anchors.get(anchor(EntryKind.DRAINING.value, leg))
    return Elapsed(
        in_step=_in_step(world, loaded, memory),
        in_pause=seconds.get(EntryKind.DRAINING, 0.0),
        observing=seconds.get(EntryKind.RESUMED, 0.0),
        since_freeing=seconds.get(EntryKind.FREEING, 0.0),
        to_restored=None if restored is None or paused is None else restored - paused,
    )
