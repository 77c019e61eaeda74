"""Replicating: workers run, mirrors copy, every topic stays within its lag for a while."""

from __future__ import annotations

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import names
from kafka_migration.decide.rules.hand_overs import handed_over
from kafka_migration.decide.rules.mirror import workers_hash
from kafka_migration.decide.stages import copy_watch, mirror_care, way_back
from kafka_migration.decide.stages.inventory_frozen import (
    clusters_are_not_as_pinned,
    way_back_is_not_as_planned,
)
from kafka_migration.decide.stages.mirror_care import running
from kafka_migration.decide.stages.target_prepared import has_way_back
from kafka_migration.decide.stages.ways import FORWARD
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import (
    ApplyWorkers,
    CreateConnector,
    Direction,
    ResumeConnector,
    Work,
)
from kafka_migration.model.connect import Connector, Workers
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

# Stages at which a bulk mirror that does not exist was never made.
_BEFORE = ("InventoryFrozen", "TargetPrepared")
SUSTAINED_SECONDS = 5.0  # within maxLag without a break before the stage counts as reached


def bulk_topics(context: MigrationContext) -> tuple[str, ...]:
    """What the bulk mirror lists now."""
    inventory = context.inventory
    every = inventory.topics if inventory else {}
    return tuple(sorted(set(every) - handed_over(context.journal)))


def workers_are_not_ready(context: MigrationContext) -> Verdict:
    """The forward Connect Deployment exists as specified and its pods are ready."""
    return _ready(context, context.facts[facts.WORKERS], "Connect workers")


def reverse_workers_are_not_ready(context: MigrationContext) -> Verdict:
    """The same of the way back: it is there before a unit could need it."""
    return _ready(context, context.facts[facts.REVERSE_WORKERS], "Connect workers of the way back")


def _ready(context: MigrationContext, workers: Workers, what: str) -> Verdict:
    if not workers.exists or workers.spec_hash != workers_hash(context.spec):
        return wait(Reason.CONNECT_NOT_READY, f"creating the {what}")
    if _outdated(context, workers):
        text = f"a password or certificate of the mirrors changed; the {what} get it"
        return wait(Reason.CONNECT_NOT_READY, text)
    if workers.ready < workers.wanted or workers.wanted == 0:
        text = f"{workers.ready} of {workers.wanted} {what} ready{_why(context, workers)}"
        return wait(Reason.CONNECT_NOT_READY, text)
    return PASS


def _why(context: MigrationContext, workers: Workers) -> str:
    wanted = context.spec.replication.mirror_maker2.workers
    if workers.wanted < wanted:
        return f": somebody scaled their Deployment; scale it to {wanted} again"
    return f": {workers.problem}" if workers.problem else ""


def _outdated(context: MigrationContext, workers: Workers) -> bool:
    """The workers' credentials changed, and no unit is in the middle of its write pause."""
    return workers.outdated and not mirror_care.a_unit_moves(context)


def workers_are_missing(context: MigrationContext) -> Verdict:
    """The Connect Deployment is as specified; whether its pods answer is asked of themselves."""
    workers = context.facts[facts.WORKERS]
    if workers.exists and workers.spec_hash == workers_hash(context.spec):
        return PASS
    return wait(Reason.CONNECT_NOT_READY, "creating the Connect workers again")


def apply_workers(context: MigrationContext) -> Work | None:
    """Create or correct the workers; nothing to do while they only start."""
    return _apply(context, context.facts[facts.WORKERS], "forward")


def apply_reverse_workers(context: MigrationContext) -> Work | None:
    """The same of the way back."""
    return _apply(context, context.facts[facts.REVERSE_WORKERS], "reverse")


def _apply(context: MigrationContext, workers: Workers, direction: Direction) -> Work | None:
    wanted = workers_hash(context.spec)
    same = workers.spec_hash == wanted and not _outdated(context, workers)
    return None if same else ApplyWorkers(direction, wanted)


def topics_were_recreated(context: MigrationContext) -> Verdict:
    """Topic ids on both sides are the pinned ones (a re-created topic is another log)."""
    inventory = context.inventory
    pinned = {t.name: t.topic_id for t in inventory.topics.values()} if inventory else {}
    started = context.journal.last(EntryKind.REPLICATION_STARTED)
    target_pinned = started.data["targetIds"] if started else {}
    sides = (
        ("source", pinned, context.facts[facts.SOURCE_TOPICS]),
        ("target", target_pinned, context.facts[facts.TARGET_TOPICS]),
    )
    problems = []
    for side, ids, present in sides:
        for name, topic_id in sorted(ids.items()):
            topic = present.get(name)
            if topic is None:
                text = f"topic {name} is gone from the {side}; restore it or start anew without it"
                problems.append(Problem(Reason.TOPIC_MISSING, f"topic/{name}", text))
            elif topic.topic_id != topic_id:
                text = (
                    f"topic {name} on the {side} is not the one that was frozen (it was deleted "
                    "and created again); start a new KafkaMigration"
                )
                problems.append(Problem(Reason.TOPIC_RECREATED, f"topic/{name}", text))
    return fail(problems)


