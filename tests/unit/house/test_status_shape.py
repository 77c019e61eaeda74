"""Whatever a decision writes into status is in the CRD.

The store writes status with strict validation: a field that the schema does not know fails the
write, and with it every tick of that object.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kafka_migration.api.crd import Definition, Schema, custom_resource_definition
from kafka_migration.api.kinds import KAFKA_MIGRATION, WORKLOAD_CUTOVER
from kafka_migration.decide import cutover_status, migration_status
from kafka_migration.decide.decision import Condition, merged, progressed, shown
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem

NOW = "2026-01-01T00:00:00Z"


def unknown_fields(schema: Schema, value: Any, path: str = "status") -> Iterator[str]:
    """Paths of a value that an API server would prune, or whose type it would refuse."""
    if value is None:
        return
    if isinstance(value, dict):
        for name, child in value.items():
            known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if known is None:
                yield f"{path}.{name}"
            else:
                yield from unknown_fields(known, child, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for child in value:
            yield from unknown_fields(schema.get("items", {}), child, f"{path}[]")
    else:
        names = {bool: "boolean", int: "integer", float: "number", str: "string"}
        if schema.get("type") not in {names[type(value)], "number" if type(value) is int else ""}:
            yield f"{path}: {value!r} is no {schema.get('type')}"


def status_schema(definition: Definition) -> Schema:
    """Schema of a kind's status."""
    crd = custom_resource_definition(definition)
    root = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found = root["properties"]["status"]
    assert isinstance(found, dict)
    return found


COMMON = {
    "conditions": merged([], [Condition("Ready", "True", Reason.COMPLETED, "done")], 1, NOW),
    "problems": shown([Problem(Reason.TOPIC_CONFLICT, "topic/orders", "differs")]),
    "steps": progressed([], ["Prepare", "Drain", "Fence"], "Drain", NOW),
}


@pytest.mark.parametrize("definition", [KAFKA_MIGRATION, WORKLOAD_CUTOVER], ids=lambda d: d.kind)
def test_the_parts_that_both_kinds_share_are_in_both_schemas(definition: Definition) -> None:
    """Conditions, problems and progress, as the decision renders them."""
    progress = "stages" if definition is KAFKA_MIGRATION else "steps"
    status = {
        "conditions": COMMON["conditions"],
        "problems": COMMON["problems"],
        progress: COMMON["steps"],
        "journal": {"head": "sha256:0", "entries": 1},
    }
    assert list(unknown_fields(status_schema(definition), status)) == []


def test_an_unknown_field_is_found() -> None:
    """The check is able to fail, deep down too."""
    schema = status_schema(KAFKA_MIGRATION)
    status = {"plan": {"digest": "x", "colour": "red"}, "stage": 3}
    assert list(unknown_fields(schema, status)) == [
        "status.plan.colour",
        "status.stage: 3 is no string",
    ]


def written_by(path: str) -> Iterator[tuple[str, ast.expr]]:
    """Field and expression of everything that a status module puts into a status."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    returned = {
        function.name: [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
        ]
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("status"), attr="update")):
                yield from ((item.arg, item.value) for item in node.keywords if item.arg)
                for argument in node.args:
                    if isinstance(argument, ast.Call):
                        for literal in returned.get(ast.unparse(argument.func), []):
                            yield from fields_of(literal)
            case ast.Subscript(ast.Name("status"), ast.Constant(str(name)), ast.Store()):
                yield name, ast.Constant(None)
            case _:
                pass


def fields_of(literal: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    """Constant keys of a dict display with their values."""
    for key, value in zip(literal.keys, literal.values, strict=True):
        if isinstance(key, ast.Constant):
            yield str(key.value), value


def unknown_keys(schema: Schema, name: str, value: ast.expr, path: str) -> Iterator[str]:
    """Like unknown_fields, for an expression that is not evaluated."""
    known = schema.get("properties", {}).get(name)
    if known is None:
        yield f"{path}.{name}"
    elif isinstance(value, ast.Dict):
        for inner, expression in fields_of(value):
            yield from unknown_keys(known, inner, expression, f"{path}.{name}")


@pytest.mark.parametrize(
    ("module", "definition"),
    [(migration_status, KAFKA_MIGRATION), (cutover_status, WORKLOAD_CUTOVER)],
    ids=["KafkaMigration", "WorkloadCutover"],
)
def test_everything_that_a_status_module_writes_is_in_the_schema(
    module: ModuleType, definition: Definition
) -> None:
    """Read from the module's text, so that no branch is missed."""
    schema = status_schema(definition)
    written = list(written_by(str(module.__file__)))
    assert {"phase", "message", "conditions", "problems"} <= {name for name, _ in written}
    unknown = [
        path for name, value in written for path in unknown_keys(schema, name, value, "status")
    ]
    assert unknown == []
