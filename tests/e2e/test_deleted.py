"""Units that are deleted before the switch: one goes back first, one is torn out of the fence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.e2e.end_state import register
from tests.e2e.endings import (
    WRITTEN,
    caught,
    delete,
    force_out,
    gone,
    kill_in,
    make_anew,
    outside,
    works_on,
)
from tests.e2e.fences import REFUSED, lift, listed
from tests.e2e.moves import Moves, begin
from tests.e2e.pair import HISTORY, RATE, Pair

from kmig_demo.findings import Kind
from kmig_demo.kubectl import Object

LOST_SECONDS = 120.0  # a killed operator's Lease has to end


@pytest.fixture(scope="module")
def torn(ending: Moves) -> tuple[Pair, Object]:
    """A pair whose writer's unit was torn out in Fence while no operator ran, and what it was."""
    pair = begin(ending, "forced")
    pair.writer.change(desiredCluster="Target")
    kill_in(ending, pair, fencing(pair))
    was = pair.writer.found()
    delete(pair.writer)
    force_out(pair.writer)
    return pair, was


def test_deleted_before_the_switch_it_goes_back_before_it_goes(ending: Moves) -> None:
    """The writer writes on the source again, the target stays closed; both logs are whole."""
    pair = begin(ending, "recalled")
    pair.writer.change(desiredCluster="Target")
    caught(ending, pair.writer, fencing(pair))
    delete(pair.writer)
    gone(pair.writer)
    shown, writer = listed(ending.migration, pair.topic), ending.ground.named("writer")
    assert shown["authority"] == "source"
    assert shown["denies"][f"source User:{writer}"] == "lifted"
    assert shown["denies"][f"target User:{writer}"] == "held"
    assert pair.binding(pair.writer)["cluster"] == "source"
    require_whole_on_the_source(pair)


def test_torn_out_of_the_fence_all_that_is_left_is_listed_and_no_other_begins_there(
    ending: Moves, torn: tuple[Pair, Object]
) -> None:
    """Authority none, the source closed, no pod: the same unit made anew says StatusLost."""
    pair, was = torn
    shown, writer = listed(ending.migration, pair.topic), ending.ground.named("writer")
    assert (shown["authority"], shown["journal"]) == ("none", None)
    assert shown["denies"][f"source User:{writer}"] in ("wanted", "held")
    assert shown["denies"][f"target User:{writer}"] == "held"
    before = outside(ending, pair)
    make_anew(pair.writer, was)
    said = pair.writer.says("StatusLost", seconds=LOST_SECONDS)
    assert f"gives {pair.topic} to none" in said
    assert outside(ending, pair) == before
    delete(pair.writer)
    gone(pair.writer)


def test_its_fence_is_lifted_by_hand_for_whoever_takes_it_upon_himself_and_nothing_is_lost(
    ending: Moves, torn: tuple[Pair, Object]
) -> None:
    """Refused as a move that is under way; then the writer goes on where it stopped."""
    pair, _ = torn
    lifting = ("--side", "source", "--topic", pair.topic)
    refused = lift(ending.migration, *lifting)
    assert refused.returncode == REFUSED
    assert "authority is none: a move is under way" in refused.stderr
    done = lift(ending.migration, *lifting, "--allow-two-writers")
    assert done.returncode == 0, done.stderr
    where = ("-n", pair.namespace, "scale", "deployment", pair.writer.name)
    ending.ground.kubectl.run(*where, "--replicas=1")
    require_whole_on_the_source(pair)


def fencing(pair: Pair) -> Callable[[Object], bool]:
    """The unit works on Fence, and the register has taken the topic from the source."""
    in_fence = works_on("Fence")

    def now(unit: Object) -> bool:
        return in_fence(unit) and register(pair)[0] == "authority none"

    return now


def require_whole_on_the_source(pair: Pair) -> None:
    """It writes there, and whatever was ever acknowledged stands once in both logs."""
    pair.wait_flow(pair.acknowledged() + WRITTEN)
    judgement = pair.judged(crossings=(), reader_crossings=0)
    assert set(judgement.findings.examples) == {Kind.NOT_MOVED}, judgement.findings.examples
    assert judgement.acknowledged > HISTORY + RATE
