"""The migration that all moving rows share, and the undisturbed move that others compare with.

Made once per session by conftest's fixtures `moves` and `moved`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.e2e import manifests
from tests.e2e.connect import Connect
from tests.e2e.end_state import end_state
from tests.e2e.ground import Ground, short_uid
from tests.e2e.lifecycle import Migration
from tests.e2e.pair import MOVE_SECONDS, Pair, archive_topic

from kmig_demo.checker import Judgement
from kmig_demo.history import History
from kmig_demo.kubectl import Object
from kmig_demo.objects import step

ARCHIVE, KEYS = 1_000, 40
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Course:
    """What one shared migration is for: its pairs by name and wave, and whether there is a way back.

    `letter` stands in the names of its topics and namespaces, so that two migrations never meet.
    """

    name: str
    letter: str
    waves: Mapping[str, int]
    reverse: str = "Disabled"


ONWARD = Course("moves", "m", {"plain": 10, "fence": 20, "switch": 30, "budget": 40})
RETURNING = Course(
    "returns", "r", {"back": 10, "killed": 20, "ahead": 30, "aborted": 40}, "Enabled"
)


@dataclass
class Moves:
    """The shared migration, its pairs, and what was seen on the way to CutOver."""

    ground: Ground
    migration: Migration
    pairs: dict[str, Pair]
    applications: str  # the namespace of its units
    on_target_before: set[str] = field(default_factory=set)
    on_target_at_the_gate: set[str] = field(default_factory=set)
    on_target_prepared: set[str] = field(default_factory=set)

    @property
    def connect(self) -> Connect:
        """The migration's Connect cluster."""
        return Connect(self.ground, self.migration.namespace, short_uid(self.migration.found()))

    def release(self, wave: int) -> None:
        """Let the units up to a wave go."""
        self.migration.change(cutover={"throughWave": wave})

    def events(self, namespace: str, name: str) -> list[Object]:
        """Events about one object."""
        selector = f"involvedObject.name={name}"
        return self.ground.kubectl.find(namespace, "events", "--field-selector", selector)


@dataclass
class Moved:
    """One pair on the target, judged."""

    pair: Pair
    writer: Object
    reader: Object
    holds: list[str]
    end: dict[str, Any]
    judgement: Judgement


def prepare(ground: Ground, course: Course = ONWARD) -> Moves:
    """Topics and history on the source, then one migration up to its open CutOver gate."""
    made = lay(ground, course)
    to_replicating(made, course)
    to_cut_over(made)
    return made


def lay(ground: Ground, course: Course) -> Moves:
    """Namespaces, topics and history on the source; no migration yet."""
    platform = ground.make_namespace(f"platform-{course.letter}", role="migration")
    applications = ground.make_namespace(f"apps-{course.letter}", role="application")
    reference = (platform, course.name)
    pairs = {
        name: Pair(ground, applications, name, wave, reference, course.letter)
        for name, wave in course.waves.items()
    }
    for pair in pairs.values():
        pair.lay()
    archive = archive_topic(ground, course.letter)
    ground.sides["source"].make_topic(archive, 1)
    History(ground.environment.sides["source"], ground.run).write(archive, ARCHIVE, KEYS, "a")
    return Moves(ground, Migration(ground, platform, course.name), pairs, applications)


def to_replicating(moves: Moves, course: Course) -> None:
    """The migration is made, its plan approved, and its bulk mirror within its lag."""
    ground, migration, target = moves.ground, moves.migration, moves.ground.sides["target"]
    ours = [ground.named(f"{course.letter}-")]
    moves.on_target_before = target.standing(ours)
    ground.kubectl.apply(manifests.platform_secrets(ground, migration.namespace))
    topics = ground.named(f"{course.letter}-.*")
    manifest = manifests.migration(ground, migration.namespace, course.name, topics)
    manifest["spec"]["replication"]["reverse"] = course.reverse
    manifest["spec"]["allowedCutovers"]["namespaces"] = [moves.applications]
    migration.apply(manifest)
    migration.hold("InventoryFrozen")
    migration.gate("TargetPrepared")
    ours.append(short_uid(migration.found()))
    moves.on_target_at_the_gate = target.standing(ours)
    migration.approve("TargetPrepared")
    migration.hold("TargetPrepared")
    moves.on_target_prepared = target.standing(ours)
    migration.advance("Replicating")


def to_cut_over(moves: Moves) -> None:
    """Everything is compared, and the gate is open for units that come."""
    moves.migration.advance("Validated")
    moves.migration.approve("CutOver")
    moves.migration.says("WaitingForWave")


def begin(moves: Moves, name: str, **writer_spec: Any) -> Pair:
    """A pair with its applications running and its units waiting for their waves."""
    pair = moves.pairs[name]
    pair.start()
    pair.apply_units(**writer_spec)
    moves.migration.approve_units(pair.writer.name, pair.reader.name)
    return pair


def finish(moves: Moves, pair: Pair) -> Moved:
    """The writer's unit is released already: wait for both, then judge."""
    holds = [f"WaitingForWave: {pair.reader.ready()}"]
    writer = pair.arrive(pair.writer)
    holds.append(f"OnTarget: {pair.writer.ready()}")
    moves.release(pair.wave + 1)
    reader = pair.arrive(pair.reader)
    holds.append(f"OnTarget: {pair.reader.ready()}")
    pair.wait_flow(pair.acknowledged())
    end = end_state(pair, moves.connect)
    return Moved(pair, writer, reader, holds, end, pair.judged())


def kill_when(moves: Moves, pair: Pair, now: Callable[[Object], bool]) -> None:
    """Watch the writer's unit and end the operator at the moment that `now` names."""

    def blocker() -> str:
        found = pair.writer.found()
        return "" if now(found) else step(found)

    moves.ground.wait("the moment to kill", MOVE_SECONDS, blocker, every=LOOK_SECONDS)
    moves.ground.kill_operator()
