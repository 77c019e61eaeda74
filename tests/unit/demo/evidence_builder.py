"""A small sound move in memory, from which each test breaks one thing."""

from __future__ import annotations

from dataclasses import replace

from kmig_demo.evidence import (
    SOURCE,
    TARGET,
    Evidence,
    Identity,
    Log,
    LogRecord,
    Part,
    PauseShares,
    Sighting,
)

PARTITIONS = 3
BEFORE, AFTER = 20, 10  # records per partition acknowledged by the source, by the target


def record(partition: int, number: int) -> Identity:
    """The record at `number` of a partition; one key per partition."""
    return ("w1" if number < BEFORE else "w2", f"k{partition}", number + 1)


def sound_move() -> Evidence:
    """Everything acknowledged, copied, read once: a move that the checker must call ok."""
    acks: list[Sighting] = []
    reads: list[Sighting] = []
    source: dict[int, list[LogRecord]] = {}
    target: dict[int, list[LogRecord]] = {}
    for partition in range(PARTITIONS):
        source[partition] = [LogRecord(record(partition, n), n) for n in range(BEFORE)]
        whole = [LogRecord(record(partition, n), n) for n in range(BEFORE + AFTER)]
        target[partition] = whole
        for entry in whole:
            side = SOURCE if entry.offset < BEFORE else TARGET
            millis = 1000 + entry.offset + (2500 if side == TARGET else 0)
            acks.append(Sighting(entry.identity, side, partition, entry.offset, millis))
            reads.append(Sighting(entry.identity, side, partition, entry.offset, millis + 5))
    archive = Log({0: [LogRecord(("history", "a0", n + 1), n) for n in range(5)]})
    return Evidence(
        acks=Part(acks),
        reads=Part(reads),
        failures=Part(),
        source=Log(source),
        target=Log(target),
        archive_source=archive,
        archive_target=Log({0: list(archive.partitions[0])}),
        shares=PauseShares(1.2, 0.3),
    )


def with_target(evidence: Evidence, partition: int, records: list[LogRecord]) -> Evidence:
    """The same move, with another log in one partition of the target."""
    partitions = {**evidence.target.partitions, partition: records}
    return replace(evidence, target=Log(partitions))


def renumbered(records: list[LogRecord]) -> list[LogRecord]:
    """The records at offsets that follow one another again."""
    return [LogRecord(entry.identity, offset) for offset, entry in enumerate(records)]
