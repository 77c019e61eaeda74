"""What a translation needs of both logs: anchors around each committed offset, and the records there.

Read in widening looks, because nearly always the nearest offset syncs decide and a partition may
hold millions of records. Answers nothing by itself: rules/translation.py does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kafka_migration.decide.rules import mirror_names
from kafka_migration.decide.rules.segments import segment_at
from kafka_migration.decide.rules.translation import Unanchored, translate
from kafka_migration.decide.steps.owners import partition_maps
from kafka_migration.model import facts
from kafka_migration.model.kafka import (
    Around,
    Offsets,
    Partition,
    Span,
    Sync,
    Topic,
    Visible,
)
from kafka_migration.model.positions import Anchor, Log, Pair, Position, Segment
from kafka_migration.model.sides import DIRECTIONS, Side, entered_by, left_by
from kafka_migration.observe.looking import Look
from kafka_migration.ports import KafkaPort

Positions = Mapping[str, Mapping[Partition, Position]]

_LOOKS = (4, 64, 4096)  # syncs on either side of an offset, until one of them decides
_LISTED = 100_000  # records of a partition in one look


@dataclass(frozen=True)
class Crossing:
    """Both clusters as a group sees them that leaves one for the other."""

    leaving: Side
    here: KafkaPort
    there: KafkaPort
    migration: str  # short UID: in the names of the syncs topics
    compacted: Mapping[Side, Collection[str]]  # topics whose cleanup.policy names compact

    @property
    def entering(self) -> Side:
        """The other side."""
        return "target" if self.leaving == "source" else "source"


def positions(look: Look) -> Positions:
    """Of each group of the unit: where its committed offsets stand in both logs.

    A partition without a commit stands at the end if no record is left in it, else it is absent.
    """
    unit = look.unit
    wanted = unit.partitions(tuple(sorted(unit.spec.topics.reads)))
    maps = partition_maps(look.get(facts.UNITS), unit)
    commits = look.get(facts.LEAVING_COMMITS)
    crossing = Crossing(
        unit.leaving,
        look.world.cluster(unit, unit.leaving),
        look.world.cluster(unit, unit.entering),
        unit.migration.short_uid,
        {
            "source": _compacted(look.get(facts.SOURCE_TOPICS)),
            "target": _compacted(look.get(facts.TARGET_TOPICS)),
        },
    )
    starts = crossing.here.starts(wanted)
    uncommitted = {p for p in wanted if any(p not in c for c in commits.values())}
    empty = _empty(crossing.here, uncommitted)
    found = {}
    for group in unit.spec.consumer_groups:
        committed = {p: c.offset for p, c in commits[group.name].items() if p in starts}
        known = {**empty, **committed}
        offsets = {p: max(offset, starts[p]) for p, offset in known.items()}
        found[group.name] = around(crossing, maps, offsets)
    return found


def _compacted(topics: Mapping[str, Topic]) -> frozenset[str]:
    return frozenset(
        n for n, t in topics.items() if "compact" in t.config.get("cleanup.policy", "")
    )


def _empty(port: KafkaPort, partitions: Collection[Partition]) -> Offsets:
    """Ends of the partitions in which a read_committed reader finds nothing."""
    stable = port.ends(partitions).stable if partitions else {}
    last = port.last_data(stable) if partitions else {}
    return {p: end for p, end in stable.items() if last[p] is None}


def around(
    crossing: Crossing, maps: Mapping[Partition, tuple[Segment, ...]], offsets: Offsets
) -> dict[Partition, Position]:
    """Each offset with its segment, the anchors near it and the records between them."""
    found: dict[Partition, Position] = {}
    left = dict(offsets)
    for count in _LOOKS:
        segments = {p: segment_at(maps[p], crossing.leaving, o) for p, o in left.items()}
        anchors = _anchors(crossing, segments, left, count)
        found |= _read(crossing, segments, left, (anchors, count))
        left = {p: o for p, o in left.items() if isinstance(translate(found[p]), Unanchored)}
        if not left:
            break
    return found


Anchors = Mapping[Partition, tuple[Anchor, ...]]


def _anchors(
    crossing: Crossing, segments: Mapping[Partition, Segment], offsets: Offsets, count: int
) -> Anchors:
    found: dict[Partition, tuple[Anchor, ...]] = {}
    for direction in DIRECTIONS:
        original, copy = left_by(direction), entered_by(direction)
        wanted = {
            p: _wanted(segment, crossing.leaving, offsets[p], count)
            for p, segment in segments.items()
            # At the segment's start there is nothing to count, and perhaps no such mirror.
            if segment.original == original and offsets[p] != segment.start.on(crossing.leaving)
        }
        if not wanted:
            continue
        port = crossing.here if copy == crossing.leaving else crossing.there
        topic = mirror_names.syncs_topic(crossing.migration, direction)
        for partition, syncs in port.syncs(topic, wanted).items():
            pairs = [_pair(sync, original) for sync in syncs]
            found[partition] = _with_edges(
                crossing, segments[partition], pairs, (offsets[partition], count)
            )
    edges = {p: _with_edges(crossing, s, [], (offsets[p], 1)) for p, s in segments.items()}
    return {**edges, **found}


def _wanted(segment: Segment, leaving: Side, offset: int, count: int) -> Around:
    end = segment.end
    return Around(
        offset,
        segment.original != leaving,
        _sync(segment.start, segment.original),
        None if end is None else _sync(end, segment.original),
        count,
    )


def _sync(pair: Pair, original: Side) -> Sync:
    first, second = pair.source, pair.target
    return Sync(first, second) if original == "source" else Sync(second, first)


def _pair(sync: Sync, original: Side) -> Pair:
    first, second = sync.upstream, sync.downstream
    return Pair(first, second) if original == "source" else Pair(second, first)


def _with_edges(
    crossing: Crossing, segment: Segment, pairs: list[Pair], near: tuple[int, int]
) -> tuple[Anchor, ...]:
    """Syncs as anchors; an edge of the segment where no further sync lies before it."""
    offset, count = near
    synced = [Anchor(p.on(crossing.leaving), p.on(crossing.entering), synced=True) for p in pairs]
    below = sum(1 for a in synced if a.leaving <= offset)
    first = [segment.start] if below < count else []
    last = [segment.end] if segment.end is not None and len(synced) - below < count else []
    before, after = (
        [Anchor(p.on(crossing.leaving), p.on(crossing.entering), synced=False) for p in edges]
        for edges in (first, last)
    )
    return (*before, *synced, *after)


def _read(
    crossing: Crossing,
    segments: Mapping[Partition, Segment],
    offsets: Offsets,
    near: tuple[Anchors, int],
) -> dict[Partition, Position]:
    anchors, count = near
    here = crossing.here.visible(
        {p: _span_here(anchors[p], o) for p, o in offsets.items()}, _LISTED
    )
    ends = {p: s.end.on(crossing.entering) if s.end else None for p, s in segments.items()}
    spans = {p: _span_there(anchors[p], (o, count), ends[p]) for p, o in offsets.items()}
    there = crossing.there.visible(spans, _LISTED)
    return {
        p: Position(
            offset,
            segments[p],
            crossing.leaving,
            anchors[p],
            _log(here[p], compacted=p.topic in crossing.compacted[crossing.leaving]),
            _log(there[p], compacted=p.topic in crossing.compacted[crossing.entering]),
        )
        for p, offset in offsets.items()
    }


def _span_here(anchors: tuple[Anchor, ...], offset: int) -> Span:
    return Span(anchors[0].leaving, max(offset, anchors[-1].leaving + 1))


def _span_there(anchors: tuple[Anchor, ...], near: tuple[int, int], end: int | None) -> Span:
    """Up to the anchors above; to the end if there are few, for they may be of aborted copies."""
    offset, count = near
    above = [a.entering + 1 for a in anchors if a.leaving > offset]
    return Span(anchors[0].entering, above[-1] if len(above) >= count else end)


def _log(seen: Visible, *, compacted: bool) -> Log:
    return Log(seen.start, seen.high, seen.stable, seen.data, seen.low, seen.through, compacted)
