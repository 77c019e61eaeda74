"""The list of end-to-end rows cannot grow old, and a row that did not run cannot pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e import matrix

ROOT = Path(__file__).resolve().parents[3]
TWO_ROWS = matrix.page({"test_a.py::test_one": "One.", "test_a.py::test_two": "Two."})
SANDBOX = {"source": "id-1", "target": "id-2"}
PASSED = {"outcome": "passed"}


def test_the_page_lists_exactly_the_tests_that_exist() -> None:
    """A stale page fails here too, not only in `make check`."""
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page(matrix.rows())


def test_a_row_without_a_docstring_is_refused(tmp_path: Path) -> None:
    """The page would say nothing about it."""
    (tmp_path / "test_x.py").write_text("def test_dumb() -> None:\n    pass\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="test_dumb has no docstring"):
        matrix.rows(tmp_path)


def test_all_rows_passed_is_done() -> None:
    """Nothing is missing."""
    rows = {"test_a.py::test_one": PASSED, "test_a.py::test_two": PASSED}
    assert matrix.not_done(TWO_ROWS, {"sandbox": SANDBOX, "rows": rows}) == []


@pytest.mark.parametrize("outcome", ["skipped", "failed", "did not finish"])
def test_a_row_that_did_not_pass_is_named(outcome: str) -> None:
    """A skip is no pass."""
    rows = {"test_a.py::test_one": PASSED, "test_a.py::test_two": {"outcome": outcome}}
    missing = matrix.not_done(TWO_ROWS, {"sandbox": SANDBOX, "rows": rows})
    assert missing == [f"test_a.py::test_two: {outcome}"]


def test_a_row_that_did_not_run_is_named() -> None:
    """Deselected, or the run broke off before it."""
    record = {"sandbox": SANDBOX, "rows": {"test_a.py::test_one": PASSED}}
    assert matrix.not_done(TWO_ROWS, record) == ["test_a.py::test_two: did not run"]


def test_rows_without_a_sandbox_are_not_done() -> None:
    """Whatever passed, it did not run on both Kafkas."""
    rows = {"test_a.py::test_one": PASSED, "test_a.py::test_two": PASSED}
    record = {"sandbox": {"source": "id-1"}, "rows": rows}
    assert matrix.not_done(TWO_ROWS, record) == ["no sandbox answered: no row ran on it"]


def test_a_nightly_row_is_wanted_of_the_nightly_run_only():
    nightly = f"{matrix.file_of(matrix.NIGHTLY[0])}::test_one"
    listed = matrix.page({"test_a.py::test_one": "One.", nightly: "Long."})
    record = {"sandbox": SANDBOX, "rows": {}}
    assert matrix.not_done(listed, record) == ["test_a.py::test_one: did not run"]
    assert matrix.not_done(listed, record, nightly=True) == [f"{nightly}: did not run"]


def test_every_file_is_in_one_of_the_two_runs():
    """A file in neither run would never run."""
    named = sorted(map(matrix.file_of, (*matrix.EVERY_RUN, *matrix.NIGHTLY)))
    assert named == sorted(path.name for path in matrix.HERE.glob("test_*.py"))
