"""Somebody restores an older status of a unit that has switched since."""

from __future__ import annotations

import json

from tests.e2e.endings import Waves, outside
from tests.e2e.moves import Moves
from tests.e2e.pair import RATE, Pair

from kmig_demo.kubectl import Object
from kmig_demo.objects import UNITS, condition

UNTOUCHED_LOOKS = 3


def test_an_older_status_put_back_after_the_switch_holds_and_touches_nothing(
    ending: Moves, waves: Waves
) -> None:
    """StatusLost until the newest status is back; meanwhile brokers, mirrors and pods stay."""
    assert waves.on_target
    pair = waves.pair
    newest = pair.writer.found()["status"]
    before = outside(ending, pair)
    put_status(pair, waves.old)
    said = pair.writer.says("StatusLost")
    assert "an older status was restored; nothing is touched" in said
    assert condition(pair.writer.found(), "Stalled")["reason"] == "StatusLost"
    for _ in range(UNTOUCHED_LOOKS):
        pair.wait_flow(pair.acknowledged() + RATE)
        assert outside(ending, pair) == before
    put_status(pair, newest)
    assert pair.writer.says("OnTarget")
    assert outside(ending, pair) == before


def put_status(pair: Pair, status: Object) -> None:
    """As a restore from a backup does: this status, and nothing of the present one."""
    present = pair.writer.found()["status"]
    change = {"status": {**dict.fromkeys(present), **status}}
    where = ("-n", pair.namespace, "patch", UNITS, pair.writer.name, "--subresource=status")
    pair.ground.kubectl.run(*where, "--type=merge", "-p", json.dumps(change))
