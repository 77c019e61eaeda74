"""Replicating: workers, the bulk mirror, no gap, and lag under its limit for a while."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, last_at, stands, visits
from tests.unit.decide.planted import PARTITIONS, Planted, topic

from kafka_migration.model.actions import ApplyWorkers
from kafka_migration.model.connect import Workers
from kafka_migration.model.entries import EntryKind

STARTS = ("ConnectNotReady", "False")


def bulk(planted: Planted, **changes) -> None:
    name = next(iter(planted.connectors))
    planted.connectors[name] = replace(planted.connectors[name], **changes)


@pytest.mark.parametrize(
    ("disturb", "reason", "stalled"),
    [
        (lambda p: setattr(p, "workers", Workers(False, None, 0, 1)), "ConnectNotReady", "False"),
        (
            lambda p: setattr(p, "workers", replace(p.workers, ready=0, problem="ErrImagePull")),
            "ConnectNotReady",
            "False",
        ),
        (lambda p: setattr(p, "workers", replace(p.workers, outdated=True)), *STARTS),
        (lambda p: p.source.topics.update(orders=topic("orders", "s-2")), "TopicRecreated", "True"),
        (lambda p: p.source.topics.clear(), "TopicMissing", "True"),
        (lambda p: p.target.topics.pop("orders"), "TopicMissing", "True"),
        (lambda p: p.target.topics.update(orders=topic("orders", "x")), "TopicRecreated", "True"),
        (lambda p: bulk(p, topics=frozenset({"other"})), "TaskFailed", "True"),
        (lambda p: bulk(p, tasks={0: "FAILED"}, trace="boom"), "TaskFailed", "False"),
        (lambda p: bulk(p, tasks={}), "ReplicationStarting", "False"),
        (lambda p: setattr(p, "window_seconds", 1.0), "LagTooHigh", "False"),
        (lambda p: p.source.high.update({PARTITIONS[0]: 4}), "GapDetected", "True"),
    ],
)
def test_the_stage_is_not_reached(disturb, reason, stalled):
    planted = last_at("leave", "Replicating")
    disturb(planted)
    assert stands(planted, "leave") == (reason, stalled)


def test_workers_that_somebody_scaled_down_are_named_with_the_number_to_scale_to():
    planted = last_at("leave", "Replicating")
    planted.workers = replace(planted.workers, ready=0, wanted=0)
    assert stands(planted, "leave") == STARTS
    message = planted.decide("leave")[0].status["message"]
    assert "somebody scaled their Deployment; scale it to" in message


def test_a_topic_that_is_made_anew_is_seen_at_every_later_stage():
    planted = last_at("leave", "Validated")
    planted.source.topics["orders"] = topic("orders", "s-2")
    assert stands(planted, "leave") == ("TopicRecreated", "True")


def test_target_topic_ids_are_an_entry_before_the_first_mirror_exists():
    planted = at("leave", "Replicating")
    planted.run(lambda: bool(planted.connectors))
    assert EntryKind.REPLICATION_STARTED in planted.kinds("leave")


def test_a_mirror_is_created_stopped_and_then_resumed():
    planted = at("leave", "Replicating")
    planted.run(lambda: bool(planted.connectors))
    assert [c.state for c in planted.connectors.values()] == ["STOPPED"]
    planted.run(lambda: [c.state for c in planted.connectors.values()] == ["RUNNING"])


@pytest.mark.parametrize(
    ("planted", "applied"),
    [
        (at("writer", "Preflight"), True),
        (at("writer", "CatchUp"), False),
        (visits()[-1].again(), True),
    ],
    ids=["prepared", "in its pause", "all moved"],
)
def test_a_changed_password_of_the_mirrors_reaches_the_workers_outside_a_write_pause(
    planted, applied
):
    planted.workers = replace(planted.workers, outdated=True)
    action = planted.tick("leave").action
    assert isinstance(action, ApplyWorkers) is applied
    if applied:
        assert not planted.workers.outdated
