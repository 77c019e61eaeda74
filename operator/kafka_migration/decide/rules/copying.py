"""What of a mirror's stored offsets (C) is right, and what follows from it (protocol 5.5). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from kafka_migration.model.connect import OffsetReset
from kafka_migration.model.entries import Entry, EntryKind, Journal, offsets_of
from kafka_migration.model.facts import CopyBounds
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.sides import Direction, Side, opposite

CERTAIN_LOOKS = 2  # wrong in as many looks in a row: nothing more may be copied


def faults(bounds: CopyBounds, read: Side = "source") -> Mapping[Partition, str]:
    """What is wrong with a partition's copy: a gap, a rewound log, a C that fell.

    `read` is the side that is copied, for the words.

    Control records behind the last data record may expire before the mirror's C passes them:
    up to where everything was seen copied, nothing can be missing (docs/adr/0011).
    """
    found = {}
    for partition, copied in sorted(bounds.copied.items()):
        start, end = bounds.starts.get(partition), bounds.ends.get(partition)
        if start is None or end is None:
            continue
        covered = bounds.covered.get(partition, 0)
        excused = covered if covered <= end else 0  # a log that is shorter now is another one
        if start > max(copied + 1, excused) or copied + 1 > end:
            found[partition] = (
                f"copied up to {copied}, but the {read} holds [{start}, {end}); records were lost "
                "to retention or the log was reset"
            )
    for partition, before in sorted(bounds.highest.items()):
        copied = bounds.copied.get(partition, -1)
        if copied < before:
            found[partition] = (
                f"the mirror's offset fell from {before} to {copied}; what it copied is copied "
                "once more"
            )
    return found


def covered(
    copied: Offsets,
    data: Mapping[Partition, int | None],
    stable: Offsets,
    starts: Offsets,
    before: Offsets,
) -> Offsets:
    """Of each partition of which it can be told: the end below which all that is visible was copied.

    `data` is the last visible record below `stable`. None also tells of a log that lost what it
    held: it proves something only if its start, read afterwards, is not behind what was copied
    or, at the same C, was covered `before`.
    """
    found: dict[Partition, int] = {}
    for partition, last in data.items():
        done, end = copied.get(partition), stable.get(partition)
        if done is None or end is None:
            continue
        if last is None:
            start = starts.get(partition)
            proven = start is not None and start <= max(done + 1, before.get(partition, 0))
        else:
            proven = last <= done
        if proven:
            found[partition] = end
    return found


def contradicted(
    copied: Offsets, data: Mapping[Partition, int | None], stable: Offsets, before: Offsets
) -> Collection[Partition]:
    """Partitions whose log is not the one that was seen covered `before`.

    It ends before that end, or shows a visible record between C and there.
    """
    return [
        partition
        for partition, end in before.items()
        if stable.get(partition, end) < end
        or ((last := data.get(partition)) is not None and copied[partition] < last < end)
    ]


def gaps(bounds: CopyBounds) -> Collection[Partition]:
    """Partitions whose log starts behind what was copied: what a memory of the copy may excuse."""
    starts = bounds.starts
    return [p for p, copied in bounds.copied.items() if starts.get(p, 0) > copied + 1]


def certain(bounds: CopyBounds) -> Mapping[Partition, str]:
    """Faults seen in several looks in a row."""
    return {
        partition: text
        for partition, text in faults(bounds).items()
        if bounds.in_a_row.get(partition, 0) >= CERTAIN_LOOKS
    }


def offset_reset(partitions: Collection[Partition], stored: Offsets) -> OffsetReset:
    """`none` once every partition has a stored offset: its loss then stops the copy.

    One partition without an offset would stop its whole task under `none` (verified).
    """
    return "none" if partitions and all(p in stored for p in partitions) else "earliest"


def denied_topics(journal: Journal, direction: Direction = "forward") -> frozenset[str]:
    """Topics of a migration into which a direction's mirrors may not write any more."""
    return frozenset(
        topic
        for entry in journal.of(EntryKind.MIRROR_DENIED)
        if entry.data.get("direction", "forward") == direction
        for topic in entry.data["topics"]
    )


def armed(units: Iterable[Iterable[Entry]], direction: Direction) -> Offsets:
    """The highest offsets at which units have set a direction's mirrors (protocol 3.8)."""
    highest: dict[Partition, int] = {}
    for entry in chain.from_iterable(units):
        if entry.kind is EntryKind.ARMING and opposite(entry.direction) == direction:
            for partition, offset in offsets_of(entry, "offsets").items():
                highest[partition] = max(offset, highest.get(partition, -1))
    return highest


def floors(journal: Journal) -> Offsets:
    """The highest offsets that a migration's journal names."""
    highest: dict[Partition, int] = {}
    for entry in journal.of(EntryKind.HAND_OVER_OFFSETS):
        for topic, numbers in entry.data["offsets"].items():
            for number, offset in numbers.items():
                partition = Partition(topic, int(number))
                highest[partition] = max(offset, highest.get(partition, -1))
    return highest
