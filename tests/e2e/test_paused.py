"""spec.paused: what rests stays where it is, and what is inside its write pause goes back."""

from __future__ import annotations

import time

import pytest
from tests.e2e import moves
from tests.e2e.endings import rests
from tests.e2e.ground import Ground
from tests.e2e.moves import Moves, begin
from tests.e2e.pair import MOVE_SECONDS, RATE, Pair, require_whole

from kmig_demo.evidence import MOVE
from kmig_demo.objects import step

COURSE = moves.Course("paused", "p", {"halted": 10}, "Enabled")
STILL_SECONDS = 10.0
BACK_SECONDS = 180.0
IN_THE_PAUSE = ("Drain", "Settle", "Fence", "CatchUp")


@pytest.fixture(scope="module")
def paused(ground: Ground) -> Moves:
    """A migration of this file's own: it is paused as a whole."""
    return moves.prepare(ground, COURSE)


@pytest.fixture(scope="module")
def halted(paused: Moves) -> Pair:
    """A pair whose wave is released while the migration is paused."""
    pair = begin(paused, "halted")
    paused.migration.change(paused=True)
    paused.release(pair.wave)
    return pair


def test_while_paused_no_unit_begins_and_its_applications_run_on(
    paused: Moves, halted: Pair
) -> None:
    """The wave is released and nothing moves: SpecPaused on both kinds, records flow."""
    halted.writer.says("SpecPaused")
    paused.migration.says("SpecPaused", "Paused")
    ends = time.monotonic() + STILL_SECONDS
    while time.monotonic() < ends:
        assert halted.writer.found()["status"]["workingStep"] == "Preflight"
        halted.wait_flow(halted.acknowledged() + RATE)
    assert halted.binding(halted.writer)["cluster"] == "source"


def test_paused_inside_its_write_pause_a_unit_goes_back_and_moves_when_asked_again(
    paused: Moves, halted: Pair
) -> None:
    """It is not left half way: back on the source, latched; attempt 2 moves it, nothing is lost."""
    paused.migration.change(paused=False)

    def outside() -> str:
        found = halted.writer.found()
        return "" if found["status"].get("workingStep") in IN_THE_PAUSE else step(found)

    paused.ground.wait("the write pause", MOVE_SECONDS, outside, every=0.1)
    paused.migration.change(paused=True)
    said = halted.writer.says("BackedOut", seconds=BACK_SECONDS)
    assert "the migration is paused" in said
    halted.wait_flow(halted.acknowledged())
    assert halted.binding(halted.writer)["cluster"] == "source"

    paused.migration.change(paused=False)
    halted.writer.change(attempt=2)
    rests(halted, halted.writer, "Completed")
    paused.release(halted.wave + 1)
    halted.arrive(halted.reader)
    halted.wait_flow(halted.acknowledged())
    require_whole(halted.judged((halted.crossing(MOVE),)))
