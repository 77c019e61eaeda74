"""The awkward topics: how each is made on the source, and what is written to it at each moment.

Called by the journey. `lay` is before the migration, `more` while a unit runs on one side and its
mirror copies to the other. Every name holds dots.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from tests.e2e.awkward_kafka import Cluster, Written

YEAR = 365 * 24 * 3600 * 1000
DAY = 24 * 3600 * 1000
EVER = str(2**63 - 1)
NOW = int(time.time() * 1000)

SHAPES, TRANSACTIONS, COMPACTED = "w-shapes.v1..all_kinds", "w-transactions.v1", "w-compacted.v1"
EXPIRING, STAMPED, TIMES = "w-expiring.v1", "w-stamped.by.broker", "w-times.v1"
LIMITS, HUNDRED, NEVER = "w-limits.v1", "w-hundred.v1", "w-never.written"

PARTITIONS = {TRANSACTIONS: 2, EXPIRING: 1, HUNDRED: 100, NEVER: 3}
CONFIG: dict[str, dict[str, str]] = {
    COMPACTED: {
        "cleanup_policy": "compact",
        "segment_ms": "60000",
        "min_cleanable_dirty_ratio": "0.01",
        "min_compaction_lag_ms": str(7 * DAY),  # until a row lets the cleaner go
    },
    STAMPED: {"message_timestamp_type": "LogAppendTime"},
    TIMES: {"message_timestamp_after_max_ms": EVER},
    LIMITS: {"max_message_bytes": "200000"},
}
LIMIT_AT_FIRST, LIMIT = 200_000, 250_000  # bytes of a batch; a row raises it
HEADS = 72  # 61 bytes of the batch's head and 11 of the record's
ROOM = 40  # what the mirrors' compression adds to a record that does not compress
STAMPS = (NOW, 1, NOW + 10 * YEAR, NOW - 40 * YEAR, 9_999_999_999_999, NOW + 1)
FILLED = (7, 42, 99)  # the only partitions of a hundred that hold records at first
COMPACTED_KEYS = 20
GONE_BEFORE, GONE_AFTER_COPY, GONE_WHILE_FOLLOWED = 60, 80, 95  # log starts of the expiring topic

WRITTEN_BY_THE_UNIT = (SHAPES, TRANSACTIONS, COMPACTED, EXPIRING, STAMPED, TIMES, LIMITS, HUNDRED)
EVERY = (*WRITTEN_BY_THE_UNIT, NEVER)


def shapes(moment: str) -> list[Written]:
    """Null, empty and binary keys, values and headers, in all the mixtures that differ."""
    contents: tuple[bytes | None, ...] = (None, b"", b"\x00\xff\xfe", moment.encode())
    plain = [Written(value, key) for key in contents for value in contents]
    repeated = (("h", b"1"), ("h", None), ("h", b""), ("n", b"\xff\x00"), ("h", b"1"))
    return [
        *plain,
        Written(b"headers", moment.encode(), repeated),
        Written(None, moment.encode(), repeated[::-1]),
        Written(b"names", None, (("", b"no name"), ("kopfzeile-ü", b"\xc3\xbc"), ("a.b c", None))),
        Written(b"many", None, tuple((f"h{number % 3}", b"%d" % number) for number in range(100))),
        *(Written(b"the same", b"again", (), 0, NOW) for _ in range(5)),
        Written(moment.encode(), b"last"),
    ]


def times(moment: str) -> list[Written]:
    """Out of order, from 1970 to the year 2286."""
    return [Written(f"{moment} {stamp}".encode(), b"k", (), 0, stamp) for stamp in STAMPS]


def stamped(moment: str) -> list[Written]:
    """With times of their own, which the broker of the source replaces."""
    return [Written(f"{moment} {n}".encode(), b"k", (), 0, NOW - n * DAY) for n in range(1, 6)]


def limits(moment: str) -> list[Written]:
    """What does not compress, up to what a mirror can write; and many in one batch."""
    most = (LIMIT_AT_FIRST if moment == "history" else LIMIT) - HEADS - ROOM
    return [
        Written(os.urandom(most)),
        Written(os.urandom(most - 1)),
        *(Written(os.urandom(60_000), moment.encode()) for _ in range(10)),
    ]


def filling() -> list[Written]:
    """One byte more, and the broker of the source would refuse it."""
    return [Written(os.urandom(LIMIT_AT_FIRST - HEADS))]


def expiring(moment: str, count: int) -> list[Written]:
    """Plain records that will not stay."""
    return [Written(f"{moment} {number}".encode(), b"k") for number in range(count)]


def compacted(moment: str) -> tuple[list[Written], Written]:
    """Keys over and over, some deleted in the end; and a record so late that it rolls a segment."""
    first = NOW - 2 * 3600 * 1000
    turns = [
        Written(
            f"{moment} {n}".encode() if n < 220 or n % 4 else None,
            f"k{n % COMPACTED_KEYS}".encode(),
            (),
            0,
            first + n,
        )
        for n in range(240)
    ]
    return turns, Written(b"last", b"last", (), 0, first + 3600 * 1000)


def hundred(moment: str, numbers: Sequence[int]) -> list[Written]:
    """Three records in each of the given partitions."""
    return [Written(f"{moment} {n}".encode(), b"k", (), p) for p in numbers for n in range(3)]


def interleaved(cluster: Cluster, topic: str, moment: str) -> list[int]:
    """Committed, aborted and plain records, two transactions at once; offsets of aborted ones."""

    def some(what: str, count: int) -> list[Written]:
        return [Written(f"{moment} {what} {n}".encode(), b"k") for n in range(count)]

    cluster.write(topic, some("plain", 3))
    cluster.transaction(topic, some("committed", 5), commit=True)
    aborted = cluster.transaction(topic, some("aborted", 4), commit=False)
    first, early = cluster.begin(topic, some("aborted between", 2))
    second, _ = cluster.begin(topic, some("committed between", 2))
    first.abort_transaction()
    second.commit_transaction()
    cluster.write(topic, [Written(moment.encode(), None, (), 1)])
    last = cluster.transaction(topic, some("aborted last", 3), commit=False)
    return [*aborted, *early, *last]


def lay(cluster: Cluster, named: Callable[[str], str]) -> list[int]:
    """Make all topics and write their history; returns the offsets of aborted records."""
    for topic in EVERY:
        cluster.make(named(topic), PARTITIONS.get(topic, 1), **CONFIG.get(topic, {}))
    aborted = more(cluster, named, "history")
    cluster.write(named(EXPIRING), expiring("history", 90))
    turns, last = compacted("history")
    cluster.write(named(COMPACTED), turns)
    cluster.write(named(COMPACTED), [last])
    cluster.delete_before(named(EXPIRING), 0, GONE_BEFORE)
    return aborted


def more(
    cluster: Cluster, named: Callable[[str], str], moment: str, filled: Sequence[int] = FILLED
) -> list[int]:
    """Every shape once more, on the side that has authority; returns offsets of aborted records."""
    cluster.write(named(SHAPES), shapes(moment))
    cluster.write(named(TIMES), times(moment))
    cluster.write(named(STAMPED), stamped(moment))
    cluster.write(named(EXPIRING), expiring(moment, 10))
    # One record a batch without compression: it is then as large as the limit allows.
    alone = {"compression.type": "none", "batch.num.messages": 1}
    cluster.write(named(LIMITS), limits(moment), **alone)
    # A batch that the broker takes although its records are larger than the limit.
    large = [Written(b"." * 900_000, moment.encode())]
    cluster.write(named(LIMITS), large, **{"compression.type": "lz4"})
    cluster.write(named(HUNDRED), hundred(moment, filled))
    return interleaved(cluster, named(TRANSACTIONS), moment)
