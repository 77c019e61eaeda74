"""CatchUp: what it waits for, what it backs out of, and how it stops the mirror."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.decide.moving import at, backs_out, before_entry, stands
from tests.unit.decide.planted import PARTITIONS, Planted, topic

from kafka_migration.model.actions import StopConnector
from kafka_migration.model.entries import EntryKind


def own_mirror(planted: Planted, **changes) -> None:
    name = next(iter(planted.connectors))
    planted.connectors[name] = replace(planted.connectors[name], **changes)


def tail(planted: Planted) -> dict[str, Any]:
    report: dict[str, Any] = next(j for n, j in planted.jobs.items() if "tail" in n)["report"]
    return report


@pytest.mark.parametrize(
    ("disturb", "reason"),
    [
        (lambda p: p.connectors.clear(), "TaskFailed"),
        (lambda p: next(iter(p.stored.values())).update({PARTITIONS[0]: 12}), "GapDetected"),
        (lambda p: p.source.high.update({PARTITIONS[0]: 11}), "FenceLost"),
        (lambda p: p.source.stable.update({PARTITIONS[0]: 9}), "FenceLost"),
        (lambda p: p.source.topics.update(orders=topic("orders", "new")), "TopicRecreated"),
        (lambda p: p.jobs.clear(), "ComparisonIncomplete"),
        (lambda p: tail(p)["partitions"][0].update(verdict="DIFFERENT"), "ContentDiffers"),
    ],
)
def test_catch_up_backs_out_of_what_cannot_be_proven(disturb, reason):
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    disturb(planted)
    assert backs_out(planted) == reason


@pytest.mark.parametrize(
    ("disturb", "reason"),
    [
        (lambda p: own_mirror(p, tasks={0: "RUNNING"}), "Progressing"),
        (lambda p: tail(p).update(state="running"), "Progressing"),
        (lambda p: setattr(p, "window_seconds", 0.0), "Progressing"),
    ],
)
def test_catch_up_waits_for_what_time_will_change(disturb, reason):
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    disturb(planted)
    assert stands(planted, "writer") == (reason, "False")


@pytest.mark.parametrize("stored", [{PARTITIONS[0]: 3}, {}])
def test_catch_up_waits_for_the_last_record_while_the_mirror_runs(stored):
    planted = at("writer", "CatchUp")
    planted.tick("writer")
    name = next(iter(planted.connectors))
    planted.stored[name] = dict(stored)
    assert stands(planted, "writer") == ("LagTooHigh", "False")


def test_the_targets_end_counts_only_when_nothing_is_open_below_it():
    """HW == LSO on two looks: T."""
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    planted.target.stable[PARTITIONS[0]] = 5
    assert stands(planted, "writer") == ("Progressing", "False")
    assert "end twice" in planted.decide("writer")[0].status["message"]


def test_a_mirror_that_was_stopped_too_early_is_a_gap():
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    planted.stored[next(iter(planted.connectors))].pop(PARTITIONS[0])
    assert backs_out(planted) == "GapDetected"


def test_a_mirror_that_runs_again_is_stopped_again():
    """A late resume undoes a stop."""
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    own_mirror(planted, state="RUNNING", tasks={0: "RUNNING"})
    assert isinstance(planted.decide("writer")[0].action, StopConnector)


def test_an_unrecorded_answer_of_the_null_patch_counts_as_none_after_a_restart():
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    planted.restart()
    assert type(planted.decide("writer")[0].action).__name__ == "FenceMirror"


def test_the_mirror_is_stopped_fenced_and_denied_in_this_order():
    planted = before_entry("writer", EntryKind.CAUGHT_UP)
    names = [type(a).__name__ for n, a in planted.acts if n == "writer"]
    assert names[names.index("StopConnector") :][:3] == [
        "StopConnector",
        "FenceMirror",
        "HoldDenies",
    ]
