"""Turned back when the way home was open already, moved after all, then deleted."""

from __future__ import annotations

from functools import cached_property

import pytest
from tests.e2e import journal
from tests.e2e.end_state import register
from tests.e2e.endings import (
    WRITTEN,
    delete,
    exists,
    force_out,
    gone,
    make_anew,
    outside,
    recorded,
    way_back,
)
from tests.e2e.fences import listed
from tests.e2e.moves import Moves, begin
from tests.e2e.pair import MOVE_SECONDS, RATE, Pair, require_whole

from kmig_demo.evidence import MOVE
from kmig_demo.kubectl import Object
from kmig_demo.objects import step

BACK_SECONDS = 180.0
STRANGER = {"mode": "Acl", "extraPrincipals": ["User:e2e-nobody"]}


class Turned:
    """A writer whose first attempt turns round after ArmReverse; its reader stays on the source."""

    def __init__(self, moves: Moves) -> None:
        self.moves = moves
        self.pair: Pair = begin(moves, "turned")

    @cached_property
    def turned(self) -> str:
        """Somebody changed the spec when the return mirror had been freed; what the unit says."""
        pair = self.pair
        pair.writer.change(desiredCluster="Target")
        self.moves.ground.wait("the return mirror freed", MOVE_SECONDS, self._unfreed, every=0.05)
        pair.writer.change(fence=STRANGER)
        return pair.writer.says("BackedOut", seconds=BACK_SECONDS)

    def _unfreed(self) -> str:
        entries = (line.split() for line in register(self.pair)[1:])
        mirror = [e[:2] for e in entries if "User:kmig-mirror" in e and e[0] == "source"]
        freed = mirror and mirror[0][1] in ("lifting", "lifted")
        return "" if freed else step(self.pair.writer.found())

    @cached_property
    def arrived(self) -> Object:
        """The second attempt."""
        assert self.turned
        pair = self.pair
        pair.writer.change(attempt=2, fence={"extraPrincipals": None})
        found = pair.arrive(pair.writer)
        self.crossing = pair.crossing(MOVE)
        pair.wait_flow(pair.acknowledged() + WRITTEN)
        return found


@pytest.fixture(scope="module")
def turned(ending: Moves) -> Turned:
    """The pair of this file."""
    return Turned(ending)


def test_a_spec_changed_after_the_return_mirror_was_freed_turns_the_unit_round(
    ending: Moves, turned: Turned
) -> None:
    """Nothing had been copied back, by entry; the source opens again and the writer goes on."""
    said = turned.turned
    pair = turned.pair
    assert "spec was changed inside the critical section" in said
    taken = journal.kinds(recorded(ending, pair.writer), 1)
    assert "Switch" not in taken, "the switch was recorded before the change"
    assert taken[-4:] == ["Freeing", "BackOut", "NoCopy", "BackedOut"]
    assert listed(ending.migration, pair.topic)["authority"] == "source"
    assert pair.binding(pair.writer)["cluster"] == "source"
    pair.wait_flow(pair.acknowledged() + RATE)


def test_a_raised_attempt_moves_it_after_all_and_nothing_is_lost(turned: Turned) -> None:
    """The return mirror begins at the new seam; the writer's records come home to its reader."""
    assert turned.arrived["status"]["activeCluster"] == "Target"


def test_deleted_after_the_switch_it_stays_with_its_way_back_binding_and_fences(
    ending: Moves, turned: Turned
) -> None:
    """It waits; forced out, all that it had is listed and goes on, and no other begins there."""
    assert turned.arrived
    pair = turned.pair
    before = outside(ending, pair)
    was = pair.writer.found()
    delete(pair.writer)
    pair.wait_flow(pair.acknowledged() + WRITTEN)
    assert exists(pair.writer)
    told = [e["reason"] for e in ending.events(pair.namespace, pair.writer.name)]
    assert "DeletionWaits" in told
    force_out(pair.writer)
    pair.wait_flow(pair.acknowledged() + WRITTEN)
    shown, writer = listed(ending.migration, pair.topic), ending.ground.named("writer")
    assert (shown["authority"], shown["journal"]) == ("target", None)
    assert shown["denies"][f"source User:{writer}"] == "held"
    assert pair.binding(pair.writer)["cluster"] == "target"
    assert way_back(ending).at_rest(pair.topic) == [False]
    make_anew(pair.writer, was)
    said = pair.writer.says("StatusLost", seconds=BACK_SECONDS)
    assert f"gives {pair.topic} to target" in said
    assert outside(ending, pair) == before
    delete(pair.writer)
    gone(pair.writer)
    require_whole(pair.judged((turned.crossing,), reader_crossings=0))
