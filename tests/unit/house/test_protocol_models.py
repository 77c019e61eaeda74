"""The models' runner cannot pass what was not searched, and the picture is the one that is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

import check_model
from check_model import (
    MODELS,
    Check,
    Outcome,
    checks_of,
    passed,
    unknown_switches,
    verdict,
)
from protocol_picture import PICTURE, draw

SEARCHED = "State-vector 84 byte, depth reached 12, errors: 0\n       12 states, stored\n"


def a_check(ending: str, *switches: str, model: Path = MODELS / "move.pml") -> Check:
    return Check(model, ending, switches, "a line")


@pytest.mark.parametrize(
    ("report", "broken"),
    [
        (SEARCHED, ""),
        ("pan:1: assertion violated (( !(denyEff[0]))||S1_S6) (at depth 7)\nerrors: 1", "S1_S6"),
        ("pan:1: assertion violated ((off[2]==lg[(1-1)])||S2) (at depth 74)\nerrors: 1", "S2"),
        ("pan:1: invalid end state (at depth 45)\nerrors: 1", "STUCK"),
        ("pan:1: non-progress cycle (at depth 45)\nerrors: 1", "ENDLESS"),
        ("pan:1: assertion violated - invalid array index (at depth 45)\nerrors: 1", None),
        ("error: max search depth too small\n" + SEARCHED, None),
        ("pan: reached -DMEMLIM bound\npan: out of memory\nerrors: 0", None),
        ("./pan took longer than 240 s", None),
    ],
)
def test_a_report_is_read_as_what_it_says(report: str, broken: str | None) -> None:
    """None: neither a named property nor a search to its end."""
    said = verdict(report)
    if broken is None:
        assert said
        assert not said.isupper()
    else:
        assert said == broken


def test_a_search_that_ends_otherwise_than_its_line_says_is_a_failure() -> None:
    assert passed(a_check("holds"), Outcome("", 12, 1.0))
    assert passed(a_check("ends"), Outcome("", 12, 1.0))
    assert passed(a_check("fails S2"), Outcome("S2", 12, 1.0))
    assert not passed(a_check("holds"), Outcome("S2", 12, 1.0))
    assert not passed(a_check("ends"), Outcome("ENDLESS", 12, 1.0))
    assert not passed(a_check("fails S2"), Outcome("", 12, 1.0))
    assert not passed(a_check("fails S2"), Outcome("STUCK", 12, 1.0))


def test_a_compiler_that_ends_without_a_word_is_a_failure(tmp_path, monkeypatch) -> None:
    """Killed, say: there is nothing to run then, and nothing was searched."""
    monkeypatch.setattr(check_model, "BUILD", tmp_path)
    monkeypatch.setattr(check_model, "_said", lambda *_: "")
    for ending in ("holds", "fails S2"):
        outcome = check_model.run(a_check(ending))
        assert outcome.broken == "spin: ended without a word"
        assert not passed(a_check(ending), outcome)


def test_a_switch_that_stands_only_in_a_comment_is_unknown(tmp_path: Path) -> None:
    model = tmp_path / "m.pml"
    model.write_text("/* NO_LOOK\n */\n#ifdef NO_WAIT\n#endif\n", encoding="utf-8")
    check = a_check("fails S2", "-DNO_LOOK", "-DNO_WAIT=1", model=model)
    assert unknown_switches(check) == ("NO_LOOK",)


@pytest.mark.parametrize("model", sorted(MODELS.glob("*.pml")), ids=lambda path: path.stem)
def test_every_model_is_searched_as_it_stands_and_with_mistakes(model: Path) -> None:
    endings = [check.ending for check in checks_of(model)]
    assert "holds" in endings
    assert "fails REACHED" in endings
    assert len([e for e in endings if e.startswith("fails")]) > 3
    names = [check.name for check in checks_of(model)]
    assert len(names) == len(set(names))


def test_every_mistake_of_the_list_in_issue_5_is_planted() -> None:
    planted = {
        switch for model in MODELS.glob("*.pml") for c in checks_of(model) for switch in c.switches
    }
    assert planted >= {
        "-DNO_NULL_PATCH",
        "-DT_BEFORE_STOP",
        "-DFENCE_NOT_PROVEN",
        "-DNO_LIST_CHECK",
        "-DACT_BEFORE_ENTRY",
        "-DNO_LAST_LOOK",
    }


def test_the_picture_is_the_one_that_is_drawn() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw()
