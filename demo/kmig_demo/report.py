"""The verdict: a small table, a sentence, and `.sandbox/demo-report.json`.

Called at the end of a run. It must never say more than the judgement holds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.table import Table

from kmig_demo.checker import NO_PAUSE, Judgement, Phase
from kmig_demo.evidence import MOVE, ROLLBACK, SECOND_MOVE
from kmig_demo.findings import NOTES, Kind
from kmig_demo.log import Log

SENTENCES = {
    "ok": "Nothing was lost, duplicated, reordered or re-read.",
    "failed": "The promise is NOT kept.",
    "incomplete": "The promise is NOT proven: not everything could be compared.",
}
LATER = (ROLLBACK, SECOND_MOVE)
COUNTED = {
    "lost": Kind.LOST,
    "duplicated": Kind.DUPLICATED,
    "outOfOrder": Kind.OUT_OF_ORDER,
    "reRead": Kind.RE_READ,
}
PAUSES = {"write pause": "total", "  of it operator": "operator", "  of it settle window": "settle"}


def as_json(judgement: Judgement) -> dict[str, Any]:
    """The report's exact shape; seconds are None where nothing was measured.

    At the top the first move with the verdict on everything; a later phase that did not take
    place is None.
    """
    phases = {phase.name: _phase(phase, judgement) for phase in judgement.phases}
    first = phases.get(MOVE) or _phase(Phase(MOVE, judgement.acknowledged, NO_PAUSE), judgement)
    later = {name: phases.get(name) for name in LATER}
    return {**first, "verdict": judgement.findings.verdict, **later}


def _phase(phase: Phase, judgement: Judgement) -> dict[str, Any]:
    findings = judgement.findings.of(phase.name)
    counts = {name: findings.count(kind) for name, kind in COUNTED.items()}
    pause = {name: getattr(phase.pause, name) for name in ("total", "operator", "settle")}
    return {
        "acknowledged": phase.acknowledged,
        **counts,
        "writePauseSeconds": pause,
        "verdict": findings.verdict,
    }


def write(judgement: Judgement, path: Path) -> None:
    """Write the report file whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(as_json(judgement), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


def show(judgement: Judgement, log: Log) -> None:
    """Print a column per phase, every kind of finding with its first examples, and the verdict."""
    findings = judgement.findings
    log.console.print(_table(judgement))
    for side, rate in judgement.rates.items():
        _print(log, f"{rate:,.0f} records/s acknowledged by the {side} while the writer ran", "")
    for kind, examples in findings.examples.items():
        style = "dim" if kind in NOTES else "red"
        title = f"{kind.value} ({findings.count(kind):,})"
        for text in examples:
            _print(log, f"{title}: {text}", style)
    style = "bold green" if findings.verdict == "ok" else "bold red"
    _print(log, f"verdict: {findings.verdict}. {SENTENCES[findings.verdict]}", style)


def _table(judgement: Judgement) -> Table:
    whole = as_json(judgement)
    columns = {MOVE: whole, **{name: whole[name] for name in LATER if whole[name]}}
    table = Table(show_header=len(columns) > 1, box=None)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    for row in ("acknowledged", *COUNTED):
        table.add_row(row, *(f"{column[row]:,}" for column in columns.values()))
    for row, share in PAUSES.items():
        table.add_row(row, *(_seconds(c["writePauseSeconds"][share]) for c in columns.values()))
    return table


def _seconds(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f} s"


def _print(log: Log, text: str, style: str) -> None:
    log.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
