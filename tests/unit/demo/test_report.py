"""The report file has exactly the agreed shape, and only `ok` reads like success."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from kmig_demo import report
from kmig_demo.checker import Judgement, Pause, Phase
from kmig_demo.evidence import MOVE, ROLLBACK, SECOND_MOVE
from kmig_demo.findings import WHOLE, Findings, Kind
from kmig_demo.log import Log

PAUSE = Pause(2.5, 1.5, 0.3)
MOVED = Phase(MOVE, 10, PAUSE)
BACK = Phase(ROLLBACK, 7, Pause(3.5, 1.0, 0.3))
AGAIN = Phase(SECOND_MOVE, 5, Pause(4.5, None, 0.3))


def judgement(*kinds: Kind, phases: tuple[Phase, ...] = (MOVED,), of: str = MOVE) -> Judgement:
    findings = Findings()
    for kind in kinds:
        findings.add(kind, "key k1 sequence 8", of)
    return Judgement(sum(p.acknowledged for p in phases), phases, {"source": 2500.0}, findings)


def shown(found: Judgement) -> str:
    output = io.StringIO()
    report.show(found, Log(Console(file=output, width=80)))
    return output.getvalue()


def written(found: Judgement, directory: Path) -> dict[str, Any]:
    path = directory / "report.json"
    report.write(found, path)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_the_file_holds_exactly_the_agreed_keys(tmp_path: Path) -> None:
    assert written(judgement(Kind.LOST), tmp_path) == {
        "acknowledged": 10,
        "lost": 1,
        "duplicated": 0,
        "outOfOrder": 0,
        "reRead": 0,
        "writePauseSeconds": {"total": 2.5, "operator": 1.5, "settle": 0.3},
        "verdict": "failed",
        "rollback": None,
        "secondMove": None,
    }


def test_rollback_and_second_move_have_the_same_shape(tmp_path: Path) -> None:
    content = written(judgement(phases=(MOVED, BACK, AGAIN)), tmp_path)
    shape = set(content) - {"rollback", "secondMove"}
    assert set(content["rollback"]) == set(content["secondMove"]) == shape
    assert content["rollback"]["acknowledged"] == 7
    pause = {"total": 4.5, "operator": None, "settle": 0.3}
    assert content["secondMove"]["writePauseSeconds"] == pause


def test_a_fault_of_the_rollback_fails_the_whole_and_not_the_move(tmp_path: Path) -> None:
    found = judgement(Kind.RE_READ, phases=(MOVED, BACK, AGAIN), of=ROLLBACK)
    content = written(found, tmp_path)
    assert (content["verdict"], content["reRead"]) == ("failed", 0)
    assert (content["rollback"]["verdict"], content["rollback"]["reRead"]) == ("failed", 1)
    assert content["secondMove"]["verdict"] == "ok"


def test_what_concerns_every_phase_is_in_every_verdict(tmp_path: Path) -> None:
    found = judgement(Kind.MISSING_EVIDENCE, phases=(MOVED, BACK, AGAIN), of=WHOLE)
    content = written(found, tmp_path)
    verdicts = [content[name]["verdict"] for name in ("rollback", "secondMove")]
    assert [content["verdict"], *verdicts] == ["incomplete"] * 3


def test_without_a_move_the_losses_are_still_counted(tmp_path: Path) -> None:
    content = written(judgement(Kind.LOST, phases=(), of=WHOLE), tmp_path)
    assert (content["lost"], content["verdict"]) == (1, "failed")


def test_each_phase_is_a_column() -> None:
    words = shown(judgement(phases=(MOVED, BACK, AGAIN)))
    heads, *rows = (line.split() for line in words.splitlines())
    assert heads == [MOVE, ROLLBACK, SECOND_MOVE]
    assert ["write", "pause", "2.50", "s", "3.50", "s", "4.50", "s"] in rows


def test_the_verdict_is_a_sentence() -> None:
    assert "Nothing was lost, duplicated, reordered or re-read." in shown(judgement())
    assert "The promise is NOT kept." in shown(judgement(Kind.RE_READ))
    assert "NOT proven" in shown(judgement(Kind.MISSING_EVIDENCE))


def test_findings_are_named_with_their_count() -> None:
    words = shown(judgement(*[Kind.LOST] * 9))
    assert words.count("lost (9): move: key k1 sequence 8") == 5
