"""The loop: load -> observe -> decide -> record -> act -> report, one object, one tick.

Called by app for one key at a time. Decide asks for the facts that it lacks; a tick records an
entry or acts, never both; an act is preceded by a versioned write of what allows it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kafka_migration import metrics
from kafka_migration.act import act
from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.decide.cutover import decide_unit
from kafka_migration.decide.decision import Decision, rejected
from kafka_migration.decide.leg import Leg
from kafka_migration.decide.migration import decide_migration
from kafka_migration.errors import Invalid, KmigError, Refused
from kafka_migration.loading import RESTORED, anchor, migration_context, unit_context
from kafka_migration.model.actions import Action, Scale
from kafka_migration.model.facts import Facts
from kafka_migration.model.kubernetes import Key, Loaded
from kafka_migration.model.verdicts import Kind, Problem, Verdict
from kafka_migration.observe import OBSERVERS, observe
from kafka_migration.recording import (
    NOT_SETTLED_SECONDS,
    keep_copied,
    needs_settled,
    record,
    settled,
    timestamp,
    write,
)
from kafka_migration.release import release
from kafka_migration.world import Context, World

if TYPE_CHECKING:
    from kafka_migration.app import App

ROUNDS = len(OBSERVERS) + 1  # each round adds at least one fact
FAILED_ACT_SECONDS = 1.0


def tick(app: App, key: Key) -> float | None:
    """One tick; seconds until the next one, None if the object is gone."""
    world = app.world()
    loaded = world.store.load(key)
    if loaded is None:
        world.memory.forget(key)
        return None
    released = release(world, loaded)
    if released is not None:
        return released or None
    try:
        context: Context = (
            migration_context(world, loaded, own=True)
            if key.kind == "KafkaMigration"
            else unit_context(world, loaded)
        )
    except (Refused, Invalid) as fault:
        return _reject(world, loaded, fault)
    quiet = settled(world, context)
    context, decision = _decide(world, context)
    if decision.entry is not None and needs_settled(decision.entry) and not quiet:
        return NOT_SETTLED_SECONDS
    wake = _carry_out(world, context, decision)
    keep_copied(world, context)
    if decision.moved or decision.entry is not None:
        for other in app.related(key):
            app.enqueue(other)
    return wake


def _decide(world: World, context: Context) -> tuple[Context, Decision]:
    memory = world.memory_of(context)
    # What the last tick of this step asked for is read at once, not one task after the other.
    values: dict[str, Any] = dict(observe(world, context, memory.needed))
    now = timestamp(world.clock.now())
    for _ in range(ROUNDS):
        context = replace(context, facts=Facts(values))
        decided = (
            decide_migration(context, now)
            if isinstance(context, MigrationContext)
            else decide_unit(context, now)
        )
        if isinstance(decided, Decision):
            memory.needed = tuple(context.facts.asked.values())
            return context, decided
        values = {**values, **observe(world, context, decided.facts)}
    raise RuntimeError(f"{context.loaded.key}: a decision asked for facts {ROUNDS} times")


def _carry_out(world: World, context: Context, decision: Decision) -> float:
    loaded = record(world, context, decision)
    metrics.report(context.loaded, loaded)
    memory = world.memory_of(context)
    if decision.entry is not None:
        memory.recorded.add(len(context.journal.entries))
    if decision.moved:
        name = decision.status.get("workingStep") or decision.status.get("stage") or ""
        memory.reset_step(str(name), world.clock.monotonic())
    elif decision.entry is not None:
        memory.answered = frozenset()
    for event in decision.events:
        world.store.publish(loaded, event)
    if decision.action is not None and not _acted(world, context, decision.action):
        return max(decision.wake_after, FAILED_ACT_SECONDS)
    return decision.wake_after


def _acted(world: World, context: Context, action: Action) -> bool:
    """Act; its fault is remembered and shows in the next decision."""
    try:
        act(world, context, action)
    except KmigError as fault:
        world.memory_of(context).failed(fault)
        return False
    if isinstance(action, Scale) and action.replicas > 0 and isinstance(context, UnitContext):
        restored = anchor(RESTORED, Leg(context.attempt, context.direction))
        world.memory_of(context).anchors[restored] = world.clock.monotonic()
    return True


def _reject(world: World, loaded: Loaded, fault: KmigError) -> float:
    problem = Problem(fault.reason, "object", fault.message)
    verdict = Verdict(Kind.FAIL, fault.reason, fault.message, (problem,))
    write(world, loaded, rejected(loaded, verdict, timestamp(world.clock.now())))
    metrics.RECONCILE_ERRORS.labels(loaded.key.kind, fault.reason.value).inc()
    return 5.0
