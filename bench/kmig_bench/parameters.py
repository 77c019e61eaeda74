"""What is measured: sizes, groups, variants; and the digests by which a finished row is known.

Called by everything. Pure but for `read`, which reads the environment.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kmig_bench.errors import BenchError

PARTITIONS: Final = 6
TASKS: Final = 2
SHARES: Final = (25, 50, 90, 99, 100)  # percent of each partition that a group had read
TOPICS: Final = ("ordinary", "transactional")
FULL: Final = 1_500_000
PART: Final = 5  # the re-read topic has a fifth of the records
ROUNDS: Final = 5
VALUE_BYTES: Final = 160
IN_A_TRANSACTION: Final = 500
ABORTED_EVERY: Final = 5  # every fifth transaction

EOS, SAME, DEFAULTS = "eos", "plain", "plain-defaults"
COMPARED: Final = (EOS, SAME, DEFAULTS)
# Exactly once with one setting changed: where the difference comes from.
CAUSES: Final = ("eos-poll-500", "eos-poll-20000", "eos-lag-100")
CAUSE_ROUNDS: Final = 3
_LEAST: Final = 60_000


@dataclass(frozen=True)
class Sizes:
    """How much is copied."""

    throughput: int

    @property
    def rereads(self) -> int:
        """Records of the re-read topics; every partition has the same number of them."""
        step = PARTITIONS * IN_A_TRANSACTION * ABORTED_EVERY
        return max(step, self.throughput // PART // step * step)

    @property
    def full(self) -> bool:
        """Figures of other sizes are for trying the bench out."""
        return self.throughput == FULL


@dataclass(frozen=True)
class Run:
    """One row that is to be there in the end."""

    name: str
    digest: str


def read() -> Sizes:
    """Sizes by BENCH_RECORDS; without it the full ones."""
    text = os.environ.get("BENCH_RECORDS", str(FULL))
    if not text.isdigit() or int(text) < _LEAST:
        raise BenchError(f"BENCH_RECORDS={text} is not a number from {_LEAST}; leave it away")
    return Sizes(int(text))


def reread_rows() -> list[tuple[str, str, int]]:
    """Name, topic and share of each re-read row."""
    return [(f"rereads/{topic}/{share}", topic, share) for topic in TOPICS for share in SHARES]


def throughput_rows() -> list[tuple[str, str]]:
    """Name and variant of each throughput row, alternating, in the order of measuring."""
    return [
        (f"throughput/{variant}/{number}", variant)
        for number in range(1, ROUNDS + 1)
        for variant in (*COMPARED, *(CAUSES if number <= CAUSE_ROUNDS else ()))
    ]


def digest(what: Mapping[str, Any]) -> str:
    """Changes when anything that a row was measured with does."""
    text = json.dumps(what, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
