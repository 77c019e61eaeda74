"""There and back and there again: the checker names each planted fault and its phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from kmig_demo.checker import judge
from kmig_demo.evidence import (
    MOVE,
    ROLLBACK,
    SECOND_MOVE,
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

PARTITIONS = 2
SIDES = (SOURCE, TARGET, SOURCE, TARGET)
WRITER_LEAVES = (20, 30, 38, 44)  # record numbers per partition; the last is the end
READER_LEAVES = (22, 27, 40, 44)  # after the writer, before it, after it
MARKERS = 5  # offsets that a mirror's transactions take on the source from the rollback on


def turn(number: int, leaves: Sequence[int]) -> int:
    """In which period a record number falls."""
    return next(turn for turn, end in enumerate(leaves) if number < end)


def record(partition: int, number: int) -> Identity:
    """The record at `number` of a partition; one key per partition."""
    return (f"w{turn(number, WRITER_LEAVES) + 1}", f"k{partition}", number + 1)


def offset(side: str, number: int) -> int:
    """Where the record stands; the two logs differ from the first mirrored record on."""
    return number + (MARKERS if side == SOURCE and number >= WRITER_LEAVES[0] else 0)


def seen(leaves: Sequence[int], delay: int) -> list[Sighting]:
    """Every record once, in the order of time, from the side whose turn it is."""
    rows = []
    for number in range(leaves[-1]):
        period = turn(number, leaves)
        side = SIDES[period]
        for p in range(PARTITIONS):
            millis = 1000 + number + 2000 * period + delay
            rows.append(Sighting(record(p, number), side, p, offset(side, number), millis))
    return rows


def whole(side: str) -> Log:
    """A log with every record."""
    numbers = range(WRITER_LEAVES[-1])
    return Log(
        {
            p: [LogRecord(record(p, number), offset(side, number)) for number in numbers]
            for p in range(PARTITIONS)
        }
    )


def sound() -> Evidence:
    """Two moves and the rollback between them, as they should be."""
    archive = Log({0: [LogRecord(("history", "a0", n + 1), n) for n in range(5)]})
    shares = PauseShares(1.2, 0.3)
    return Evidence(
        acks=Part(seen(WRITER_LEAVES, 0)),
        reads=Part(seen(READER_LEAVES, 5000)),
        failures=Part(),
        source=whole(SOURCE),
        target=whole(TARGET),
        archive_source=archive,
        archive_target=archive,
        crossings=tuple(Crossing(name, shares) for name in (MOVE, ROLLBACK, SECOND_MOVE)),
        both_whole=True,
    )


def with_log(evidence: Evidence, side: str, partition: int, records: list[LogRecord]) -> Evidence:
    """The same with another log in one partition of one side."""
    log: Log = getattr(evidence, side)
    changed = Log({**log.partitions, partition: records})
    return (
        replace(evidence, source=changed) if side == SOURCE else replace(evidence, target=changed)
    )


def test_a_sound_round_trip_is_ok_in_every_phase() -> None:
    judgement = judge(sound())
    assert judgement.findings.counts == {}
    assert [(p.name, p.acknowledged) for p in judgement.phases] == [
        (MOVE, 2 * 20),
        (ROLLBACK, 2 * 10),
        (SECOND_MOVE, 2 * (8 + 6)),
    ]
    assert [p.pause.total for p in judgement.phases] == [pytest.approx(2.001)] * 3
    assert judgement.acknowledged == sum(p.acknowledged for p in judgement.phases)


@pytest.mark.parametrize(
    ("number", "side", "phase"),
    [
        (5, SOURCE, MOVE),
        (25, SOURCE, ROLLBACK),
        (33, TARGET, SECOND_MOVE),
        (42, SOURCE, SECOND_MOVE),
    ],
)
def test_a_record_that_one_log_lacks_is_lost_in_its_phase(
    number: int, side: str, phase: str
) -> None:
    """With mirrors both ways each log must hold everything."""
    evidence = sound()
    records = list(getattr(evidence, side).partitions[1])
    del records[number]
    findings = judge(with_log(evidence, side, 1, records)).findings
    assert findings.of(phase).count(Kind.LOST) == findings.count(Kind.LOST) == 1
    assert f"absent from the {side} log" in findings.examples[Kind.LOST][0]
    assert {p for p in (MOVE, ROLLBACK, SECOND_MOVE) if findings.of(p).verdict != "ok"} == {phase}


def test_a_return_mirror_that_begins_too_early_duplicates() -> None:
    """The move's own records come back to the source behind the fence."""
    evidence = sound()
    records = evidence.source.partitions[0]
    again = LogRecord(records[19].identity, WRITER_LEAVES[0])
    found = judge(with_log(evidence, SOURCE, 0, [*records[:20], again, *records[20:]])).findings
    assert found.of(MOVE).counts == found.counts == {Kind.DUPLICATED: 1}


