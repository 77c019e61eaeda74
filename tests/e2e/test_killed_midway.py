"""The operator dies without a word while a unit catches up, there and back, and while it comes home."""

from __future__ import annotations

import pytest
from tests.e2e.end_state import writers_state
from tests.e2e.endings import WRITTEN, Waves, kill_in, works_on
from tests.e2e.moves import Moves, begin
from tests.e2e.pair import Pair, require_whole

from kmig_demo.evidence import MOVE, ROLLBACK, Crossing


class Killed:
    """A writer that is disturbed on its way there and back; its reader stays on the source."""

    def __init__(self, moves: Moves) -> None:
        self.moves = moves
        self.pair: Pair = begin(moves, "killed")
        self.crossings: list[Crossing] = []

    def crossed(self, name: str) -> None:
        """Note a crossing, and let enough be written and come to the reader."""
        self.crossings.append(self.pair.crossing(name))
        self.pair.wait_flow(self.pair.acknowledged() + WRITTEN)


@pytest.fixture(scope="module")
def killed(ending: Moves) -> Killed:
    """The pair of this file."""
    return Killed(ending)


def test_killed_in_catch_up_the_next_operator_finishes_the_move(
    waves: Waves, killed: Killed
) -> None:
    """Killed while the mirror is stopped, fenced and denied: the same end state as undisturbed."""
    undisturbed = waves.on_target
    killed.pair.writer.change(desiredCluster="Target")
    kill_in(killed.moves, killed.pair, works_on("CatchUp"))
    killed.pair.arrive(killed.pair.writer)
    assert writers_state(killed.pair, killed.moves.connect) == undisturbed
    killed.crossed(MOVE)


def test_killed_in_catch_up_and_in_switch_of_the_way_back_the_next_operators_finish_it(
    waves: Waves, killed: Killed
) -> None:
    """Each record stands once in both logs and was read once, the same end state as undisturbed."""
    killed.pair.writer.change(desiredCluster="Source")
    for row in ("CatchUp", "Switch"):
        kill_in(killed.moves, killed.pair, works_on(row, "reverse"))
    killed.pair.come_back(killed.pair.writer)
    state = writers_state(killed.pair, killed.moves.connect)
    killed.crossed(ROLLBACK)
    require_whole(killed.pair.judged(tuple(killed.crossings), reader_crossings=0))
    assert state == waves.back
