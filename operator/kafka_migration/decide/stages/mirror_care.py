"""Standing care of the mirrors: failed tasks restarted, resets set, no standstill unseen (5.5)."""

from __future__ import annotations

from collections.abc import Callable

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import copying, names
from kafka_migration.decide.stages.ways import Way
from kafka_migration.decide.tasks import Task, always
from kafka_migration.model import facts
from kafka_migration.model.actions import ConfigureConnector, RestartTasks, Work
from kafka_migration.model.connect import Connector
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import Restarts, UnitView
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

Applies = Callable[[MigrationContext], bool]
MOST_RESTARTS = 6  # in a row; then people must look
_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 300.0  # seconds before a restart is repeated
_NEVER = Restarts(0, 0.0)
# Steps in which a unit's mirror must not be disturbed; permission has the same set, a layer above.
WRITE_PAUSE = frozenset(
    {"Drain", "Settle", "Fence", "CatchUp", "TranslateOffsets"}
    | {"ArmReverse", "Switch", "Resume", "BackOut"}
)


def running(connector: Connector) -> Verdict:
    """A mirror and all its tasks say RUNNING (necessary, never proof)."""
    failed = [n for n, state in connector.tasks.items() if state == "FAILED"]
    if failed or connector.state == "FAILED":
        text = f"mirror {connector.name}: tasks {failed} failed: {connector.trace}"
        return wait(Reason.TASK_FAILED, text)
    if connector.state != "RUNNING" or not connector.tasks:
        text = f"mirror {connector.name} is {connector.state} with {len(connector.tasks)} tasks"
        return wait(Reason.REPLICATION_STARTING, text)
    return PASS


def partitions(context: MigrationContext, topics: frozenset[str]) -> tuple[Partition, ...]:
    """All partitions of topics, as frozen."""
    inventory = context.inventory
    if inventory is None:
        return ()
    return tuple(p for topic in sorted(topics) for p in inventory.partitions(topic))


def _failed(way: Way, context: MigrationContext) -> Connector | None:
    """The failed mirror whose restart is due first."""
    failed = [c for c in way.ours(context) if "FAILED" in (c.state, *c.tasks.values())]
    return min(failed, key=lambda c: _restarts(way, context, c).count, default=None)


def _restarts(way: Way, context: MigrationContext, connector: Connector) -> Restarts:
    return context.facts[way.restarts].get(connector.name, _NEVER)


def _pause(restarts: Restarts) -> float:
    return min(_FIRST_PAUSE * 2.0 ** (restarts.count - 1), _LONGEST_PAUSE)


def a_task_failed(way: Way, context: MigrationContext) -> Verdict:
    """No mirror of ours, bulk or a unit's, has a failed task."""
    connector = _failed(way, context)
    if connector is None:
        return PASS
    restarts = _restarts(way, context, connector)
    text = f"mirror {connector.name} or a task of it failed: {connector.trace}"
    if restarts.count < MOST_RESTARTS or restarts.seconds_ago < _pause(restarts):
        return wait(Reason.TASK_FAILED, f"{text}; restarted {restarts.count} times")
    text = (
        f"{text}; {restarts.count} restarts did not help: mend the cause, then delete the Connect "
        "pods, which starts the tasks again"
    )
    return fail([Problem(Reason.TASK_FAILED, f"connector/{connector.name}", text)])


def restart(way: Way, context: MigrationContext) -> Work | None:
    """Each time after a longer pause."""
    connector = _failed(way, context)
    if connector is None:
        return None
    restarts = _restarts(way, context, connector)
    waits = restarts.count > 0 and restarts.seconds_ago < _pause(restarts)
    return None if waits else RestartTasks(way.direction, connector.name)


def a_unit_moves(context: MigrationContext) -> bool:
    """A unit is in its write pause; before the first mirror, when nobody asks, none can be."""
    units: tuple[UnitView, ...] = ()
    if context.facts.has(facts.UNITS) and context.facts.unknown(facts.UNITS) is None:
        units = context.facts[facts.UNITS]
    return any(u.loaded.status.get("workingStep") in WRITE_PAUSE for u in units)


def _begins_anew(way: Way, context: MigrationContext) -> Connector | None:
    """A running mirror whose every partition has a stored offset, and which runs on `earliest`."""
    offsets = context.facts[way.offsets]
    moving = a_unit_moves(context)
    for connector in way.ours(context):
        if moving and connector.name != names.bulk_connector(context.short_uid):
            continue  # a PUT starts its tasks again, in the middle of a write pause
        if connector.offset_reset == "none" or connector.state != "RUNNING":
            continue
        stored = offsets[connector.name].offsets if connector.name in offsets else {}
        if copying.offset_reset(partitions(context, connector.topics), stored) == "none":
            return connector
    return None


def a_mirror_would_begin_anew(way: Way, context: MigrationContext) -> Verdict:
    """With all offsets stored, losing one must stop the copy, not begin it again (5.5)."""
    connector = _begins_anew(way, context)
    if connector is None:
        return PASS
    text = f"mirror {connector.name} has all its offsets stored; it gets auto.offset.reset none"
    return wait(Reason.PROGRESSING, text)


def set_reset(way: Way, context: MigrationContext) -> Work | None:
    """An entry, then a PUT of the same configuration but for this."""
    connector = _begins_anew(way, context)
    if connector is None:
        return None
    topics = tuple(sorted(connector.topics))
    data = {"mirror": connector.name, "topics": list(topics), "offsetReset": "none"}
    if any(e.data == data for e in context.journal.of(EntryKind.MIRROR_CONFIGURED)):
        return ConfigureConnector(way.direction, connector.name, topics, "none")
    return Entry(EntryKind.MIRROR_CONFIGURED, 1, data)


def copy_stands_still(way: Way, context: MigrationContext) -> Verdict:
    """No data waits longer than maxLagSeconds, whatever the tasks say of themselves."""
    lag, limit = context.facts[way.lag], context.spec.replication.max_lag_seconds
    if lag <= limit:
        return PASS
    text = (
        f"data of the {way.read} waits for {lag:.0f} s to be copied ({limit} s are allowed); mirrors "
        "that say RUNNING stand still when that side lost what they read next: look at the "
        "Connect log for OffsetOutOfRange and NoOffsetForPartition, else raise tasksMax"
    )
    return wait(Reason.LAG_TOO_HIGH, text)


def mirrors_run(way: Way, context: MigrationContext) -> bool:
    """Some mirror of this direction is not STOPPED, as far as Connect was read."""
    read = context.facts.has(way.connectors) and context.facts.unknown(way.connectors) is None
    return read and any(connector.state != "STOPPED" for connector in way.ours(context))


def failed_tasks(way: Way, applies: Applies = always) -> Task[MigrationContext]:
    """Failed tasks start again."""
    needs = (way.connectors, way.restarts)
    check, act = way.bind(a_task_failed), way.bind(restart)
    return Task(way.named("mirrors run"), needs, check, act, applies)


def progress(way: Way, applies: Applies = always) -> tuple[Task[MigrationContext], ...]:
    """What runs goes on, from where it is."""
    return (
        Task(
            way.named("offset reset"),
            (way.connectors, way.offsets),
            way.bind(a_mirror_would_begin_anew),
            way.bind(set_reset),
            applies,
        ),
        Task(way.named("no standstill"), (way.lag,), way.bind(copy_stands_still), applies=applies),
    )
