"""The checker can only be believed if it shares nothing with what it checks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAMS = sorted([*ROOT.glob("demo/**/*.py"), *ROOT.glob("examples/**/*.py")])


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_demo_program_imports_the_operator(path: Path) -> None:
    """Neither package nor Kubernetes client nor kopf: kubectl and Kafka clients only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    roots = {name.split(".")[0] for name in names}
    assert not roots & {"kafka_migration", "kopf", "kubernetes"}


def test_there_are_programs_to_look_at() -> None:
    """An empty list would make the test above pass for nothing."""
    assert len(PROGRAMS) > 10
