"""The verdict: a small table, a sentence, and `.sandbox/demo-report.json`.

Called at the end of a run. It must never say more than the judgement holds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.table import Table

from kmig_demo.checker import Judgement
from kmig_demo.findings import NOTES, Kind
from kmig_demo.log import Log

SENTENCES = {
    "ok": "Nothing was lost, duplicated, reordered or re-read.",
    "failed": "The move does NOT keep the promise.",
    "incomplete": "The move is NOT proven: not everything could be compared.",
}


def as_json(judgement: Judgement) -> dict[str, Any]:
    """The report's exact shape; seconds are None where nothing was measured."""
    findings = judgement.findings
    pause = judgement.pause
    return {
        "acknowledged": judgement.acknowledged,
        "lost": findings.count(Kind.LOST),
        "duplicated": findings.count(Kind.DUPLICATED),
        "outOfOrder": findings.count(Kind.OUT_OF_ORDER),
        "reRead": findings.count(Kind.RE_READ),
        "writePauseSeconds": {
            "total": pause.total,
            "operator": pause.operator,
            "settle": pause.settle,
        },
        "verdict": findings.verdict,
    }


def write(judgement: Judgement, path: Path) -> None:
    """Write the report file whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(as_json(judgement), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


def show(judgement: Judgement, log: Log) -> None:
    """Print the table, every kind of finding with its first examples, and the verdict."""
    findings, pause = judgement.findings, judgement.pause
    table = Table(show_header=False, box=None)
    rows = as_json(judgement)
    for name in ("acknowledged", "lost", "duplicated", "outOfOrder", "reRead"):
        table.add_row(name, f"{rows[name]:,}")
    for name, value in (
        ("write pause", pause.total),
        ("  of it operator", pause.operator),
        ("  of it settle window", pause.settle),
    ):
        table.add_row(name, "not measured" if value is None else f"{value:.2f} s")
    for name, rate in judgement.rates.items():
        table.add_row(f"records/s on {name}", f"{rate:,.0f}")
    log.console.print(table)
    for kind, examples in findings.examples.items():
        style = "dim" if kind in NOTES else "red"
        title = f"{kind.value} ({findings.count(kind):,})"
        for text in examples:
            _print(log, f"{title}: {text}", style)
    style = "bold green" if findings.verdict == "ok" else "bold red"
    _print(log, f"verdict: {findings.verdict}. {SENTENCES[findings.verdict]}", style)


def _print(log: Log, text: str, style: str) -> None:
    log.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
