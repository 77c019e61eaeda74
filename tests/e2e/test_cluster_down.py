"""A cluster that is down when a unit is wanted back (protocol 3.15)."""

from __future__ import annotations

from typing import Any

from tests.e2e import moves, outage
from tests.e2e.ground import Ground
from tests.e2e.lifecycle import Unit
from tests.e2e.pair import RATE, Pair, require_whole

from kmig_demo.evidence import MOVE, ROLLBACK

COURSE = moves.Course("down", "d", {"plain": 10}, "Enabled")
WRITTEN = 4 * RATE


def test_a_unit_wanted_back_while_the_target_is_down_stays_untouched_and_comes_home_afterwards(
    ground: Ground,
) -> None:
    """Unreachable names the target and since when; once it answers nothing is lost or repeated."""
    made = moves.prepare(ground, COURSE)
    pair = moves.begin(made, "plain")
    made.release(pair.wave + 1)
    for unit in (pair.writer, pair.reader):
        pair.arrive(unit)
    crossings = [pair.crossing(MOVE)]
    pair.wait_flow(pair.acknowledged() + WRITTEN)
    stood = standing(pair)
    with outage.down(ground, "target"):
        for unit in (pair.writer, pair.reader):
            unit.change(desiredCluster="Source")
        for unit in (pair.writer, pair.reader):
            require_held_by_name(unit)
        assert standing(pair) == stood
    for unit in (pair.writer, pair.reader):
        pair.come_back(unit)
    crossings.append(pair.crossing(ROLLBACK))
    pair.wait_flow(pair.acknowledged() + WRITTEN)
    require_whole(pair.judged(tuple(crossings)))


def require_held_by_name(unit: Unit) -> None:
    """The unit says which cluster does not answer, since when, and that nothing was touched."""
    said = unit.says("Unreachable", seconds=outage.LONGEST_SECONDS / 2)
    assert said.startswith("the target does not answer"), said
    assert "nothing of it is touched" in said
    assert said.endswith("make the target answer")
    assert unit.found()["status"]["activeCluster"] == "Target"


def standing(pair: Pair) -> dict[str, Any]:
    """What a drain would change: replicas, pods and bindings."""
    found: dict[str, Any] = {}
    for unit in (pair.writer, pair.reader):
        deployment = pair.ground.kubectl.get(pair.namespace, "deployment", unit.name)
        selector = ("-l", f"app.kubernetes.io/name={unit.name}")
        pods = pair.ground.kubectl.find(pair.namespace, "pods", *selector)
        found[unit.name] = (
            deployment["spec"]["replicas"],
            sorted(pod["metadata"]["uid"] for pod in pods),
            pair.binding(unit)["cluster"],
        )
    return found