def replication_is_not_recorded(context: MigrationContext) -> Verdict:
    """Target topic ids are pinned in an entry before the first mirror exists."""
    if context.journal.last(EntryKind.REPLICATION_STARTED):
        return PASS
    return wait(Reason.REPLICATION_STARTING, "pinning the target's topic ids")


def record_start(context: MigrationContext) -> Work | None:
    """Pin the target's topic ids."""
    ids = {n: t.topic_id for n, t in sorted(context.facts[facts.TARGET_TOPICS].items())}
    return Entry(EntryKind.REPLICATION_STARTED, 1, {"targetIds": ids})


def _bulk(context: MigrationContext) -> Connector | None:
    return context.facts[facts.CONNECTORS].get(names.bulk_connector(context.short_uid))


def bulk_mirror_is_not_running(context: MigrationContext) -> Verdict:
    """The bulk mirror runs as planned; not needed once every topic is handed over."""
    wanted = bulk_topics(context)
    connector = _bulk(context)
    if not wanted:
        return PASS
    if connector is None:
        if context.loaded.status.get("stage") in _BEFORE:
            return wait(Reason.REPLICATION_STARTING, "creating the bulk mirror")
        text = "the bulk mirror is gone, and a new one would copy all once more; restore it"
        return fail([Problem(Reason.TASK_FAILED, "connector/bulk", text)])
    if connector.topics != frozenset(wanted):
        listed = ", ".join(sorted(connector.topics ^ frozenset(wanted))[:3])
        text = f"the bulk mirror lists other topics than planned ({listed}); who changed it?"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{connector.name}", text)])
    if connector.state == "FAILED" or "FAILED" in connector.tasks.values():
        return PASS  # the next task restarts what failed
    return running(connector)


def start_bulk_mirror(context: MigrationContext) -> Work | None:
    """Create it STOPPED, then resume it."""
    connector = _bulk(context)
    name = names.bulk_connector(context.short_uid)
    if connector is None:
        return CreateConnector("forward", name, bulk_topics(context))
    return ResumeConnector("forward", name) if connector.state in ("STOPPED", "PAUSED") else None


def lag_is_too_high(context: MigrationContext) -> Verdict:
    """Within maxLagSeconds without a break for a while, measured on stored offsets."""
    streak = context.facts[facts.WITHIN_LAG_SECONDS]
    if streak >= SUSTAINED_SECONDS:
        return PASS
    limit = context.spec.replication.max_lag_seconds
    text = f"within {limit} s of lag for {streak:.0f} s, {SUSTAINED_SECONDS:.0f} s needed"
    return wait(Reason.LAG_TOO_HIGH, text)


_STANDING: tuple[Task[MigrationContext], ...] = (
    Task("way back as planned", (), way_back_is_not_as_planned),
    Task(
        "clusters as pinned",
        (facts.SOURCE_CLUSTER, facts.TARGET_CLUSTER),
        clusters_are_not_as_pinned,
    ),
    Task("topic ids", (facts.SOURCE_TOPICS, facts.TARGET_TOPICS), topics_were_recreated),
    Task("workers", (facts.WORKERS,), workers_are_not_ready, apply_workers),
    *copy_watch.standing(FORWARD),
)
_MIRRORS: tuple[Task[MigrationContext], ...] = (
    Task("bulk mirror", (facts.CONNECTORS,), bulk_mirror_is_not_running, start_bulk_mirror),
    mirror_care.failed_tasks(FORWARD),
    *mirror_care.progress(FORWARD),
)
_WAY_BACK: tuple[Task[MigrationContext], ...] = (
    Task(
        "workers of the way back",
        (facts.REVERSE_WORKERS,),
        reverse_workers_are_not_ready,
        apply_reverse_workers,
        has_way_back,
    ),
)
# What must stay true from the first mirror on, whatever else is done or waited for.
GUARDS: tuple[Task[MigrationContext], ...] = (
    *_STANDING,
    *_MIRRORS,
    *_WAY_BACK,
    *way_back.CARE,
)
TASKS: tuple[Task[MigrationContext], ...] = (
    *_STANDING,
    *_WAY_BACK,
    Task("start recorded", (facts.TARGET_TOPICS,), replication_is_not_recorded, record_start),
    *_MIRRORS,
    Task("lag", (facts.WITHIN_LAG_SECONDS,), lag_is_too_high),
)
