"""The way back: what was written on the target comes back with the applications, and they move again."""

from __future__ import annotations

import pytest
from tests.e2e.end_state import register
from tests.e2e.lifecycle import traces
from tests.e2e.moves import Moves, begin, kill_when
from tests.e2e.pair import RATE, Pair, require_whole

from kmig_demo.checker import Judgement
from kmig_demo.evidence import MOVE, ROLLBACK, SECOND_MOVE, Crossing
from kmig_demo.kubectl import Object
from kmig_demo.objects import condition

WRITTEN = 4 * RATE  # records that each side gets between two crossings, at least


class ThereAndBack:
    """A pair that moved, came back and moved again, with what was seen on the way."""

    def __init__(self, moves: Moves) -> None:
        self.moves = moves
        self.pair: Pair = begin(moves, "back")
        self.crossings: list[Crossing] = []
        self.back: dict[str, Object] = {}
        self._move(MOVE)
        self._return()
        self._move(SECOND_MOVE, desiredCluster="ByWave", attempt=2)
        self.judgement: Judgement = self.pair.judged(tuple(self.crossings))

    def _move(self, name: str, **spec: object) -> None:
        for later, unit in enumerate((self.pair.writer, self.pair.reader)):
            if spec:
                unit.change(**spec)
            else:
                self.moves.release(self.pair.wave + later)
            self.pair.arrive(unit)
        self._flow(name)

    def _return(self) -> None:
        for role, unit in (("writer", self.pair.writer), ("reader", self.pair.reader)):
            self.back[role] = self.pair.come_back(unit)
        self.register = register(self.pair)
        self._flow(ROLLBACK)

    def _flow(self, name: str) -> None:
        """Enough is written and read where the pair is now."""
        self.crossings.append(self.pair.crossing(name))
        self.pair.wait_flow(self.pair.acknowledged() + WRITTEN)


@pytest.fixture(scope="module")
def trip(returns: Moves) -> ThereAndBack:
    """The whole journey, once."""
    return ThereAndBack(returns)


def test_a_writer_and_a_reader_come_back_and_move_again_and_nothing_is_lost_or_repeated(
    trip: ThereAndBack,
) -> None:
    """Every acknowledged record stands once in both logs and was consumed once, in order."""
    require_whole(trip.judgement)
    phases = {phase.name: phase for phase in trip.judgement.phases}
    assert list(phases) == [MOVE, ROLLBACK, SECOND_MOVE]
    assert all(phase.acknowledged > WRITTEN for phase in phases.values())
    assert all(phase.pause.total is not None for phase in phases.values())


def test_a_unit_that_is_back_says_so_and_holds_the_target_closed(trip: ThereAndBack) -> None:
    """Ready RolledBack on the source, the source has authority, the target's DENY is held."""
    for found in trip.back.values():
        assert condition(found, "Ready")["reason"] == "RolledBack"
        assert condition(found, "Succeeded")["reason"] == "RolledBack"
        status = found["status"]
        assert (status["activeCluster"], status["phase"]) == ("Source", "RolledBack")
        assert traces(found) == []
    assert trip.register[0] == "authority source"
    user = trip.pair.ground.named("writer")
    entries = [line for line in trip.register if f"User:{user}" in line]
    assert {" ".join(line.split()[:2]) for line in entries} == {"source lifted", "target held"}


def test_killed_while_arming_and_in_the_fence_of_the_way_back_the_next_operator_finishes_both(
    returns: Moves, trip: ThereAndBack
) -> None:
    """Nothing is lost or repeated, and the return mirror runs although its PATCH lost its answer."""
    pair = begin(returns, "killed")
    returns.release(pair.wave)
    kill_when(returns, pair, in_arm_reverse)
    assert in_arm_reverse(pair.writer.found()), "ArmReverse was over before the operator was dead"
    pair.arrive(pair.writer)
    returns.release(pair.wave + 1)
    pair.arrive(pair.reader)
    crossings = [pair.crossing(MOVE)]
    pair.wait_flow(pair.acknowledged() + WRITTEN)
    pair.writer.change(desiredCluster="Source")
    kill_when(returns, pair, in_fence_of_the_way_back)
    assert in_fence_of_the_way_back(pair.writer.found()), "Fence was over before the kill"
    for unit in (pair.writer, pair.reader):
        pair.come_back(unit)
    crossings.append(pair.crossing(ROLLBACK))
    pair.wait_flow(pair.acknowledged() + WRITTEN)
    require_whole(pair.judged(tuple(crossings)))


def in_arm_reverse(unit: Object) -> bool:
    """The unit arms its return mirror."""
    return bool(unit["status"].get("workingStep") == "ArmReverse")


def in_fence_of_the_way_back(unit: Object) -> bool:
    """The unit fences the target."""
    status = unit["status"]
    return bool((status.get("direction"), status.get("workingStep")) == ("reverse", "Fence"))
