"""What the two logs say by themselves and side by side.

Part of the checker, called by `checker.judge`; pure. It must never let one missing record hide the
comparison of those behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from kmig_demo.evidence import Identity, Log, LogRecord
from kmig_demo.findings import Findings, Kind

Places = dict[Identity, tuple[int, int]]
"""Where a record stands in one log: (partition, offset)."""


def name(identity: Identity | None) -> str:
    """A record in words."""
    if identity is None:
        return "a record that is not of this run"
    return f"key {identity[1]} sequence {identity[2]} ({identity[0]})"


def places_of(log: Log) -> Places:
    """Where each record of this run stands first."""
    places: Places = {}
    for partition, records in log.partitions.items():
        for record in records:
            if record.identity is not None:
                places.setdefault(record.identity, (partition, record.offset))
    return places


def compare_log(side: str, log: Log, acknowledged: Container[Identity], findings: Findings) -> None:
    """Each log alone: nothing twice, nothing foreign, every key's sequence growing."""
    seen: set[Identity] = set()
    last: dict[str, int] = {}
    for partition, records in log.partitions.items():
        for record in records:
            where = f"{side} partition {partition} offset {record.offset}"
            identity = record.identity
            if identity is None:
                findings.add(Kind.FOREIGN, f"{where} holds {name(None)}")
                continue
            if identity in seen:
                findings.add(Kind.DUPLICATED, f"{where} repeats {name(identity)}")
                continue
            seen.add(identity)
            if identity not in acknowledged:
                findings.add(Kind.UNACKNOWLEDGED, f"{where} holds {name(identity)}")
                continue
            if identity[2] <= last.get(identity[1], 0):
                findings.add(Kind.OUT_OF_ORDER, f"{where}: {name(identity)} after a later one")
            else:
                last[identity[1]] = identity[2]


def compare_fence(
    source: Log, acknowledged: Container[Identity], on_target: Places, findings: Findings
) -> None:
    """Nothing may stand on the source alone; an acknowledged one is named as lost elsewhere."""
    for partition, records in source.partitions.items():
        for record in records:
            identity = record.identity
            if identity is None or identity in on_target or identity in acknowledged:
                continue
            what = f"source partition {partition} offset {record.offset} holds {name(identity)}"
            findings.add(Kind.BEYOND_FENCE, f"{what}, which the target does not have")


def compare_prefix(topic: str, source: Log, target: Log, findings: Findings) -> None:
    """The source log must be how the target log begins, partition by partition."""
    if set(source.partitions) != set(target.partitions):
        numbers = f"{len(source.partitions)} and {len(target.partitions)}"
        findings.add(Kind.MISSING_EVIDENCE, f"{topic}: {numbers} partitions on source and target")
    for partition in set(source.partitions) & set(target.partitions):
        where = f"{topic} partition {partition}"
        _compare_partition(
            where, source.partitions[partition], target.partitions[partition], findings
        )


def _compare_partition(
    where: str, source: list[LogRecord], target: list[LogRecord], findings: Findings
) -> None:
    # Losses and copies are named by identity elsewhere; here they must not shift the comparison.
    originals, copies = _first_of_each(source), _first_of_each(target)
    wanted = [record for record in originals.values() if record.identity in copies]
    found = [record for record in copies.values() if record.identity in originals]
    for original, copy in zip(wanted, found, strict=True):
        if original.identity != copy.identity:
            what = f"{where}: {name(original.identity)} of source offset {original.offset}"
            findings.add(Kind.OUT_OF_ORDER, f"{what} is not next at target offset {copy.offset}")
            break
    own = [record.offset for record in copies.values() if record.identity not in originals]
    if own and found and own[0] < found[-1].offset:
        what = f"{where}: target offset {found[-1].offset} copies the source"
        findings.add(Kind.OUT_OF_ORDER, f"{what} after offset {own[0]} did not")


def _first_of_each(records: list[LogRecord]) -> dict[Identity | None, LogRecord]:
    first: dict[Identity | None, LogRecord] = {}
    for record in records:
        first.setdefault(record.identity, record)
    return first


def compare_archive(source: Log, target: Log, findings: Findings) -> None:
    """The topic that is only mirrored: both logs hold the same records, once each."""
    if not any(source.partitions.values()):
        findings.add(Kind.MISSING_EVIDENCE, "not one record was read from the archive's source log")
    compare_prefix("orders-archive", source, target, findings)
    original = {(p, r.identity) for p, records in source.partitions.items() for r in records}
    copies = Counter((p, r.identity) for p, records in target.partitions.items() for r in records)
    for partition, identity in original - set(copies):
        where = f"orders-archive partition {partition}"
        findings.add(Kind.LOST, f"{name(identity)} of {where} is not on the target")
    for (partition, identity), times in copies.items():
        where = f"orders-archive partition {partition}"
        if (partition, identity) not in original:
            findings.add(Kind.FOREIGN, f"target {where} holds {name(identity)}")
        elif times > 1:
            findings.add(Kind.DUPLICATED, f"target {where} repeats {name(identity)}")
