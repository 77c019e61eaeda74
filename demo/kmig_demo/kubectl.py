"""kubectl, as the platform engineer uses it.

Called by the scenario. Objects travel through pipes: a secret must never be in an argument, and
every call has a timeout.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from kmig_demo.environment import Environment
from kmig_demo.errors import DemoError

Object = dict[str, Any]


class Kubectl:
    """One cluster, through the sandbox's kubectl."""

    def __init__(self, environment: Environment) -> None:
        self.program = environment.kubectl
        self.variables = {**os.environ, "KUBECONFIG": environment.kubeconfig}

    def run(self, *arguments: str, text: str | None = None, seconds: float = 60) -> str:
        """The output of one command. Raises DemoError with kubectl's own words."""
        try:
            done = subprocess.run(
                [self.program, *arguments],
                input=text,
                capture_output=True,
                text=True,
                timeout=seconds,
                env=self.variables,
                check=False,
            )
        except subprocess.TimeoutExpired:
            what = " ".join(arguments[:4])
            raise DemoError(f"kubectl {what}: no answer within {seconds:.0f} s") from None
        if done.returncode != 0:
            what = " ".join(arguments[:4])
            raise DemoError(f"kubectl {what}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, objects: Sequence[Object]) -> None:
        """Apply objects, in their order."""
        whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self.run("apply", "--server-side", "--force-conflicts", "-f", "-", text=whole)

    def get(self, namespace: str, kind: str, name: str) -> Object:
        """One object. Raises DemoError when it does not exist."""
        found: Object = json.loads(self.run("-n", namespace, "get", kind, name, "-o", "json"))
        return found

    def cluster_wide(self, kind: str, name: str) -> Object:
        """One object without a namespace. Raises DemoError when it does not exist."""
        found: Object = json.loads(self.run("get", kind, name, "-o", "json"))
        return found

    def find(self, namespace: str, kind: str, *selector: str) -> list[Object]:
        """All objects of one kind in a namespace, optionally by `-l` selector."""
        text = self.run("-n", namespace, "get", kind, *selector, "-o", "json")
        items: list[Object] = json.loads(text)["items"]
        return items

    def exists(self, *arguments: str) -> bool:
        """Whether `get` finds the object that the arguments name."""
        return bool(self.run("get", *arguments, "--ignore-not-found", "-o", "name").strip())

    def patch(self, namespace: str, kind: str, name: str, change: Object) -> None:
        """Merge `change` into an object."""
        arguments = ("-n", namespace, "patch", kind, name, "--type=merge", "-p", json.dumps(change))
        self.run(*arguments)
