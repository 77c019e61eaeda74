"""Facts of how the mirrors' copies go on: bounds, lag, restarts, changes of stored offsets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from kafka_migration import covered_copies
from kafka_migration.decide.rules import copying, hand_overs
from kafka_migration.errors import KmigError
from kafka_migration.mirror_memory import CopyWatch, Coverage
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import CopyBounds, Restarts
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.sides import Direction, left_by
from kafka_migration.observe.looking import Look
from kafka_migration.observe.migration import mirror_offsets

# After these a stored offset is written that a late answer to an earlier holder could undo.
_PATCHED_AFTER = (
    EntryKind.HAND_OVER_OFFSETS,
    EntryKind.HAND_OVER_TAKING_BACK,
    EntryKind.ARMING,
)


def _watched(look: Look) -> Mapping[str, Connector]:
    """Mirrors that copy, or are to: not those that a unit has stopped for its move.

    A stopped mirror's source may lose records, or get them from the way back.
    """
    units = hand_overs.receivers(look.migration.journal)
    every = look.get(facts.CONNECTORS)
    return {n: c for n, c in every.items() if c.state != "STOPPED" or n not in units}


def _copied(look: Look, offsets: Mapping[str, ConnectorOffsets]) -> Offsets:
    return by_topics(_watched(look), offsets)


def by_topics(mirrors: Mapping[str, Connector], offsets: Mapping[str, ConnectorOffsets]) -> Offsets:
    """Per partition the stored offset of the mirror that lists its topic."""
    copied: dict[Partition, int] = {}
    for name, connector in mirrors.items():
        stored = offsets[name].offsets if name in offsets else {}
        for partition, offset in stored.items():
            if partition.topic in connector.topics:
                copied[partition] = max(offset, copied.get(partition, -1))
    return copied


def copy_bounds(look: Look) -> CopyBounds:
    """Log starts, then stored offsets, then ends: never from readings made for another fact."""
    port, partitions = look.world.cluster(look.context, "source"), look.partitions_in_scope()
    starts = port.starts(partitions)
    offsets = mirror_offsets(look)
    copied = _copied(look, offsets)
    ends = port.ends(partitions).high
    watch = look.memory.copies
    watch.saw(copying.floors(look.migration.journal))
    listed = {t for n, c in _watched(look).items() if n in offsets for t in c.topics}
    highest = watch.highest([p for p in partitions if p.topic in listed])
    watch.saw(copied)
    return judged(look, "forward", watch, CopyBounds(starts, copied, ends, highest))


def judged(look: Look, direction: Direction, watch: CopyWatch, read: CopyBounds) -> CopyBounds:
    """Bounds with what excuses a log's start, and how often in a row each copy was wrong.

    When what was kept cannot be read, only what it might have excused stays unknown.
    """
    try:
        covered = coverage(look, direction).covered(read.copied)
    except KmigError:
        wrong = copying.faults(read)
        if wrong and set(wrong) <= set(copying.gaps(read)):
            raise
        covered = {}
    bounds = replace(read, covered=covered)
    return replace(bounds, in_a_row=watch.count(copying.faults(bounds)))


def within_lag_seconds(look: Look) -> float:
    """How long the copy has been within the allowed lag without a break."""
    began = look.world.clock.monotonic()
    every, stable = look.get(facts.LAST_DATA), look.get(facts.SOURCE_ENDS).stable
    at_rest = {
        topic
        for name, connector in look.get(facts.CONNECTORS).items()
        if name not in _watched(look)
        for topic in connector.topics
    }
    data = {p: last for p, last in every.items() if p.topic not in at_rest}
    copied = _copied(look, look.get(facts.MIRROR_OFFSETS))
    cover(look, "forward", copied, (data, stable))
    limit = look.migration.spec.replication.max_lag_seconds
    return look.memory.streak.look(began, copied, data, limit)


def coverage(look: Look, direction: Direction) -> Coverage:
    """What a direction's mirrors were seen to have copied, by the process before this one too."""
    every = look.memory.covered
    if not all(covered.recalled for covered in every.values()):
        kept = covered_copies.read(look.world.register, look.migration.loaded)
        for of, covered in every.items():
            covered.recall(kept[of])
    return every[direction]


def cover(
    look: Look,
    direction: Direction,
    copied: Offsets,
    seen: tuple[Mapping[Partition, int | None], Offsets],
) -> None:
    """Remember how far everything was copied; `seen` is the last data and the ends that it is below.

    The starts are read after the data: what expired in between would else count as copied.
    """
    (data, stable), covered = seen, coverage(look, direction)
    covered.withdraw(copying.contradicted(copied, data, stable, covered.covered(copied)))
    before = covered.covered(copied)
    known = {p: max(done + 1, before.get(p, 0)) for p, done in copied.items()}
    empty = [p for p, last in data.items() if last is None and known.get(p, math.inf) < stable[p]]
    starts = look.world.cluster(look.context, left_by(direction)).starts(empty) if empty else {}
    ends = copying.covered(copied, data, stable, starts, before)
    covered.cover(copied, ends, look.world.clock.monotonic())


def lag_seconds(look: Look) -> float:
    """Age of the oldest data that is seen not to be copied."""
    look.get(facts.WITHIN_LAG_SECONDS)
    return look.memory.lag_seconds or 0.0


def restarts(look: Look) -> Mapping[str, Restarts]:
    """Restarts of failed tasks, by mirror."""
    return restarts_of(look, look.get(facts.CONNECTORS))


def restarts_of(look: Look, mirrors: Mapping[str, Connector]) -> Mapping[str, Restarts]:
    """One more look at whether these mirrors fail; how often each was restarted."""
    failed = {
        name: "FAILED" in (connector.state, *connector.tasks.values())
        for name, connector in mirrors.items()
    }
    return look.memory.restarts.look(failed, look.world.clock.monotonic())


def patch_quiet_seconds(look: Look) -> float:
    """Seconds since a change of stored offsets without an answer can last have been sent.

    Infinite if every one was answered to this process. What a process before it sent counts as
    sent when this one took over (protocol 2.3, 5.3).
    """
    memory, now = look.memory, look.world.clock.monotonic()
    quiet = math.inf if memory.unanswered_patch is None else now - memory.unanswered_patch
    entries = look.context.journal.entries
    opened = [at for at, entry in enumerate(entries) if entry.kind in _PATCHED_AFTER]
    if opened and opened[-1] not in memory.recorded:
        quiet = min(quiet, memory.since(f"taken over at {opened[-1]}", now, 0.0))
    return quiet
