"""Pydantic model -> CustomResourceDefinition with a structural schema.

Called by `kafka_migration.gen`. It rewrites the JSON schema that pydantic makes into the subset
that Kubernetes accepts, and must never guess: a shape that it does not know is an UnknownShape,
at generation time, long before an API server would refuse it or, worse, prune it silently.

Choices that are not pydantic's (docs/adr/0002-crds-from-pydantic.md):
- `X | None` becomes an optional X, not `nullable`: the API server then removes an explicit null,
  so CEL's has() means the same for `field: null` and for an absent field.
- No default is emitted. A default of a scalar is told in the description instead, so what is
  stored is what was written, and Git and the cluster never differ by a default.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

Schema = dict[str, Any]

_DROPPED: Final = frozenset({"title", "default", "additionalProperties", "$defs"})
_COPIED: Final = frozenset(
    {
        "description",
        "enum",
        "format",
        "type",
        "pattern",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
        "multipleOf",
        "required",
        "x-kubernetes-validations",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-map-type",
        "x-kubernetes-int-or-string",
    }
)
_FORMATS: Final = frozenset({"date-time", "date", "duration", "uri", "int32", "int64", "byte"})
_TYPES: Final = frozenset({"object", "array", "string", "integer", "number", "boolean"})
_EXCLUSIVE: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


class UnknownShape(ValueError):
    """A model uses something that has no structural form here; the message says where."""


@dataclass(frozen=True)
class Column:
    """One printer column; `wide` ones appear with `-o wide` only."""

    name: str
    path: str
    description: str
    type: str = "string"
    wide: bool = False


@dataclass(frozen=True)
class Definition:
    """Everything about a kind that its models do not say."""

    group: str
    version: str
    kind: str
    plural: str
    short_name: str
    spec: type[BaseModel]
    status: type[BaseModel]
    description: str
    rules: tuple[Mapping[str, str], ...]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """Name of the CRD object."""
        return f"{self.plural}.{self.group}"


def custom_resource_definition(definition: Definition) -> Schema:
    """The CRD object: namespaced, one served and stored version, status subresource."""
    version = {
        "name": definition.version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_printer_column(item) for item in definition.columns],
        "schema": {"openAPIV3Schema": _root_schema(definition)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": definition.name},
        "spec": {
            "group": definition.group,
            "scope": "Namespaced",
            "names": {
                "kind": definition.kind,
                "listKind": f"{definition.kind}List",
                "plural": definition.plural,
                "singular": definition.kind.lower(),
                "shortNames": [definition.short_name],
                "categories": ["kafka-migration"],
            },
            "versions": [version],
        },
    }


def structural_schema(model: type[BaseModel]) -> Schema:
    """The structural schema of one model; raises UnknownShape."""
    raw = model.model_json_schema(by_alias=True, mode="validation")
    return _Rewriter(raw.get("$defs", {})).rewrite(raw, model.__name__)


def _root_schema(definition: Definition) -> Schema:
    root: Schema = {
        "type": "object",
        "description": definition.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": "Version of this object's schema."},
            "kind": {"type": "string", "description": "Kind of this object."},
            "metadata": {"type": "object"},
            "spec": structural_schema(definition.spec),
            "status": structural_schema(definition.status),
        },
    }
    if definition.rules:
        root["x-kubernetes-validations"] = [dict(rule) for rule in definition.rules]
    return root


def _printer_column(column: Column) -> Schema:
    rendered: Schema = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.path,
        "description": column.description,
    }
    if column.wide:
        rendered["priority"] = 1
    return rendered


@dataclass(frozen=True)
class _Rewriter:
    """Rewrites one schema; `where` is the path that an error names."""

    definitions: Mapping[str, Schema]

    def rewrite(self, raw: Schema, where: str, inside: tuple[str, ...] = ()) -> Schema:
        flat, inside = self._inline(raw, where, inside)
        flat, inside = self._inline(_without_null(flat, where), where, inside)
        out: Schema = {}
        for key, value in flat.items():
            if key == "properties":
                out[key] = {
                    name: self.rewrite(item, f"{where}.{name}", inside)
                    for name, item in value.items()
                }
            elif key == "items":
                if {"type": "null"} in value.get("anyOf", ()):
                    raise UnknownShape(f"{where}[]: a list may not hold null")
                out[key] = self.rewrite(value, f"{where}[]", inside)
            elif key == "additionalProperties" and isinstance(value, dict) and value:
                out[key] = self.rewrite(value, f"{where}{{}}", inside)
            else:
                _keyword(key, value, out, where)
        _finish(flat, out, where)
        return out

    def _inline(
        self, raw: Schema, where: str, inside: tuple[str, ...]
    ) -> tuple[Schema, tuple[str, ...]]:
        """Follow references; what stands beside a reference wins over what it names."""
        flat = dict(raw)
        while "$ref" in flat:
            name = str(flat.pop("$ref")).removeprefix("#/$defs/")
            if name in inside:
                raise UnknownShape(f"{where}: {name} contains itself; a CRD cannot recurse")
            inside = (*inside, name)
            flat = {**self.definitions[name], **flat}
        return flat, inside


def _without_null(raw: Schema, where: str) -> Schema:
    """`anyOf: [X, null]` -> X; `anyOf: [integer, string]` -> int-or-string."""
    if "anyOf" not in raw:
        return raw
    rest = {key: value for key, value in raw.items() if key != "anyOf"}
    options = [option for option in raw["anyOf"] if option != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **rest}
    if sorted(option.get("type", "") for option in options) == ["integer", "string"]:
        return {"x-kubernetes-int-or-string": True, **rest}
    raise UnknownShape(f"{where}: a union is not structural; use optional members and a CEL rule")


def _keyword(key: str, value: Any, out: Schema, where: str) -> None:
    """Carry one keyword over that holds no further schema."""
    if key == "const":
        out["enum"] = [value]
    elif key in _EXCLUSIVE:
        out[_EXCLUSIVE[key]] = value
        out[key] = True
    elif key == "additionalProperties" and value is not False:
        raise UnknownShape(f"{where}: free-form content would be pruned; give it a type")
    elif key == "format" and value not in _FORMATS:
        raise UnknownShape(f"{where}: format {value!r} means nothing to an API server")
    elif key in _COPIED:
        out[key] = copy.deepcopy(value)
    elif key not in _DROPPED:
        raise UnknownShape(f"{where}: unknown keyword {key!r}")


def _finish(flat: Schema, out: Schema, where: str) -> None:
    """Refuse what no keyword alone shows, then tell the default."""
    if "type" not in out and "x-kubernetes-int-or-string" not in out:
        raise UnknownShape(f"{where}: no type; Any and bare unions are not structural")
    if "type" in out and out["type"] not in _TYPES:
        raise UnknownShape(f"{where}: type {out['type']!r}")
    _check_object(out, where)
    _check_array(out, where)
    _tell_default(flat, out)


def _check_object(out: Schema, where: str) -> None:
    if out.get("type") == "object" and not ({"properties", "additionalProperties"} & out.keys()):
        raise UnknownShape(f"{where}: an object without fields would be pruned empty")


def _check_array(out: Schema, where: str) -> None:
    """Items are typed; the keys of a list map are required scalars of its items."""
    if out.get("type") != "array":
        return
    if "items" not in out:
        raise UnknownShape(f"{where}: items have no type")
    if out.get("x-kubernetes-list-type") != "map":
        return
    required = set(out["items"].get("required", ()))
    keys = set(out.get("x-kubernetes-list-map-keys", ()))
    if not keys or not keys <= required:
        raise UnknownShape(f"{where}: list map keys {sorted(keys)} are not all required in items")


def _tell_default(flat: Schema, out: Schema) -> None:
    """Put a scalar's default into words; see the module docstring."""
    default = flat.get("default")
    if default is None or isinstance(default, dict | list) or default == "":
        return
    words = default if isinstance(default, str) else json.dumps(default)
    told = out.get("description", "")
    if "default" not in told.lower():
        out["description"] = f"{told} Default: {words}.".strip()
