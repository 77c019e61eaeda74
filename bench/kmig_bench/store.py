"""Rows in bench.json: written one by one, so that a killed bench goes on where it was.

Called by the entry point. A row counts only with the digest that it is asked for; it must never
stand for another product, another machine or another size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kmig_bench import machine
from kmig_bench.parameters import Run

Row = Mapping[str, Any]


@dataclass
class Store:
    """One file of rows; `figures` stand beside them once they can be told."""

    path: Path
    rows: dict[str, Row] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Store:
        """What earlier runs left; nothing if there was none."""
        if not path.exists():
            return cls(path)
        found = json.loads(path.read_text(encoding="utf-8"))
        rows = found.pop("rows", {})
        return cls(path, rows, found)

    def has(self, run: Run) -> bool:
        """True if the row is there as this product and machine would measure it."""
        return self.rows.get(run.name, {}).get("digest") == run.digest

    def forget(self, runs: list[Run]) -> None:
        """Measure these anew."""
        for run in runs:
            self.rows.pop(run.name, None)
        self.figures = {}
        self._write()

    def keep_only(self, runs: list[Run]) -> None:
        """Drop rows that nobody asks for any more, or that were measured with something else."""
        wanted = {run.name: run.digest for run in runs}
        self.rows = {n: r for n, r in self.rows.items() if wanted.get(n) == r.get("digest")}

    def add(self, run: Run, load: float, values: Mapping[str, Any]) -> None:
        """Keep one finished row; `load` is the machine's load average when it began."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.rows[run.name] = {
            "digest": run.digest,
            "measured": stamp,
            "machine": machine.size(),
            "load": load,
            **values,
        }
        self.figures = {}  # they were of other rows
        self._write()

    def conclude(self, figures: Mapping[str, Any]) -> None:
        """Keep what the rows add up to."""
        self.figures = figures
        self._write()

    def _write(self) -> None:
        """The whole file or none of it."""
        unfinished = self.path.with_suffix(".unfinished")
        text = json.dumps({**self.figures, "rows": self.rows}, indent=1)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(self.path)
