"""The demo's YAML from `examples/manifests`, with the sandbox's own values filled in.

Called by the scenario. The result holds passwords: it goes to kubectl's standard input only.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kmig_demo.environment import Environment
from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Object


class Manifests:
    """Renders the files of one folder."""

    def __init__(self, environment: Environment, values: Mapping[str, str]) -> None:
        self._folder = environment.root / "examples" / "manifests"
        self._values = {**_sandbox_values(environment), **values}

    def read(self, name: str) -> list[Object]:
        """The objects of one file. Raises DemoError for a placeholder without a value."""
        path = self._folder / name
        documents = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        try:
            return [self._filled(document) for document in documents]
        except KeyError as error:
            raise DemoError(f"{path}: nothing is known as {error}") from None

    def _filled(self, node: Any) -> Any:
        if isinstance(node, dict):
            return {key: self._filled(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self._filled(value) for value in node]
        if isinstance(node, str):
            return string.Template(node).substitute(self._values)
        return node


def platform_roles(root: Path) -> tuple[Path, Path]:
    """The folders whose Roles a migration's and an application's namespace need."""
    return root / "manifests" / "migration-namespace", root / "manifests" / "application-namespace"


def _sandbox_values(environment: Environment) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, side in environment.sides.items():
        prefix = name.upper()
        values[f"{prefix}_BOOTSTRAP_IN_CLUSTER"] = side.bootstrap_in_cluster
        values[f"{prefix}_CA"] = side.ca
        for user, password in side.passwords.items():
            values[f"{prefix}_PASSWORD_{user.replace('-', '_')}"] = password
    return values
