"""The move itself, as a platform engineer does it: raise a stage, read, approve, raise the next.

Called by the scenario. It talks to the operator through the two kinds only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Object
from kmig_demo.objects import (
    MIGRATIONS,
    UNITS,
    condition,
    gate,
    problems,
    stage_blocker,
    stalled,
    step,
    steps,
    unit_blocker,
    words,
)
from kmig_demo.stage import Cast
from kmig_demo.waiting import wait_until

STAGE_SECONDS = {
    "InventoryFrozen": 90.0,
    "TargetPrepared": 90.0,
    "Replicating": 240.0,
    "Validated": 300.0,
}
GATE_SECONDS = 90.0
UNIT_SECONDS = 240.0
STALLED_SECONDS = 15.0
MISMATCH = "MISSING"


class Migration:
    """The demo's KafkaMigration and its units."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._kubectl, self._log = cast.kubectl, cast.log
        self._stalled_since: float | None = None

    def begin(self) -> None:
        """Apply the migration; wait until the inventory is frozen."""
        self._log.step("KafkaMigration leave-source: InventoryFrozen")
        self._kubectl.apply(self._cast.manifests.read("migration.yaml"))
        self._wait_stage("InventoryFrozen")

    def advance(self, stage: str) -> None:
        """Raise desiredStage and wait until it is reached."""
        self._log.step(f"desiredStage: {stage}")
        self._change({"desiredStage": stage})
        self._wait_stage(stage)

    def approve(self, stage: str) -> None:
        """Raise desiredStage to a gated stage, show its gate, approve exactly that digest."""
        self._log.step(f"desiredStage: {stage}")
        self._change({"desiredStage": stage})

        def blocker() -> str:
            found = self._found()
            return "" if gate(found, stage) else words(condition(found, "Ready"))

        wait_until(f"gate of {stage}", GATE_SECONDS, blocker)
        shown = gate(self._found(), stage)
        for line in _lines(shown.get("summary")):
            self._log.say(f"| {line}")
        self._log.say(f"approving {stage} with {shown['digest']}")
        self._change({"approval": {"stage": stage, "digest": shown["digest"]}})

    def wait_stage(self, stage: str) -> None:
        """Wait until a stage is reached and held."""
        self._wait_stage(stage)

    def add_units(self) -> None:
        """Apply both WorkloadCutovers; they wait for their waves."""
        self._log.step("WorkloadCutovers orders-writer (wave 10) and orders-reader (wave 20)")
        for name in ("cutover-writer.yaml", "cutover-reader.yaml"):
            self._kubectl.apply(self._cast.manifests.read(name))

    def release(self, wave: int, unit: str) -> Object:
        """Release a wave and wait until its unit is Ready on the target; returns the unit."""
        self._log.step(f"throughWave: {wave}, {unit} moves")
        self._change({"cutover": {"throughWave": wave}})
        blocker = self._narrated(unit)
        wait_until(f"{unit} Ready on the target", UNIT_SECONDS, blocker)
        found = self._kubectl.get("orders", UNITS, unit)
        for line in steps(found):
            self._log.say(f"| {line}")
        self._log.say(words(condition(found, "Ready")))
        return found

    def refusal(self) -> str:
        """Ask for Validated and return the operator's refusal by name; empty if it passes."""
        self._log.step("desiredStage: Validated")
        self._change({"desiredStage": "Validated"})
        said: list[str] = []

        def blocker() -> str:
            found = self._found()
            if found.get("status", {}).get("stage") == "Validated":
                return ""
            said[:] = [text for text in _statements(found) if MISMATCH in text]
            return "" if said else words(condition(found, "Ready"))

        wait_until("the operator's judgement on the content", STAGE_SECONDS["Validated"], blocker)
        return said[0] if said else ""

    def _wait_stage(self, stage: str) -> None:
        def blocker() -> str:
            found = self._found()
            self._refuse_long_stall(found)
            return stage_blocker(found, stage)

        wait_until(f"stage {stage}", STAGE_SECONDS[stage], blocker)
        self._log.say(words(condition(self._found(), "Ready")))

    def _refuse_long_stall(self, found: Object) -> None:
        # A stall that clears by itself was no stall; one that stays needs no longer wait.
        said = stalled(found)
        now = time.monotonic()
        self._stalled_since = (self._stalled_since or now) if said else None
        if self._stalled_since is not None and now - self._stalled_since > STALLED_SECONDS:
            raise DemoError(said)

    def _narrated(self, unit: str) -> Callable[[], str]:
        told: list[str] = []

        def blocker() -> str:
            found = self._kubectl.get("orders", UNITS, unit)
            self._refuse_long_stall(found)
            now = step(found)
            if told[-1:] != [now]:
                told.append(now)
                self._log.say(now)
            return unit_blocker(found)

        return blocker

    def _found(self) -> Object:
        return self._kubectl.get("platform", MIGRATIONS, "leave-source")

    def _change(self, spec: Object) -> None:
        self._kubectl.patch("platform", MIGRATIONS, "leave-source", {"spec": spec})


def _lines(summary: object) -> list[str]:
    text = summary if isinstance(summary, str) else json.dumps(summary)
    return text.splitlines()


def _statements(found: Object) -> list[str]:
    """Everything that an object says in words, the most precise first."""
    conditions = found.get("status", {}).get("conditions", [])
    return [*problems(found), *(words(entry) for entry in conditions)]
