"""The migration whose units end in every other way: turned round, called back, deleted, completed.

Made once per session by conftest's fixture `ending`. Each row has a pair of its own, moved by its
wish and not by its wave, so that one row's `throughWave` calls back no other row's unit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from tests.e2e import journal
from tests.e2e.connect import Connect
from tests.e2e.end_state import register, writers_state
from tests.e2e.ground import OPERATOR, SYSTEM, Ground
from tests.e2e.lifecycle import Unit
from tests.e2e.moves import Course, Moves, begin
from tests.e2e.pair import MOVE_SECONDS, RATE, Pair

from kmig_demo.evidence import MOVE, ROLLBACK, SECOND_MOVE, Crossing
from kmig_demo.kubectl import Object
from kmig_demo.objects import UNITS, condition, not_ready, step, words

ENDING = Course(
    "ending",
    "k",
    {"waves": 10, "killed": 20, "turned": 30, "recalled": 40, "forced": 50},
    "Enabled",
)
WRITTEN = 2 * RATE  # records that each side gets between two crossings, at least
LOOK_SECONDS = 0.05
GONE_SECONDS = 180.0


class Waves:
    """The pair that nobody disturbs: moved, called back and moved again by `throughWave` alone."""

    def __init__(self, moves: Moves) -> None:
        self.moves = moves
        self.pair = begin(moves, "waves")
        self.crossings: list[Crossing] = []
        self.old: Object = {}  # the status of the writer's unit before the switch

    @cached_property
    def on_target(self) -> dict[str, Any]:
        """The writer's unit has moved; the reader's has not."""
        self.moves.release(self.pair.wave)
        self.old = caught(self.moves, self.pair.writer, works_on("CatchUp"))["status"]
        self.pair.arrive(self.pair.writer)
        return writers_state(self.pair, self.moves.connect)

    def read_there(self) -> None:
        """The reader moves too, and enough is written and read."""
        if self.crossings:
            return
        assert self.on_target
        self.moves.release(self.pair.wave + 1)
        self.pair.arrive(self.pair.reader)
        self._flow(MOVE)

    @cached_property
    def back(self) -> dict[str, Any]:
        """Both were called back."""
        self.read_there()
        self.moves.release(self.pair.wave - 1)
        for unit in (self.pair.reader, self.pair.writer):
            rests(self.pair, unit, "RolledBack")
        state = writers_state(self.pair, self.moves.connect)
        self._flow(ROLLBACK)
        return state

    def again(self) -> None:
        """Released again; a raised attempt lets them go."""
        if len(self.crossings) > len((MOVE, ROLLBACK)):
            return
        assert self.back
        self.moves.release(self.pair.wave + 1)
        for unit in (self.pair.writer, self.pair.reader):
            unit.change(attempt=2)
            self.pair.arrive(unit)
        self._flow(SECOND_MOVE)

    def _flow(self, name: str) -> None:
        self.crossings.append(self.pair.crossing(name))
        self.pair.wait_flow(self.pair.acknowledged() + WRITTEN)


def rests(pair: Pair, unit: Unit, where: str, seconds: float = MOVE_SECONDS) -> Object:
    """Wait until a unit rests in a row, Ready; returns it."""

    def blocker() -> str:
        found = unit.found()
        at = found.get("status", {}).get("workingStep") == where
        return not_ready(found) if at else f"{step(found)}; {words(condition(found, 'Ready'))}"

    pair.ground.wait(f"{unit.name} at {where}", seconds, blocker)
    return unit.found()


def caught(moves: Moves, unit: Unit, now: Callable[[Object], bool]) -> Object:
    """Watch a unit until the moment that `now` names; returns it as it was then."""
    seen: list[Object] = []

    def blocker() -> str:
        seen.append(unit.found())
        return "" if now(seen[-1]) else step(seen[-1])

    moves.ground.wait("the moment", MOVE_SECONDS, blocker, every=LOOK_SECONDS)
    return seen[-1]


def kill_in(moves: Moves, pair: Pair, now: Callable[[Object], bool]) -> None:
    """End the operator in a short row: all that takes time is asked before."""
    ground = moves.ground
    pod = _operator_pod(ground)
    ground.logs.append(ground.operator_log())
    caught(moves, pair.writer, now)
    force = ("--grace-period=0", "--force", "--wait=false")
    ground.kubectl.run("-n", SYSTEM, "delete", "pod", pod, *force)
    found = pair.writer.found()
    assert now(found), f"{step(found)}: it was over before the operator was dead"


def _operator_pod(ground: Ground) -> str:
    """Wait until one operator is there and ready, also after a kill; the name of its pod."""

    def ready() -> list[str]:
        found = ground.kubectl.find(SYSTEM, "pods", "-l", OPERATOR)
        states = ((p, p["status"].get("containerStatuses", [])) for p in found)
        return [p["metadata"]["name"] for p, held in states if held and held[0]["ready"]]

    ground.wait("an operator", MOVE_SECONDS, lambda: "" if len(ready()) == 1 else "none is ready")
    return ready()[0]


def works_on(name: str, direction: str = "forward") -> Callable[[Object], bool]:
    """The unit works on a step of a direction."""

    def now(unit: Object) -> bool:
        status = unit["status"]
        return bool(
            (status.get("workingStep"), status.get("direction", "forward")) == (name, direction)
        )

    return now


def delete(unit: Unit) -> None:
    """Ask for the deletion, and wait for nothing."""
    where = ("-n", unit.namespace)
    unit.ground.kubectl.run(*where, "delete", UNITS, unit.name, "--wait=false")


def force_out(unit: Unit) -> None:
    """Take the finalizers away as nobody should; the object is gone at once."""
    change: Object = {"metadata": {"finalizers": None}}
    unit.ground.kubectl.patch(unit.namespace, UNITS, unit.name, change)
    assert not exists(unit)


def exists(unit: Unit) -> bool:
    """The object is still there."""
    return unit.ground.kubectl.exists("-n", unit.namespace, UNITS, unit.name)


def gone(unit: Unit) -> None:
    """Wait until a deleted unit is gone."""

    def blocker() -> str:
        return f"{unit.name} at {step(unit.found())}" if exists(unit) else ""

    unit.ground.wait(f"deletion of {unit.name}", GONE_SECONDS, blocker)


def make_anew(unit: Unit, was: Object) -> None:
    """Apply what was deleted, as a pipeline does that knows nothing of it."""
    metadata = {key: was["metadata"][key] for key in ("namespace", "name")}
    kept = {key: was[key] for key in ("apiVersion", "kind", "spec")}
    unit.ground.kubectl.apply([{**kept, "metadata": metadata}])


def recorded(moves: Moves, unit: Unit) -> list[journal.Entry]:
    """The unit's journal."""
    return journal.entries(moves.ground, moves.migration.namespace, unit.found())


def outside(moves: Moves, pair: Pair) -> dict[str, Any]:
    """Everything that a unit could touch: brokers, register, mirrors, bindings, Deployments."""
    kubectl, unit = moves.ground.kubectl, pair.writer.name
    deployment = kubectl.get(pair.namespace, "deployment", unit)
    return {
        "acls": {name: sorted(s.standing([pair.topic])) for name, s in moves.ground.sides.items()},
        "register": register(pair),
        "forward": moves.connect.at_rest(pair.topic),
        "reverse": way_back(moves).at_rest(pair.topic),
        "binding": kubectl.get(pair.namespace, "secret", f"{unit}-kafka")["metadata"][
            "resourceVersion"
        ],
        "deployment": deployment["metadata"]["generation"],
    }


def way_back(moves: Moves) -> Connect:
    """The Connect cluster of the return mirrors."""
    forward = moves.connect
    return Connect(forward.ground, forward.namespace, forward.uid, "reverse")
