"""Size budgets of the source tree: tails, not averages.

Called by `make check`. A file that outgrows its budget is split, or an ADR says why it is not;
nothing is silenced here. Argument counts and complexity are ruff's (PLR0913, C901).
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from findings import ROOT, told, tracked_files

SOURCE_ROOTS = ("operator", "sandbox", "demo", "bench", "examples", "tools")
SOURCE_SUFFIXES = (".py", ".sh", ".java")
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60
P90_FUNCTION_LINES = 35


@dataclass(frozen=True)
class Function:
    """One function and how many lines it takes, decorators and docstring included."""

    path: Path
    name: str
    line: int
    lines: int


def functions(path: Path, source: str) -> Iterator[Function]:
    """Every function of a Python file, methods and nested ones too."""
    for node in ast.walk(ast.parse(source, filename=str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            yield Function(path, node.name, node.lineno, (node.end_lineno or first) - first + 1)


def percentile(values: list[int], share: float) -> int:
    """Nearest-rank percentile; 0 for no values."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else 0


def judge_source(root_name: str, paths: tuple[Path, ...]) -> Iterator[str]:
    """Findings about one source root."""
    found: list[Function] = []
    for path in paths:
        source = path.read_text(encoding="utf-8")
        count = len(source.splitlines())
        if count > MAX_FILE_LINES:
            yield f"{path.relative_to(ROOT)}: {count} lines, budget {MAX_FILE_LINES}"
        if path.suffix == ".py":
            try:
                found.extend(functions(path, source))
            except SyntaxError as error:
                yield f"{path.relative_to(ROOT)}:{error.lineno}: {error.msg}"
    for item in found:
        if item.lines > MAX_FUNCTION_LINES:
            where = f"{item.path.relative_to(ROOT)}:{item.line}"
            yield f"{where}: {item.name} takes {item.lines} lines, budget {MAX_FUNCTION_LINES}"
    p90 = percentile([item.lines for item in found], 0.9)
    if p90 > P90_FUNCTION_LINES:
        yield f"{root_name}/: 90 % of functions are within {p90} lines, budget {P90_FUNCTION_LINES}"


def judge(files: tuple[Path, ...]) -> Iterator[str]:
    """Findings about the whole tree."""
    for root_name in SOURCE_ROOTS:
        chosen = tuple(
            path
            for path in files
            if path.suffix in SOURCE_SUFFIXES and path.is_relative_to(ROOT / root_name)
        )
        yield from judge_source(root_name, chosen)
    for path in files:
        if path.suffix == ".py" and path.is_relative_to(ROOT / "tests"):
            count = len(path.read_text(encoding="utf-8").splitlines())
            if count > MAX_FILE_LINES:
                yield f"{path.relative_to(ROOT)}: {count} lines, budget {MAX_FILE_LINES}"


if __name__ == "__main__":
    sys.exit(told("size budget", judge(tracked_files(ROOT))))
