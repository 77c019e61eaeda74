"""A change window holds a unit, an abort in the pause sends it back, and `kmig fences` afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.e2e.end_state import register
from tests.e2e.fences import REFUSED, fences
from tests.e2e.moves import Moves, begin
from tests.e2e.pair import HISTORY, MOVE_SECONDS, RATE, Pair

from kmig_demo.findings import Kind
from kmig_demo.objects import condition, step

BACK_SECONDS = 180.0
LONG_AFTER = timedelta(hours=6)
IN_THE_PAUSE = ("Drain", "Settle", "Fence")


@pytest.fixture(scope="module")
def held(returns: Moves) -> tuple[Pair, str]:
    """A pair whose writer is wanted on the target while the change window is shut; what it says."""
    pair = begin(returns, "aborted")
    opens = datetime.now(UTC) + LONG_AFTER
    window = {"schedule": f"{opens:%M %H} * * *", "durationSeconds": 600}
    returns.migration.change(cutover={"windows": [window]})
    pair.writer.change(desiredCluster="Target")
    said = pair.writer.says("WaitingForWave")
    return pair, said


@pytest.fixture(scope="module")
def aborted(returns: Moves, held: tuple[Pair, str]) -> Pair:
    """The pair whose writer was on its way when somebody aborted the whole migration."""
    pair, _ = held
    returns.migration.change(cutover={"windows": []})

    def blocker() -> str:
        found = pair.writer.found()
        return "" if found["status"].get("workingStep") in IN_THE_PAUSE else step(found)

    returns.ground.wait("the pause", MOVE_SECONDS, blocker, every=0.1)
    returns.migration.change(desiredStage="Aborted")
    return pair


def test_a_unit_waits_for_its_change_window(held: tuple[Pair, str]) -> None:
    """Wanted on the target, window shut: Ready WaitingForWave names when it opens; it runs on."""
    pair, said = held
    assert said.startswith("prepared; the next change window opens at ")
    pair.wait_flow(pair.acknowledged() + RATE)
    assert pair.writer.found()["status"]["workingStep"] == "Preflight"
    assert pair.binding(pair.writer)["cluster"] == "source"


def test_an_abort_in_the_pause_brings_the_unit_back_and_nothing_is_lost(
    returns: Moves, aborted: Pair
) -> None:
    """The writer writes on the source again, latched; both say Aborted; both logs are whole."""
    said = aborted.writer.says("BackedOut", seconds=BACK_SECONDS)
    assert said.endswith("make another KafkaMigration to try again")
    assert (
        aborted.reader.says("Aborted") == "the migration was aborted: the unit stays on the source"
    )
    returns.migration.says("Aborted")
    assert condition(returns.migration.found(), "Succeeded")["reason"] == "Aborted"
    assert aborted.binding(aborted.writer)["cluster"] == "source"
    assert register(aborted)[0] == "authority source"
    aborted.wait_flow(aborted.acknowledged() + 4 * RATE)
    judgement = aborted.judged(crossings=(), reader_crossings=0)
    assert set(judgement.findings.examples) == {Kind.NOT_MOVED}, judgement.findings.examples
    assert judgement.acknowledged > HISTORY + 4 * RATE


def test_a_lift_by_hand_that_would_let_two_sides_be_written_is_refused(
    returns: Moves, aborted: Pair
) -> None:
    """`kmig fences` shows the target's DENY held, and lifts it for nobody who has not said so."""
    writer = f"User:{aborted.ground.named('writer')}"

    def held() -> list[Any]:
        shown = json.loads(fences(returns.migration, "list", "-o", "json").stdout)["fences"]
        return [f for f in shown if (f["topic"], f["principal"]) == (aborted.topic, writer)]

    (fence,) = [f for f in held() if f["side"] == "target"]
    assert (fence["state"], fence["authority"], fence["journal"]) == ("held", "source", "source")
    done = fences(returns.migration, "lift", "--side", "target", "--topic", aborted.topic)
    assert done.returncode == REFUSED, done.stdout
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.endswith(
        "the target would be written beside it; --allow-two-writers takes that upon you"
    )
    assert fence in held()
