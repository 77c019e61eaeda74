"""`kmig lint`: what is wrong with a manifest, before the API server or the operator sees it.

One line per fault with file and line. It reads files only; what needs a cluster is the operator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from kafka_migration.api.base import GROUP, VERSION
from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec

_MODELS: Mapping[str, type[BaseModel]] = {
    "KafkaMigration": KafkaMigrationSpec,
    "WorkloadCutover": WorkloadCutoverSpec,
}
_API_VERSION = f"{GROUP}/{VERSION}"
_WORDS = {"extra_forbidden": "unknown field", "missing": "required field is missing"}

Path_ = tuple[str | int, ...]


def check(file: Path) -> Iterator[str]:
    """Faults of one file as `file:line: where: what`."""
    try:
        text = file.read_text(encoding="utf-8")
        documents = list(yaml.safe_load_all(text))
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{file}: cannot be read: {error}"
        return
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "?" if mark is None else mark.line + 1
        yield f"{file}:{line}: not YAML: {getattr(error, 'problem', None) or 'malformed'}"
        return
    found = False
    for body, node in zip(documents, nodes, strict=True):
        if _is_ours(body):
            found = True
            yield from (f"{file}:{_line(node, where)}: {said}" for where, said in _faults(body))
    if not found:
        yield f"{file}:1: holds no KafkaMigration and no WorkloadCutover"


def _is_ours(body: Any) -> bool:
    if not isinstance(body, dict):
        return False
    return body.get("kind") in _MODELS or str(body.get("apiVersion", "")).startswith(f"{GROUP}/")


def _faults(body: Mapping[str, Any]) -> Iterator[tuple[Path_, str]]:
    if body.get("apiVersion") != _API_VERSION:
        yield ("apiVersion",), f"apiVersion: must be {_API_VERSION}"
    model = _MODELS.get(str(body.get("kind")))
    if model is None:
        yield ("kind",), f"kind: must be one of {', '.join(sorted(_MODELS))}"
        return
    try:
        model.model_validate(body.get("spec"))
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            where = ("spec", *fault["loc"])
            said = _WORDS.get(fault["type"], fault["msg"])
            yield where, f"{'.'.join(map(str, where))}: {said}"


def _line(node: yaml.Node | None, where: Sequence[str | int]) -> int:
    """Line of the deepest part of a path that exists; a missing field has its parent's."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in where:
        step = _child(node, part)
        if step is None:
            break
        line, node = step
    return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None
