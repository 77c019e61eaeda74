"""The operator dies without a word in the middle of a move; the next one finishes it."""

from __future__ import annotations

from tests.e2e.moves import Moved, Moves, begin, finish, kill_when
from tests.e2e.pair import require_whole

from kmig_demo.kubectl import Object


def test_killed_during_fence_the_next_operator_finishes_the_move(
    moves: Moves, moved: Moved
) -> None:
    """Killed with the fence half up: the same end state as undisturbed, and nothing is lost."""
    pair = begin(moves, "fence")
    moves.release(pair.wave)
    kill_when(moves, pair, in_fence)

    assert in_fence(pair.writer.found()), "Fence was over before the operator was dead"

    finished = finish(moves, pair)
    assert finished.end == moved.end
    require_whole(finished.judgement)


def test_killed_after_the_switch_entry_the_next_operator_finishes_the_move(
    moves: Moves, moved: Moved
) -> None:
    """Killed between the Switch entry and the end of Resume: the same end state, nothing lost."""
    pair = begin(moves, "switch")
    moves.release(pair.wave)
    kill_when(moves, pair, between_switch_and_resumed)

    assert between_switch_and_resumed(pair.writer.found()), "Resume was over before the kill"

    finished = finish(moves, pair)
    assert finished.end == moved.end
    require_whole(finished.judgement)


def in_fence(unit: Object) -> bool:
    """The unit works on Fence."""
    return bool(unit["status"].get("workingStep") == "Fence")


def between_switch_and_resumed(unit: Object) -> bool:
    """The journal holds the Switch entry (only it moves activeCluster), and Resume is not done."""
    status = unit["status"]
    working = status.get("workingStep") in ("Switch", "Resume")
    return bool(working and status.get("activeCluster") == "Target")
