"""Before the Switch entry a unit that cannot finish in time goes back by itself, and may retry."""

from __future__ import annotations

from tests.e2e.moves import Moved, Moves, begin, finish
from tests.e2e.pair import MOVE_SECONDS, RATE, Pair, require_whole

from kmig_demo.objects import condition, step

BUDGET_SECONDS = 30
BACK_SECONDS = 180.0


def test_a_pause_beyond_its_budget_backs_out_and_a_raised_attempt_moves(
    moves: Moves, moved: Moved
) -> None:
    """Connect is gone, the budget passes: back on the source, latched; attempt 2 moves it."""
    pair = begin(moves, "budget", pauseBudgetSeconds=BUDGET_SECONDS)
    moves.release(pair.wave)
    stop_connect_in_the_pause(moves, pair)
    pair.writer.says("BackingOut", seconds=BUDGET_SECONDS + 60)
    require_source_open_again(pair)
    moves.connect.scale(1)

    message = pair.writer.says("BackedOut", seconds=BACK_SECONDS)

    assert f"the pause passed its budget of {BUDGET_SECONDS} s" in message
    assert message.endswith(
        "the unit runs on the source; mend the cause, then raise spec.attempt to 2"
    )
    require_latched(pair)
    pair.writer.change(attempt=2, pauseBudgetSeconds=240)
    moves.migration.approve_units(pair.writer.name)
    finished = finish(moves, pair)
    assert finished.end == moved.end
    require_whole(finished.judgement)


def stop_connect_in_the_pause(moves: Moves, pair: Pair) -> None:
    """As soon as the unit drains, the mirror that it needs for CatchUp is taken away."""

    def blocker() -> str:
        found = pair.writer.found()
        return "" if found["status"].get("workingStep") == "Drain" else step(found)

    moves.ground.wait("Drain", MOVE_SECONDS, blocker, every=0.1)
    moves.connect.scale(0)


def require_source_open_again(pair: Pair) -> None:
    """The writer writes to the source again although Connect is still gone (protocol 3.12)."""
    before = pair.acknowledged()
    pair.wait_flow(before)
    assert pair.binding(pair.writer)["cluster"] == "source"
    assert pair.writer.found()["status"]["activeCluster"] == "Source"


def require_latched(pair: Pair) -> None:
    """The wave is released, and yet the unit stays where it is until somebody raises attempt."""
    found = pair.writer.found()
    assert condition(found, "Stalled")["reason"] == "BackedOut"
    assert found["status"]["activeCluster"] == "Source"
    pair.wait_flow(pair.acknowledged() + 5 * RATE)
    assert pair.writer.found()["status"]["workingStep"] == "BackedOut"
