"""`operator/` is a source root and nothing else.

With an `operator/__init__.py` and the repository on the path, `import operator` would find ours.
The interpreter's own `collections` imports `operator`: Python, pytest and every tool would die at
start with a message that names neither us nor the cause. Without that file the standard library
wins, because a regular module beats a namespace package.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_operator_folder_is_never_a_package() -> None:
    """The one file that would shadow the standard library does not exist."""
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_stdlib_operator_wins_with_the_repository_first_on_the_path() -> None:
    """`import operator` from the repository root gives the standard library's module."""
    result = subprocess.run(
        [sys.executable, "-c", "import operator; print(operator.__file__); operator.itemgetter"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert not Path(result.stdout.strip()).is_relative_to(ROOT)
