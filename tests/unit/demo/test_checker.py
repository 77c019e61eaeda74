"""The checker names each planted fault, and is never content with less than all evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kmig_demo.checker import judge
from kmig_demo.evidence import (
    MOVE,
    SOURCE,
    TARGET,
    Crossing,
    Evidence,
    Identity,
    Log,
    LogRecord,
    Part,
    PauseShares,
    Sighting,
)
from kmig_demo.findings import Kind

PARTITIONS = 3
BEFORE, AFTER = 20, 10  # records per partition acknowledged by the source, by the target


def record(partition: int, number: int) -> Identity:
    """The record at `number` of a partition; one key per partition."""
    return ("w1" if number < BEFORE else "w2", f"k{partition}", number + 1)


def sound_move() -> Evidence:
    """Everything acknowledged, copied, read once: a move that the checker must call ok."""
    acks: list[Sighting] = []
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
    acks.sort(key=lambda row: row.millis)
    reads = [replace(row, millis=row.millis + 5) for row in acks]
    archive = Log({0: [LogRecord(("history", "a0", n + 1), n) for n in range(5)]})
    return Evidence(
        acks=Part(acks),
        reads=Part(reads),
        failures=Part(),
        source=Log(source),
        target=Log(target),
        archive_source=archive,
        archive_target=Log({0: list(archive.partitions[0])}),
        crossings=crossing(1.2, 0.3),
    )


def crossing(operator: float | None, settle: float | None) -> tuple[Crossing, ...]:
    """One crossing with what the operator said of its pause."""
    return (Crossing(MOVE, PauseShares(operator, settle)),)


def with_target(evidence: Evidence, partition: int, records: list[LogRecord]) -> Evidence:
    """The same move, with another log in one partition of the target."""
    partitions = {**evidence.target.partitions, partition: records}
    return replace(evidence, target=Log(partitions))


def renumbered(records: list[LogRecord]) -> list[LogRecord]:
    """The records at offsets that follow one another again."""
    return [LogRecord(entry.identity, offset) for offset, entry in enumerate(records)]


def test_a_sound_move_is_ok() -> None:
    """Nothing planted, nothing found; the pause is last source to first target ack."""
    judgement = judge(sound_move())
    assert judgement.findings.counts == {}
    assert judgement.findings.verdict == "ok"
    assert judgement.acknowledged == 90
    assert judgement.pause.total == pytest.approx(2.501)
    assert (judgement.pause.operator, judgement.pause.settle) == (1.2, 0.3)


def test_a_record_missing_from_the_target_log_is_lost_by_name() -> None:
    """A mirror that drops one record: one loss, and the records behind it stay compared."""
    evidence = sound_move()
    records = [entry for entry in evidence.target.partitions[1] if entry.offset != 7]
    judgement = judge(with_target(evidence, 1, records))
    assert judgement.findings.counts == {Kind.LOST: 1}
    assert judgement.findings.verdict == "failed"
    (words,) = judgement.findings.examples[Kind.LOST]
    assert "key k1 sequence 8" in words
    assert "source partition 1 offset 7" in words
    assert "absent from the target log" in words


def test_a_record_that_was_never_consumed_is_lost_by_name() -> None:
    """A group that skips one record."""
    evidence = sound_move()
    gone = record(2, 25)
    reads = [row for row in evidence.reads.rows if row.identity != gone]
    judgement = judge(replace(evidence, reads=Part(reads)))
    assert judgement.findings.counts == {Kind.LOST: 1}
    assert "never consumed" in judgement.findings.examples[Kind.LOST][0]


def test_a_record_twice_in_the_target_log_is_a_duplicate() -> None:
    """A mirror that copies one record again at the end."""
    evidence = sound_move()
    records = evidence.target.partitions[0]
    judgement = judge(with_target(evidence, 0, [*records, LogRecord(record(0, 4), 99)]))
    assert judgement.findings.counts == {Kind.DUPLICATED: 1}
    assert "offset 99 repeats key k0 sequence 5" in judgement.findings.examples[Kind.DUPLICATED][0]


def test_two_records_exchanged_in_the_target_log_are_out_of_order() -> None:
    """The order of one key is broken, and the source log is no longer how the target begins."""
    evidence = sound_move()
    records = list(evidence.target.partitions[0])
    records[3], records[4] = records[4], records[3]
    judgement = judge(with_target(evidence, 0, renumbered(records)))
    assert judgement.findings.count(Kind.OUT_OF_ORDER) == 2
    assert judgement.findings.verdict == "failed"


def test_a_copy_after_the_targets_own_records_is_out_of_order() -> None:
    """A source record that arrives after the first write on the target."""
    evidence = sound_move()
    records = list(evidence.target.partitions[0])
    records.insert(BEFORE + 2, records.pop(BEFORE - 1))
    judgement = judge(with_target(evidence, 0, renumbered(records)))
    assert any(
        "copies the source after" in words
        for words in judgement.findings.examples[Kind.OUT_OF_ORDER]
    )


def test_a_record_consumed_twice_is_a_re_read() -> None:
    """A group that starts one record too early on the target."""
    evidence = sound_move()
    again = replace(evidence.reads.rows[BEFORE - 1], cluster=TARGET)
    judgement = judge(replace(evidence, reads=Part([*evidence.reads.rows, again])))
    assert judgement.findings.counts == {Kind.RE_READ: 1}
    assert "was consumed again, from target" in judgement.findings.examples[Kind.RE_READ][0]


def test_consumption_in_another_order_is_named() -> None:
    """Each record once, but one key's sequence falls."""
    evidence = sound_move()
    rows = list(evidence.reads.rows)
    rows[3], rows[6] = rows[6], rows[3]
    judgement = judge(replace(evidence, reads=Part(rows)))
    assert judgement.findings.counts == {Kind.OUT_OF_ORDER: 1}


