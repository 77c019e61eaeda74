"""Recording: the entry's shard first, then the status that names it, by versioned writes.

Called by reconcile before any act. Status that differs in words only is written at most every
two seconds, so that a waiting object does not wear out the API server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kafka_migration import covered_copies, metrics
from kafka_migration.decide.decision import Decision
from kafka_migration.decide.permission import MOVING
from kafka_migration.errors import Conflict, KmigError
from kafka_migration.journal import append_entry, head_of
from kafka_migration.logs import log
from kafka_migration.mirror_memory import RESTED_SECONDS
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kubernetes import Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.world import LEASE_SECONDS, REQUEST_SECONDS, Context, World, home

WORDS_SECONDS = 2.0
NOT_SETTLED_SECONDS = 1.0
FIRST_CRITICAL = "Drain"
_AFTER_TAKE_OVER = frozenset({EntryKind.FENCED, EntryKind.SWITCH})


def timestamp(moment: datetime) -> str:
    """RFC 3339 with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def settled(world: World, context: Context) -> bool:
    """No act of an earlier holder, and no unanswered one, can still arrive (protocol 2.5).

    Ask before the facts are read that an entry is decided from: what was still on its way then
    may have happened after the look (docs/adr/0009).
    """
    unanswered = world.memory_of(context).unanswered
    silent = unanswered is not None and (
        world.clock.monotonic() - unanswered < LEASE_SECONDS + REQUEST_SECONDS
    )
    return not silent and world.lease.settled(REQUEST_SECONDS)


def needs_settled(entry: Entry) -> bool:
    """F and Switch are decided only from facts that were read when all was settled."""
    return entry.kind in _AFTER_TAKE_OVER


def record(world: World, context: Context, decision: Decision) -> Loaded:
    """Write entry and status; returns the object with its new version."""
    loaded = context.loaded
    status = dict(decision.status)
    lag = world.memory_of(context).lag_seconds
    if lag is not None and loaded.key.kind == "KafkaMigration":
        status["replication"] = {"maxLagSeconds": round(lag)}
    if decision.moved and status.get("workingStep") == FIRST_CRITICAL:
        with world.memory.turn:
            _refuse_a_second(world, loaded)
            return write(world, loaded, status)
    if decision.entry is None:
        return write(world, loaded, status)
    world.lease.check(REQUEST_SECONDS)
    entry = replace(decision.entry, at=timestamp(world.clock.now()))
    head = append_entry(world.shards, home(context), loaded.uid, head_of(loaded), entry)
    count = int((loaded.status.get("journal") or {}).get("entries", 0))
    status["journal"] = {"head": head, "entries": count + 1}
    return write(world, loaded, status)


def keep_copied(world: World, context: Context) -> None:
    """Keep for the next process how far was copied what has come to rest (docs/adr/0011).

    Nothing waits for it: what cannot be written is told and tried again later.
    """
    memory, now = world.memory_of(context), world.clock.monotonic()
    covered = memory.covered
    if now < memory.keep_after or not any(each.rests(now) for each in covered.values()):
        return
    pairs = {direction: each.to_keep() for direction, each in covered.items()}
    try:
        world.lease.check(REQUEST_SECONDS)
        covered_copies.write(world.register, context.loaded, pairs)
    except KmigError as error:
        memory.keep_after = now + RESTED_SECONDS
        why = {"reason": error.reason.value, "why": error.message}
        log.warning("what was seen copied is not kept", object=str(context.loaded.key), **why)
        metrics.RECONCILE_ERRORS.labels(context.loaded.key.kind, error.reason.value).inc()
        return
    for direction, each in covered.items():
        each.keeps(pairs[direction])


def _refuse_a_second(world: World, unit: Loaded) -> None:
    """Two units decided at the same moment that it is their turn: the later one looks again."""
    reference = unit.spec.get("migrationRef")
    for other in world.store.list_keys():
        if other.uid == unit.uid or other.spec.get("migrationRef") != reference:
            continue
        if other.status.get("workingStep") in MOVING:
            text = f"{other.key} began to move at the same moment; this one waits"
            raise Conflict(Reason.WAITING_FOR_WAVE, text)


def write(world: World, loaded: Loaded, status: Mapping[str, Any]) -> Loaded:
    """Versioned status write, left out when nothing, or for a moment only words, changed."""
    # The API server removes nulls; compared with them, every look would be a write.
    status = {name: value for name, value in status.items() if value is not None}
    if status == loaded.status:
        return loaded
    memory, now = world.memory.for_key(loaded.key, loaded.uid), world.clock.monotonic()
    recent = memory.written is not None and now - memory.written < WORDS_SECONDS
    if recent and _substance(status) == _substance(loaded.status):
        return loaded
    written = world.store.write_status(loaded, status)
    memory.written = now
    return written


def _substance(status: Mapping[str, Any]) -> dict[str, Any]:
    wordless = {k: v for k, v in status.items() if k not in ("message", "problems", "replication")}
    wordless["conditions"] = [
        {k: v for k, v in c.items() if k != "message"} for c in status.get("conditions", [])
    ]
    return wordless
