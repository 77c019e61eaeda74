"""The generated CRDs are what Kubernetes accepts and what people read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from kubernetes.client.models import V1CustomResourceDefinition

from kafka_migration.api.crd import Definition, Schema, custom_resource_definition
from kafka_migration.api.kinds import DEFINITIONS
from kafka_migration.gen import ROOT, main, render

BY_KIND = pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda item: item.kind)
# Fields that decide what the operator does next: an absent one must stay visibly absent.
FORBIDDEN = {"nullable", "default", "title", "oneOf", "anyOf", "allOf", "$ref", "const", "not"}


def nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Every schema node with its path."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from nodes(schema[key], f"{path}[]")


def root_of(definition: Definition) -> Schema:
    """The schema of a kind."""
    crd = custom_resource_definition(definition)
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert isinstance(schema, dict)
    return schema


def at(schema: Schema, path: str) -> Schema:
    """The node at a dotted path of properties."""
    for name in path.split("."):
        schema = schema["properties"][name]
    return schema


@BY_KIND
def test_the_official_client_accepts_the_crd(definition: Definition) -> None:
    """Its models are strict: stray keys and numeric exclusive bounds are refused offline."""
    parsed = V1CustomResourceDefinition.from_dict(custom_resource_definition(definition))
    assert parsed is not None


@BY_KIND
def test_the_schema_is_structural(definition: Definition) -> None:
    """Every node is typed, nothing is free-form, no keyword that Kubernetes refuses."""
    for path, node in nodes(root_of(definition), definition.kind):
        assert "type" in node or node.get("x-kubernetes-int-or-string"), path
        assert not FORBIDDEN & node.keys(), path


@BY_KIND
def test_every_field_explains_itself(definition: Definition) -> None:
    """`kubectl explain` has a sentence for each property."""
    root = root_of(definition)
    for part in ("spec", "status"):
        for path, node in nodes(root["properties"][part], part):
            for name, child in node.get("properties", {}).items():
                assert child.get("description"), f"{path}.{name}"


@BY_KIND
def test_everything_that_a_user_writes_is_bounded(definition: Definition) -> None:
    """CEL cost and object size: lists, maps and strings have a maximum."""
    bound = {"array": "maxItems", "string": "maxLength"}
    for path, node in nodes(root_of(definition)["properties"]["spec"], "spec"):
        wanted = bound.get(node.get("type", ""))
        closed = "enum" in node or "pattern" in node
        assert wanted is None or closed or wanted in node, f"{path}: {wanted}"


@BY_KIND
def test_every_printer_column_shows_a_field_of_the_schema(definition: Definition) -> None:
    """A column whose path is pruned away would stay empty for ever."""
    root = root_of(definition)
    for column in definition.columns:
        path = column.path.removeprefix(".")
        if path.startswith("metadata."):
            continue
        if path.startswith("status.conditions["):
            assert at(root, "status.conditions")["type"] == "array"
            continue
        assert at(root, path)["type"] == column.type, column.name


def test_the_printer_columns_are_the_designed_ones() -> None:
    """The first line that an operator of the operator reads."""
    shown = {
        item.short_name: [column.name.upper() for column in item.columns if not column.wide]
        for item in DEFINITIONS
    }
    assert shown == {
        "kmig": ["STAGE", "DESIRED", "PHASE", "WORKLOADS", "LAG", "READY", "AGE"],
        "wco": ["WORKLOAD", "WAVE", "ACTIVE", "DESIRED", "STEP", "READY", "AGE"],
    }
    wide = {
        item.short_name: [column.name.upper() for column in item.columns if column.wide]
        for item in DEFINITIONS
    }
    assert wide == {"kmig": ["PLAN", "PAUSED", "MESSAGE"], "wco": ["DIRECTION", "MESSAGE"]}


@BY_KIND
def test_names_and_subresource(definition: Definition) -> None:
    """Short name, category and a status that spec writers cannot touch."""
    crd = custom_resource_definition(definition)
    assert crd["spec"]["names"]["categories"] == ["kafka-migration"]
    assert crd["spec"]["names"]["shortNames"] == [definition.short_name]
    assert crd["spec"]["versions"][0]["subresources"] == {"status": {}}
    assert crd["spec"]["scope"] == "Namespaced"


@BY_KIND
def test_conditions_merge_by_type(definition: Definition) -> None:
    """Server-side apply of one condition leaves the others alone."""
    conditions = at(root_of(definition), "status.conditions")
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]


@BY_KIND
def test_a_rule_that_looks_back_has_a_message(definition: Definition) -> None:
    """Users see the message, not the CEL."""
    for path, node in nodes(root_of(definition), definition.kind):
        for rule in node.get("x-kubernetes-validations", ()):
            assert rule.get("message"), f"{path}: {rule}"


def test_the_generated_files_are_valid_yaml_without_anchors() -> None:
    """They are read by people, too."""
    for path, text in render().items():
        if path.endswith(".yaml"):
            documents: list[Any] = list(yaml.safe_load_all(text))
            assert all(documents), path
            assert "&id" not in text, path


def test_check_names_a_stale_file_and_writes_nothing(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make check` fails with the file's name."""
    assert main(check=True, root=tmp_path) == 1
    assert "crds/kafkamigrations.kafka-migration.io.yaml" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_written_files_pass_the_check(tmp_path: Any) -> None:
    """What is written is what is compared."""
    assert main(check=False, root=tmp_path) == 0
    assert main(check=True, root=tmp_path) == 0


def test_the_repository_is_up_to_date() -> None:
    """`make gen` was run."""
    assert main(check=True, root=ROOT) == 0
