"""The report file has exactly the agreed shape, and only `ok` reads like success."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from kmig_demo import report
from kmig_demo.checker import Judgement, Pause
from kmig_demo.findings import Findings, Kind
from kmig_demo.log import Log


def judgement(*kinds: Kind) -> Judgement:
    findings = Findings()
    for kind in kinds:
        findings.add(kind, "key k1 sequence 8")
    return Judgement(10, Pause(2.5, 1.5, 0.3), {"source": 2500.0}, findings)


def shown(found: Judgement) -> str:
    output = io.StringIO()
    report.show(found, Log(Console(file=output, width=80)))
    return output.getvalue()


def test_the_file_holds_exactly_the_agreed_keys(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report.write(judgement(Kind.LOST), path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "acknowledged": 10,
        "lost": 1,
        "duplicated": 0,
        "outOfOrder": 0,
        "reRead": 0,
        "writePauseSeconds": {"total": 2.5, "operator": 1.5, "settle": 0.3},
        "verdict": "failed",
    }


def test_the_verdict_is_a_sentence() -> None:
    assert "Nothing was lost, duplicated, reordered or re-read." in shown(judgement())
    assert "NOT keep the promise" in shown(judgement(Kind.RE_READ))
    assert "NOT proven" in shown(judgement(Kind.MISSING_EVIDENCE))


def test_findings_are_named_with_their_count() -> None:
    words = shown(judgement(*[Kind.LOST] * 9))
    assert words.count("lost (9): key k1 sequence 8") == 5
