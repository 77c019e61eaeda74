"""Until when a way back has all that it needs, and the warning a day before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.planted import NOW, Planted
from tests.unit.decide.returning import back, there

from kafka_migration.decide.rules.way_back import UNKNOWN, closes_soon

DAY_MS = 24 * 3600 * 1000
SHORT, LONG = "2030-01-01T12:00:00Z", "2030-01-08T10:00:00Z"


def with_config(planted: Planted, side: str, **config: str) -> None:
    kafka = planted.source if side == "source" else planted.target
    named = {name.replace("_", "."): value for name, value in config.items()}
    kafka.topics["orders"] = replace(kafka.topics["orders"], config=named)


def on_target() -> Planted:
    """Both units are there; a week of retention on both sides, offsets for ever."""
    planted = there()[-1].again()
    for side in ("source", "target"):
        with_config(planted, side, cleanup_policy="delete", retention_ms=str(7 * DAY_MS))
    planted.source.settings["offsets.retention.minutes"] = "100000000"
    return planted


def told(planted: Planted) -> str | None:
    for _ in range(2):
        planted.tick("leave")
    value: str | None = planted.status("leave").get("rollbackUntil")
    return value


def test_the_shortest_retention_counts_from_the_switch_on():
    assert told(on_target()) == LONG


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize(
    "config",
    [
        {"cleanup_policy": "delete", "retention_ms": str(2 * 3600 * 1000)},
        {"cleanup_policy": "compact", "min_compaction_lag_ms": str(2 * 3600 * 1000)},
        {
            "cleanup_policy": "compact,delete",
            "retention_ms": str(DAY_MS),
            "min_compaction_lag_ms": str(2 * 3600 * 1000),
        },
    ],
)
def test_either_side_may_lose_it_to_retention_or_compaction(side, config):
    planted = on_target()
    with_config(planted, side, **config)
    assert told(planted) == SHORT


def test_commits_of_a_group_expire():
    planted = on_target()
    planted.source.settings["offsets.retention.minutes"] = "120"
    assert told(planted) == SHORT


def test_nothing_that_is_kept_for_ever_limits_it():
    planted = on_target()
    for side in ("source", "target"):
        with_config(planted, side, cleanup_policy="delete", retention_ms="-1")
    assert told(planted) is None


@pytest.mark.parametrize("config", [{}, {"cleanup_policy": "delete"}])
def test_what_cannot_be_read_is_unknown(config):
    planted = on_target()
    with_config(planted, "target", **config)
    assert told(planted) == UNKNOWN


def test_offset_expiry_that_is_not_told_is_unknown():
    planted = on_target()
    del planted.source.settings["offsets.retention.minutes"]
    assert told(planted) == UNKNOWN


def test_the_last_day_is_a_problem_that_names_the_moment():
    planted = on_target()
    with_config(planted, "source", cleanup_policy="delete", retention_ms=str(DAY_MS - 1000))
    until = told(planted)
    (problem,) = planted.status("leave")["problems"]
    assert (problem["reason"], problem["subject"]) == ("RollbackEnds", "rollback")
    assert str(until) in problem["message"]
    assert planted.ready("leave")[0] == "True"


@pytest.mark.parametrize(
    ("moment", "soon"),
    [
        (None, False),
        (UNKNOWN, False),
        ("2030-01-02T09:59:59Z", True),
        ("2030-01-02T10:00:01Z", False),
        ("2029-12-31T10:00:00Z", True),
    ],
)
def test_soon_is_within_a_day_or_over(moment, soon):
    assert closes_soon(moment, NOW) is soon


def test_nobody_on_the_target_needs_a_way_back():
    assert told(back()[-1].again()) is None


def test_without_a_way_back_nothing_is_promised():
    planted = on_target()
    spec = planted.objects["leave"].spec["replication"]
    planted.change("leave", replication={**spec, "reverse": "Disabled"})
    assert told(planted) is None
