"""A pydantic model becomes a structural schema, or generation stops with the place named."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from kafka_migration.api.crd import Schema, UnknownShape, structural_schema


class Inner(BaseModel):
    """What Inner is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"x-kubernetes-validations": [{"rule": "self.name != 'x'"}]},
    )
    name: str


def field_of(annotation: Any, **options: Any) -> Schema:
    """Schema of the only field of a model made for this."""
    model = type(
        "Made", (BaseModel,), {"__annotations__": {"it": annotation}, "it": Field(**options)}
    )
    schema = structural_schema(model)["properties"]["it"]
    assert isinstance(schema, dict)
    return schema


def test_a_reference_is_inlined_with_its_docstring_and_rules() -> None:
    """Descriptions and CEL rules of a nested model survive."""
    schema = field_of(Inner)
    assert schema["description"] == "What Inner is."
    assert schema["x-kubernetes-validations"] == [{"rule": "self.name != 'x'"}]
    assert schema["properties"] == {"name": {"type": "string"}}
    assert "additionalProperties" not in schema


def test_the_description_at_the_field_wins_over_the_docstring() -> None:
    """`kubectl explain` shows what the field means where it stands."""
    assert field_of(Inner, description="Here.")["description"] == "Here."


def test_an_optional_field_is_not_required_and_not_nullable() -> None:
    """An explicit null is then removed by the API server, like an absent field."""
    model = type(
        "Made", (BaseModel,), {"__annotations__": {"it": Inner | None}, "it": Field(default=None)}
    )
    schema = structural_schema(model)
    assert "required" not in schema
    assert "nullable" not in schema["properties"]["it"]
    assert schema["properties"]["it"]["type"] == "object"


def test_a_constant_becomes_an_enum_of_one() -> None:
    """`const` is not structural."""
    assert field_of(Literal["Acl"])["enum"] == ["Acl"]


def test_exclusive_bounds_become_flags() -> None:
    """OpenAPI 3.0 has a number and a flag."""
    schema = field_of(Annotated[int, Field(gt=0, lt=9)])
    assert (schema["minimum"], schema["exclusiveMinimum"]) == (0, True)
    assert (schema["maximum"], schema["exclusiveMaximum"]) == (9, True)


def test_integer_or_string_uses_the_extension() -> None:
    """The one union that Kubernetes knows."""
    assert field_of(int | str) == {"x-kubernetes-int-or-string": True}


def test_a_default_is_told_and_not_set() -> None:
    """No schema default: what is stored is what was written."""
    schema = field_of(int, default=3, description="Tries.")
    assert schema == {"type": "integer", "description": "Tries. Default: 3."}


def test_a_time_keeps_its_format() -> None:
    """The API server checks date-time."""
    assert field_of(datetime)["format"] == "date-time"


def test_a_map_of_strings_is_typed() -> None:
    """Keys are free, values are not."""
    assert field_of(dict[str, str])["additionalProperties"] == {"type": "string"}


def test_a_list_map_keeps_its_keys() -> None:
    """Conditions and workloads merge by key."""
    extra = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    schema = field_of(list[Inner], json_schema_extra=extra)
    assert schema["x-kubernetes-list-map-keys"] == ["name"]


class Tree(BaseModel):
    """Contains itself."""

    children: list[Tree] = Field(default_factory=list)


class Dog(BaseModel):
    kind: Literal["dog"]


class Cat(BaseModel):
    kind: Literal["cat"]


@pytest.mark.parametrize(
    ("annotation", "options", "said"),
    [
        (Tree, {}, "contains itself"),
        (Dog | Cat, {}, "union"),
        (Annotated[Dog | Cat, Field(discriminator="kind")], {}, "unknown keyword"),
        (Any, {}, "no type"),
        (dict[str, Any], {}, "free-form"),
        (list[Any], {}, "no type"),
        (list[str | None], {}, "null"),
        (tuple[int, str], {}, "unknown keyword"),
        (set[str], {}, "unknown keyword"),
        (str, {"json_schema_extra": {"format": "email"}}, "email"),
        (str, {"examples": ["x"]}, "unknown keyword"),
        (
            list[Inner],
            {
                "json_schema_extra": {
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["id"],
                }
            },
            "list map keys",
        ),
    ],
)
def test_an_unknown_shape_stops_generation(
    annotation: Any, options: dict[str, Any], said: str
) -> None:
    """Nothing is guessed; the message names the shape."""
    with pytest.raises(UnknownShape, match=said):
        field_of(annotation, **options)


def test_the_error_names_the_place() -> None:
    """The path leads to the field."""

    class Outer(BaseModel):
        inner: list[Dog | Cat]

    with pytest.raises(UnknownShape, match=r"Outer\.inner\[\]"):
        structural_schema(Outer)
