"""Pages that promise completeness are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kafka_migration.model.reasons import Reason

ROOT = Path(__file__).resolve().parents[3]


def table_rows(path: Path) -> list[list[str]]:
    """Cells of every body row of every table of a page."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and not set(line) <= set("|- ")
    ]


def requirement_names(name: str) -> list[str]:
    """Package names of a requirements input file."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [re.match(r"[A-Za-z0-9_.-]+", line) for line in lines if line[:1] not in {"#", "-", ""}]
    return [match.group(0) for match in found if match]


@pytest.mark.parametrize(
    "package", requirement_names("requirements.in") + requirement_names("requirements-dev.in")
)
def test_every_direct_dependency_says_why_it_is_there(package: str) -> None:
    """docs/dependencies.md: what for, what else was considered, licence."""
    rows = [row for row in table_rows(ROOT / "docs" / "dependencies.md") if row[0] == package]
    assert len(rows) == 1
    assert len(rows[0]) == 4
    assert all(rows[0])


def test_no_dependency_page_line_is_left_over() -> None:
    """A removed dependency leaves the page too."""
    wanted = {*requirement_names("requirements.in"), *requirement_names("requirements-dev.in")}
    listed = {
        row[0]
        for row in table_rows(ROOT / "docs" / "dependencies.md")
        if len(row) == 4 and row[0] != "package"
    }
    assert listed == wanted


@pytest.mark.parametrize(
    "subject",
    ["Confluent Cloud", "kind", "Enforced NetworkPolicy", "Kubernetes older than the sandbox's"],
)
def test_what_never_ran_is_admitted(subject: str) -> None:
    """These rows may leave docs/untested.md only together with this line, when a test runs them."""
    assert subject in {row[0] for row in table_rows(ROOT / "docs" / "untested.md")}


def test_every_untested_row_gives_its_reason_and_its_substitute() -> None:
    """Subject, why it did not run, what stands in for it; a dash is an honest substitute."""
    rows = table_rows(ROOT / "docs" / "untested.md")
    assert len(rows) > 5
    for row in rows:
        assert len(row) == 3, row
        assert all(row), row


def test_the_page_of_reasons_is_the_closed_list() -> None:
    """Each reason once, with its meaning and what to do; nothing that is not a reason."""
    rows = [row for row in table_rows(ROOT / "docs" / "reasons.md") if row[0] != "reason"]
    assert sorted(row[0] for row in rows) == sorted(reason.value for reason in Reason)
    for row in rows:
        assert len(row) == 3, row
        assert all(row), row


def test_decision_records_are_numbered_without_gaps() -> None:
    """docs/adr/NNNN-title.md, each with a status and its alternatives."""
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert "Status: " in text, path.name
        assert "## Alternatives" in text, path.name
