"""A KafkaMigration as a platform engineer drives it: raise a stage, read the gate, approve, wait.

Called by rows. It talks to the operator through the two kinds only, and notes at every hold what
`kubectl wait` says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.ground import Ground, short_uid

from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Object
from kmig_demo.objects import MIGRATIONS, UNITS, condition, gate, problems, stage_blocker, words

STAGE_SECONDS = {
    "InventoryFrozen": 90.0,
    "TargetPrepared": 90.0,
    "Replicating": 240.0,
    "Validated": 300.0,
}
GATE_SECONDS = 60.0
REASON_SECONDS = 60.0
READY_SECONDS = 10


@dataclass
class Migration:
    """One KafkaMigration of a row."""

    ground: Ground
    namespace: str
    name: str
    holds: list[str] = field(default_factory=list)

    def apply(self, manifest: Object) -> None:
        """Create it, and note its UID for the removal."""
        self.ground.kubectl.apply([manifest])
        self.ground.remember(self.found())

    def found(self) -> Object:
        """The object as it stands."""
        return self.ground.kubectl.get(self.namespace, MIGRATIONS, self.name)

    def text(self) -> str:
        """Everything that the API server keeps of it."""
        where = ("-n", self.namespace, "get", MIGRATIONS, self.name)
        return self.ground.kubectl.run(*where, "-o", "yaml")

    def change(self, **spec: Any) -> None:
        """Merge fields into spec."""
        self.ground.kubectl.patch(self.namespace, MIGRATIONS, self.name, {"spec": spec})

    def hold(self, stage: str) -> None:
        """Wait until a stage is reached and held; then `kubectl wait` must agree."""
        seconds = STAGE_SECONDS[stage]
        self.ground.wait(
            f"stage {stage}", seconds, lambda: stage_blocker(self.found(), stage), every=1.0
        )
        self.holds.append(f"{stage}: {ready_by_kubectl(self.ground, self.namespace, self._ref)}")

    @property
    def _ref(self) -> str:
        return f"{MIGRATIONS}/{self.name}"

    def advance(self, stage: str) -> None:
        """Raise desiredStage to an ungated stage and wait until it is held."""
        self.change(desiredStage=stage)
        self.hold(stage)

    def gate(self, stage: str) -> Object:
        """Ask for a gated stage and wait for its gate."""
        self.change(desiredStage=stage)

        def blocker() -> str:
            found = self.found()
            return "" if gate(found, stage) else words(condition(found, "Ready"))

        self.ground.wait(f"gate of {stage}", GATE_SECONDS, blocker)
        return gate(self.found(), stage)

    def approve(self, stage: str) -> None:
        """Open a gate with exactly the digest that it shows."""
        digest = self.gate(stage)["digest"]
        self.change(approval={"stage": stage, "digest": digest})

    def approve_units(self, *units: str) -> None:
        """Open the gate of CutOver again for units that came or changed after it was opened."""

        def unlisted() -> str:
            summary = gate(self.found(), "CutOver").get("summary", "")
            absent = [name for name in units if name not in summary]
            return f"not in the gate: {', '.join(absent)}" if absent else ""

        self.ground.wait(f"gate of {', '.join(units)}", GATE_SECONDS, unlisted)
        self.approve("CutOver")
        self.ground.wait(
            "the approval recorded", GATE_SECONDS, lambda: str(gate(self.found(), "CutOver") or "")
        )

    def says(self, reason: str, kind: str = "Ready", seconds: float = REASON_SECONDS) -> str:
        """Wait until a condition has this reason; returns its message."""
        return condition_says(self.ground, self.found, (kind, reason), seconds)

    def remove(self) -> None:
        """Delete it and wait until it is gone."""
        where = ("-n", self.namespace)
        self.ground.kubectl.run(*where, "delete", self._ref, "--wait=false")
        left = (*where, MIGRATIONS, self.name)
        self.ground.wait(
            f"deletion of {self.name}",
            60.0,
            lambda: self.name if self.ground.kubectl.exists(*left) else "",
        )

    def discard(self, topic: str) -> None:
        """Remove it with its namespace and workers: gives their memory back to later rows."""
        uid, ground = short_uid(self.found()), self.ground
        self.remove()
        ground.kubectl.run("delete", "namespace", self.namespace, "--timeout=90s", seconds=100)
        ground.sides["target"].remove([topic, uid])


@dataclass
class Unit:
    """One WorkloadCutover of a row."""

    ground: Ground
    namespace: str
    name: str

    def found(self) -> Object:
        """The object as it stands."""
        return self.ground.kubectl.get(self.namespace, UNITS, self.name)

    def change(self, **spec: Any) -> None:
        """Merge fields into spec."""
        self.ground.kubectl.patch(self.namespace, UNITS, self.name, {"spec": spec})

    def says(self, reason: str, kind: str = "Ready", seconds: float = REASON_SECONDS) -> str:
        """Wait until a condition has this reason; returns its message."""
        return condition_says(self.ground, self.found, (kind, reason), seconds)

    def ready(self) -> str:
        """What `kubectl wait` says now."""
        return ready_by_kubectl(self.ground, self.namespace, f"{UNITS}/{self.name}")


def condition_says(
    ground: Ground, read: Callable[[], Object], wanted: tuple[str, str], seconds: float
) -> str:
    """Wait until the condition of type `wanted[0]` has the reason `wanted[1]`; its message."""
    kind, reason = wanted

    def blocker() -> str:
        found = read()
        entry = condition(found, kind)
        seen = entry.get("observedGeneration") == found["metadata"].get("generation")
        return "" if seen and entry.get("reason") == reason else words(entry)

    ground.wait(f"{kind} with reason {reason}", seconds, blocker)
    return str(condition(read(), kind)["message"])


def ready_by_kubectl(ground: Ground, namespace: str, reference: str) -> str:
    """The words of `kubectl wait --for=condition=Ready` for something that holds."""
    limit = f"--timeout={READY_SECONDS}s"
    try:
        said = ground.kubectl.run(
            "-n", namespace, "wait", "--for=condition=Ready", limit, reference
        )
    except DemoError as error:
        return f"FAILED: {error}"
    return said.strip()


def statements(found: Object) -> str:
    """Everything that an object's status says in words."""
    conditions = found.get("status", {}).get("conditions", [])
    return "\n".join([*problems(found), *(words(entry) for entry in conditions)])


def traces(found: Object) -> list[str]:
    """What looks like a programmer's words in a status."""
    text = json.dumps(found.get("status", {}))
    return [mark for mark in ("Traceback", 'File \\"', "Exception(", ".py") if mark in text]