def test_a_record_read_again_after_the_rollback_is_the_rollbacks() -> None:
    evidence = sound()
    rows = list(evidence.reads.rows)
    first = next(n for n, row in enumerate(rows) if row.cluster == TARGET)
    back = next(n for n, row in enumerate(rows) if n > first and row.cluster == SOURCE)
    number = READER_LEAVES[1] - 1
    rows.insert(back, Sighting(record(0, number), SOURCE, 0, offset(SOURCE, number), 9000))
    findings = judge(replace(evidence, reads=Part(rows))).findings
    assert findings.counts == {Kind.RE_READ: 1}
    assert findings.of(ROLLBACK).count(Kind.RE_READ) == 1
    assert findings.examples[Kind.RE_READ][0].startswith("rollback: ")


def test_a_record_skipped_by_the_reader_is_lost() -> None:
    evidence = sound()
    rows = [row for row in evidence.reads.rows if row.identity != record(1, 28)]
    findings = judge(replace(evidence, reads=Part(rows))).findings
    assert findings.of(ROLLBACK).counts == findings.counts == {Kind.LOST: 1}


def test_a_zombie_on_the_target_after_the_rollback_means_two_writers() -> None:
    """The writer of the target is acknowledged again while the source is written."""
    evidence = sound()
    rows = list(evidence.acks.rows)
    late = next(n for n, row in enumerate(rows) if row.identity == record(0, 29))
    rows[late] = replace(rows[late], millis=rows[late].millis + 5000)
    findings = judge(replace(evidence, acks=Part(rows))).findings
    assert findings.of(ROLLBACK).count(Kind.TWO_WRITERS) == 1
    assert findings.verdict == "failed"


@pytest.mark.parametrize("side", [SOURCE, TARGET])
def test_an_unacknowledged_record_on_one_side_alone_is_beyond_the_fence(side: str) -> None:
    evidence = sound()
    records = getattr(evidence, side).partitions[0]
    leaked = LogRecord(("w2", "k0", 500), 99)
    findings = judge(with_log(evidence, side, 0, [*records, leaked])).findings
    assert findings.of(ROLLBACK).count(Kind.BEYOND_FENCE) == 1
    assert findings.verdict == "failed"


def test_the_second_move_alone_in_another_order_is_named() -> None:
    evidence = sound()
    records = list(evidence.target.partitions[0])
    records[40], records[41] = (
        LogRecord(records[41].identity, 40),
        LogRecord(records[40].identity, 41),
    )
    found = judge(with_log(evidence, TARGET, 0, records)).findings
    assert found.of(SECOND_MOVE).count(Kind.OUT_OF_ORDER) == found.count(Kind.OUT_OF_ORDER) == 2


def test_a_rollback_that_nobody_wrote_after_is_not_proven() -> None:
    """Acknowledgements of source, target and no more: two crossings lack their evidence."""
    evidence = sound()
    end = WRITER_LEAVES[1]
    rows = [row for row in evidence.acks.rows if row.identity and row.identity[2] <= end]
    reads = [row for row in evidence.reads.rows if row.identity and row.identity[2] <= end]
    source, target = (
        Log({p: records[:end] for p, records in log.partitions.items()})
        for log in (evidence.source, evidence.target)
    )
    shorter = replace(evidence, acks=Part(rows), reads=Part(reads), source=source, target=target)
    judgement = judge(shorter)
    assert judgement.findings.verdict == "incomplete"
    assert judgement.phases[1].pause.total is None


def test_clusters_that_took_another_turn_than_the_crossings_contradict_them() -> None:
    """Somebody switched once more than the report claims."""
    evidence = replace(sound(), crossings=sound().crossings[:2])
    findings = judge(evidence).findings
    assert findings.counts == {Kind.CONTRADICTION: 2}
    words = findings.examples[Kind.CONTRADICTION]
    assert "acknowledged by source, target, source, target" in words[0]
    assert "consumed from source, target, source, target" in words[1]


def test_a_reader_that_crossed_by_itself_takes_its_own_turns() -> None:
    """Its crossings are said apart; the writer's are not asked of it then."""
    evidence = sound()
    crossed = len(evidence.crossings)
    assert judge(replace(evidence, reader_crossings=crossed)).findings.verdict == "ok"
    found = judge(replace(evidence, reader_crossings=crossed + 2)).findings
    assert found.count(Kind.MISSING_EVIDENCE) == 1


def test_a_share_that_the_operator_does_not_report_is_missing_in_its_phase_only() -> None:
    evidence = sound()
    crossings = (*evidence.crossings[:2], Crossing(SECOND_MOVE, PauseShares(None, 0.3)))
    findings = judge(replace(evidence, crossings=crossings)).findings
    assert findings.of(SECOND_MOVE).verdict == "incomplete"
    assert findings.of(MOVE).verdict == findings.of(ROLLBACK).verdict == "ok"
