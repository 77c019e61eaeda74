"""Change windows hold a unit before it is stopped, and send it back while it can still go back."""

from __future__ import annotations

from typing import Any

from tests.unit.decide.moving import UNITS, at, in_phase, last_at, run_to
from tests.unit.decide.planted import Planted
from tests.unit.decide.returning import standing, there

from kafka_migration.decide.machine import Phase
from kafka_migration.model.entries import EntryKind

# The planted world's time is 2030-01-01 10:00 UTC.
OPEN = {"schedule": "0 9 * * *", "durationSeconds": 7200}
SHUT = {"schedule": "30 22 * * *", "durationSeconds": 7200}
CLOSING = {"schedule": "0 9 * * *", "durationSeconds": 3630}


def windows(planted: Planted, *chosen: dict[str, Any]) -> None:
    planted.change("leave", cutover={"throughWave": 20, "windows": list(chosen)})


def test_a_unit_waits_for_the_window_and_says_when_it_opens():
    planted = last_at("writer", "Preflight")
    windows(planted, SHUT)
    assert planted.tick("writer").action is None
    assert planted.ready("writer") == ("True", "WaitingForWave")
    said = planted.status("writer")["message"]
    assert said == "prepared; the next change window opens at 2030-01-01 22:30 UTC"


def test_a_unit_does_not_stop_when_its_pause_might_outlast_the_window():
    planted = last_at("writer", "Preflight")
    windows(planted, CLOSING, SHUT)
    assert not planted.tick("writer").moved
    said = planted.status("writer")["message"]
    assert said.endswith("closes at 10:00 UTC, before a pause of 60 s would be over")
    windows(planted, OPEN)
    assert planted.tick("writer").moved


def test_a_window_that_closes_in_the_pause_sends_the_unit_back():
    for visit in in_phase(Phase.CRITICAL)[::4]:
        planted = visit.again()
        windows(planted, SHUT)
        entry = planted.tick(visit.name).entry
        assert entry is not None, str(visit)
        assert entry.kind is EntryKind.BACK_OUT, str(visit)
        assert "change window" in entry.data["message"]


def test_after_the_switch_the_window_means_nothing():
    planted = at("writer", "Resume")
    windows(planted, SHUT)
    run_to(planted, "writer", "Completed")
    assert planted.ready("writer") == ("True", "OnTarget")


def test_the_way_back_waits_for_no_window():
    planted = there()[-1].again()
    windows(planted, SHUT)
    for name in UNITS:
        planted.change(name, desiredCluster="Source")
    planted.run(lambda: standing(planted, "RolledBack"))
    assert planted.ready("writer") == ("True", "RolledBack")
