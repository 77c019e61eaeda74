"""No registry address, index setting or path of one machine is committed."""

from __future__ import annotations

import pytest

from committed_addresses import findings_in, judge
from findings import ROOT, tracked_files


def test_the_tree_names_no_registry_and_no_machine() -> None:
    """Every file that git knows, or would add, is free of them."""
    assert list(judge(tracked_files(ROOT))) == []


@pytest.mark.parametrize(
    "line",
    [
        "see https://" + "pypi" + ".org/simple",
        "--extra-index" + "-url x",
        "cd /" + "work/main",
        "FROM /root/" + ".pyenv/bin",
    ],
)
def test_a_forbidden_line_is_found(line: str) -> None:
    """The check is able to fail."""
    assert list(findings_in(line))


@pytest.mark.parametrize(
    "line", ["pip-compile --no-emit-index-" + "url", "the framework/main idea", "a/work/mainly"]
)
def test_an_innocent_line_is_left_alone(line: str) -> None:
    """Words that only look alike are no finding."""
    assert not list(findings_in(line))


def test_lock_files_are_hash_locked() -> None:
    """Every requirement of both lock files is pinned and carries a hash."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        requirements = [
            line for line in text.splitlines() if line and not line.lstrip().startswith("#")
        ]
        assert requirements, name
        for line in requirements:
            assert "==" in line.split()[0], f"{name}: {line[:60]}"
            assert "--hash=sha256:" in line, f"{name}: {line[:60]}"
