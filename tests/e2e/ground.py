"""The ground that every row stands on: the sandbox, this run's names, waits that say what blocks.

Made once per session by conftest. What an earlier run left behind is removed first, what this one
made at the end; nothing without a name of these rows is touched.
"""

from __future__ import annotations

import re
import select
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.kafka_side import PREFIX, KafkaSide

from kmig_demo.environment import Environment
from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl, Object
from kmig_demo.objects import MIGRATIONS, UNITS, problems, step, words

LABEL = "kafka-migration.io/e2e"
SYSTEM = "kmig-system"
OPERATOR = "app.kubernetes.io/name=kmig,app.kubernetes.io/component=operator"
LOG_LINES = 40
PATIENCE_SECONDS = 45.0
NAMESPACE_SECONDS = 150.0
CHART_OF_FAILURE = 30


@dataclass
class Ground:
    """The sandbox and everything that is this run's own."""

    environment: Environment
    kubectl: Kubectl
    sides: dict[str, KafkaSide]
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    passwords: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    logs: list[str] = field(default_factory=list, repr=False)

    def named(self, what: str) -> str:
        """A name of this run, for namespaces, topics, groups and users."""
        return f"{PREFIX}{self.run}-{what}"

    @property
    def migrations_file(self) -> Path:
        """UIDs of migrations whose names on Kafka may have to be removed, one a line."""
        return self.environment.root / ".sandbox" / "e2e-migrations"

    def remember(self, migration: Object) -> str:
        """Note a migration for the removal of what it left; returns the short UID."""
        uid = short_uid(migration)
        with self.migrations_file.open("a", encoding="utf-8") as file:
            file.write(f"{uid}\n")
        return uid

    def make_namespace(self, what: str, *, role: str) -> str:
        """A namespace with the Roles of `role`: "migration" or "application"."""
        name = self.named(what)
        labels = {
            LABEL: "true",
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
        }
        metadata = {"name": name, "labels": labels}
        self.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
        folder = self.environment.root / "manifests" / f"{role}-namespace"
        self.kubectl.run("apply", "--server-side", "-n", name, "-f", str(folder))
        return name

    def wait(
        self, what: str, seconds: float, blocker: Callable[[], str], every: float = 0.5
    ) -> None:
        """Ask until `blocker` is silent. Fails at the deadline with what blocked and why."""
        deadline = time.monotonic() + seconds
        while said := blocker():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what}: not within {seconds:.0f} s; blocked by: {said}\n{self.diagnosis()}"
                )
            threading.Event().wait(every)

    def diagnosis(self) -> str:
        """Conditions of this run's objects and the operator's last words."""
        lines: list[str] = []
        for namespace in self.namespaces():
            for kind in (MIGRATIONS, UNITS):
                for found in self._listed(namespace, kind, lines):
                    lines.append(f"{namespace}/{found['metadata']['name']}: {step(found)}")
                    entries = found.get("status", {}).get("conditions", [])
                    lines += [f"  {words(entry)}" for entry in entries]
                    lines += [f"  problem {text}" for text in problems(found)]
        lines += ["the operator says:", *self.operator_log().splitlines()[-LOG_LINES:]]
        return "\n".join(lines)

    def _listed(self, namespace: str, kind: str, lines: list[str]) -> list[Object]:
        try:
            return self.kubectl.find(namespace, kind)
        except DemoError as error:
            lines.append(str(error))
            return []

    def namespaces(self) -> list[str]:
        """Namespaces of these rows, those of an earlier run too."""
        found = self.kubectl.run("get", "namespaces", "-l", LABEL, "-o", "name")
        return [line.removeprefix("namespace/") for line in found.split()]

    def operator_log(self) -> str:
        """Everything that the present operator pod has logged."""
        try:
            return self.kubectl.run("-n", SYSTEM, "logs", "-l", OPERATOR, "--tail=-1")
        except DemoError as error:
            return str(error)

    def kill_operator(self) -> str:
        """End the operator's process without a word of warning; returns the pod's name."""
        self.logs.append(self.operator_log())
        (pod,) = (p["metadata"]["name"] for p in self.kubectl.find(SYSTEM, "pods", "-l", OPERATOR))
        force = ("--grace-period=0", "--force", "--wait=false")
        self.kubectl.run("-n", SYSTEM, "delete", "pod", pod, *force)
        return str(pod)

    @contextmanager
    def without_operator(self) -> Iterator[None]:
        """No operator runs for the length of a block, as the runbooks ask for."""
        scale = ("-n", SYSTEM, "scale", "deployment", "kmig-operator")
        self.logs.append(self.operator_log())
        self.kubectl.run(*scale, "--replicas=0")
        try:
            self.wait(
                "end of the operator",
                PATIENCE_SECONDS,
                lambda: str(len(self.kubectl.find(SYSTEM, "pods", "-l", OPERATOR)) or ""),
            )
            yield
        finally:
            self.kubectl.run(*scale, "--replicas=1")

    @contextmanager
    def forwarded(self, namespace: str, what: str, port: int) -> Iterator[int]:
        """A local port that leads to a Service or pod for the length of a block."""
        where = ("-n", namespace, "port-forward", "--address", "127.0.0.1", what, f":{port}")
        process = subprocess.Popen(
            [self.kubectl.program, *where],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.kubectl.variables,
        )
        stream = process.stdout
        try:
            ready = select.select([stream], [], [], 20.0)[0] if stream else []
            found = re.search(r":(\d+) ->", stream.readline() if stream and ready else "")
            if found is None:
                raise AssertionError(f"port-forward to {namespace}/{what} did not start in 20 s")
            yield int(found[1])
        finally:
            process.terminate()
            process.wait(timeout=10)
            if stream is not None:
                stream.close()

    def clear(self) -> list[str]:
        """Remove everything that carries a name of these rows, of this run or an earlier one."""
        namespaces = self.namespaces()
        for kind in (UNITS, MIGRATIONS):
            self._remove_objects(kind, namespaces)
        if namespaces:
            self.kubectl.run("delete", "namespace", *namespaces, "--wait=false")
        self.wait(
            "removal of the rows' namespaces",
            NAMESPACE_SECONDS,
            lambda: ", ".join(self.namespaces()),
            every=1.0,
        )
        removed = [f"namespace {name}" for name in namespaces]
        file = self.migrations_file
        uids = file.read_text(encoding="utf-8").split() if file.exists() else []
        for side in self.sides.values():
            removed += side.remove([PREFIX, *uids])
        file.unlink(missing_ok=True)
        return removed

    def _remove_objects(self, kind: str, namespaces: list[str]) -> None:
        def left() -> list[tuple[str, str]]:
            found = ((n, o) for n in namespaces for o in self.kubectl.find(n, kind))
            return [(namespace, o["metadata"]["name"]) for namespace, o in found]

        for namespace in {namespace for namespace, _ in left()}:
            self.kubectl.run("-n", namespace, "delete", kind, "--all", "--wait=false")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while left() and time.monotonic() < deadline:
            threading.Event().wait(1.0)
        # Only because all that these objects name on Kafka is deleted right after.
        for namespace, name in left():
            arguments = ("patch", kind, name, "--type=merge", "-p")
            change = '{"metadata": {"finalizers": null}}'
            self.kubectl.run("-n", namespace, *arguments, change)


def short_uid(found: Object) -> str:
    """What the names of a migration's own topics carry."""
    return str(found["metadata"]["uid"]).replace("-", "")[:8]
