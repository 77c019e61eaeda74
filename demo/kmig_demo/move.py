"""Moves and rollback as a platform engineer does them: raise a stage, read, approve, raise more.

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
    return_blocker,
    stage_blocker,
    stages,
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
    "Completed": 240.0,
}
GATE_SECONDS = 90.0
UNIT_SECONDS = 240.0
ROLLBACK_SECONDS = 360.0
STALLED_SECONDS = 15.0
MISMATCH = "MISSING"


class Migration:
    """The demo's KafkaMigration and its units."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._kubectl, self._log = cast.kubectl, cast.log
        self._stalled_since: dict[str, float] = {}

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
        wait_until(f"{unit} Ready on the target", UNIT_SECONDS, self._narrated(unit, unit_blocker))
        return self._tell(unit)

    def roll_back(self, *units: str) -> dict[str, Object]:
        """Take every wave back and wait until `units` are on the source; the operator orders."""
        self._log.step(f"throughWave: 0, {' and '.join(units)} roll back")
        self._change({"cutover": {"throughWave": 0}})
        blockers = [self._narrated(unit, return_blocker) for unit in units]

        def blocker() -> str:
            return "; ".join(filter(None, (ask() for ask in blockers)))

        wait_until("rollback", ROLLBACK_SECONDS, blocker)
        return {unit: self._tell(unit) for unit in units}

    def try_again(self, attempt: int, *units: str) -> None:
        """Raise the attempt of units: a finished rollback rests until then."""
        self._log.step(f"attempt: {attempt} on {' and '.join(units)}")
        for unit in units:
            self._kubectl.patch("orders", UNITS, unit, {"spec": {"attempt": attempt}})

    def complete(self) -> None:
        """Raise and approve Completed, if the installed operator has that stage."""
        if "Completed" not in stages(self._kubectl.cluster_wide("crd", MIGRATIONS)):
            self._log.step("this operator has no stage Completed yet: the migration stays open")
            return
        self.approve("Completed")
        self._wait_stage("Completed")

    def _tell(self, unit: str) -> Object:
        """Say how a unit's steps went; returns it."""
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
        said, name, now = stalled(found), found["metadata"]["name"], time.monotonic()
        if not said:
            self._stalled_since.pop(name, None)
        elif now - self._stalled_since.setdefault(name, now) > STALLED_SECONDS:
            raise DemoError(said)

    def _narrated(self, unit: str, arrived: Callable[[Object], str]) -> Callable[[], str]:
        told: list[str] = []

        def blocker() -> str:
            found = self._kubectl.get("orders", UNITS, unit)
            self._refuse_long_stall(found)
            now = step(found)
            if told[-1:] != [now]:
                told.append(now)
                self._log.say(f"{unit}: {now}")
            return arrived(found)

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