@pytest.mark.parametrize("side", [SOURCE, TARGET])
def test_a_foreign_record_in_a_log_is_named(side: str) -> None:
    """A record that no producer of this run wrote."""
    evidence = sound_move()
    if side == SOURCE:
        records = [*evidence.source.partitions[0], LogRecord(None, 50)]
        evidence = replace(evidence, source=Log({**evidence.source.partitions, 0: records}))
    else:
        records = [*evidence.target.partitions[0], LogRecord(None, 50)]
        evidence = with_target(evidence, 0, records)
    judgement = judge(evidence)
    assert judgement.findings.counts == {Kind.FOREIGN: 1}
    assert f"{side} partition 0 offset 50" in judgement.findings.examples[Kind.FOREIGN][0]


def test_a_record_on_the_source_alone_is_beyond_the_fence() -> None:
    """A straggler wrote to the source after the mirror had stopped."""
    evidence = sound_move()
    records = [*evidence.source.partitions[0], LogRecord(("w1", "k0", 500), 20)]
    source = Log({**evidence.source.partitions, 0: records})
    judgement = judge(replace(evidence, source=source))
    assert judgement.findings.count(Kind.BEYOND_FENCE) == 1
    assert judgement.findings.verdict == "failed"


def test_an_unacknowledged_record_on_both_sides_is_noted_and_no_fault() -> None:
    """In flight when its producer ended: written and copied, covered by no promise."""
    evidence = sound_move()
    unknown = record(0, BEFORE - 1)
    acks = [row for row in evidence.acks.rows if row.identity != unknown]
    judgement = judge(replace(evidence, acks=Part(acks)))
    assert set(judgement.findings.counts) == {Kind.UNACKNOWLEDGED}
    assert judgement.findings.verdict == "ok"


def test_an_acknowledgement_by_the_source_after_the_target_began_means_two_writers() -> None:
    """The instants of acknowledgement overlap."""
    evidence = sound_move()
    rows = [
        replace(row, millis=row.millis + (9000 if row.cluster == SOURCE else 0))
        for row in evidence.acks.rows
    ]
    judgement = judge(replace(evidence, acks=Part(rows), crossings=crossing(0.0, 0.0)))
    assert judgement.findings.count(Kind.TWO_WRITERS) == 1
    assert judgement.findings.verdict == "failed"


def test_an_acknowledgement_that_names_another_offset_contradicts_the_log() -> None:
    """The log holds the record, elsewhere."""
    evidence = sound_move()
    rows = [replace(evidence.acks.rows[0], offset=11), *evidence.acks.rows[1:]]
    judgement = judge(replace(evidence, acks=Part(rows)))
    assert judgement.findings.counts == {Kind.CONTRADICTION: 1}


def test_a_lost_and_a_repeated_record_of_the_archive_are_named() -> None:
    """The topic that only the bulk mirror carries is compared too."""
    evidence = sound_move()
    records = evidence.archive_target.partitions[0]
    archive = Log({0: [*records[:2], *records[3:], LogRecord(records[0].identity, 9)]})
    judgement = judge(replace(evidence, archive_target=archive))
    assert judgement.findings.counts == {Kind.LOST: 1, Kind.DUPLICATED: 1}


@pytest.mark.parametrize(
    "part", ["acks", "reads", "source", "target", "archive_source", "archive_target"]
)
def test_evidence_that_is_not_there_is_never_ok(part: str) -> None:
    """Empty is not fine: nothing was compared with it."""
    empty: dict[str, Any] = {part: Part() if part in {"acks", "reads"} else Log()}
    judgement = judge(replace(sound_move(), **empty))
    assert judgement.findings.count(Kind.MISSING_EVIDENCE) > 0
    assert judgement.findings.verdict != "ok"


@pytest.mark.parametrize("part", ["acks", "reads", "failures", "source", "target"])
def test_evidence_with_a_fault_is_incomplete(part: str) -> None:
    """All rows agree, but something was unreadable: the move is not proven."""
    evidence = sound_move()
    broken = replace(getattr(evidence, part), faults=["partition 2 could not be read"])
    judgement = judge(replace(evidence, **{part: broken}))
    assert judgement.findings.verdict == "incomplete"


def test_a_pause_share_that_is_missing_is_incomplete() -> None:
    """A figure of the report that nobody measured."""
    judgement = judge(replace(sound_move(), crossings=crossing(1.0, None)))
    assert judgement.findings.verdict == "incomplete"


def test_a_pause_share_longer_than_the_measured_pause_is_a_contradiction() -> None:
    """The operator's own figure does not decide; the acknowledgements do."""
    judgement = judge(replace(sound_move(), crossings=crossing(9.0, 0.3)))
    assert judgement.findings.counts == {Kind.CONTRADICTION: 1}


def test_a_migration_that_did_not_move_is_never_ok() -> None:
    """Equal logs without a switch are not a move."""
    judgement = judge(replace(sound_move(), crossings=()))
    assert judgement.findings.verdict == "failed"
    assert judgement.pause.total is None


def test_logs_with_different_partition_counts_are_not_compared_silently() -> None:
    """A partition that one side lacks."""
    evidence = sound_move()
    fewer = {p: records for p, records in evidence.target.partitions.items() if p != 2}
    judgement = judge(replace(evidence, target=Log(fewer)))
    assert judgement.findings.count(Kind.MISSING_EVIDENCE) == 1
    assert judgement.findings.count(Kind.LOST) == 30
