"""replication.reverse Enabled: what the migration makes ready for the way back, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.decide.moving import stands
from tests.unit.decide.planted import Planted, migration_spec, topic

from kafka_migration.model.actions import ApplyWorkers, CreateConnector, CreateTopic, EnsureAcls
from kafka_migration.model.connect import Workers
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Permission

REVERSE = {**migration_spec()["replication"], "reverse": "Enabled"}


def both_ways() -> Planted:
    planted = Planted()
    planted.change("leave", replication=REVERSE)
    return planted


def until(planted: Planted, stage: str) -> Planted:
    planted.run(lambda: planted._approved() and planted.status("leave").get("stage") == stage)
    return planted


def acts(planted: Planted, kind: type[Any]) -> list[Any]:
    return [action for _, action in planted.acts if isinstance(action, kind)]


def test_the_gate_says_what_an_approval_permits_on_the_source():
    planted = both_ways()
    planted.run(lambda: planted.status("leave").get("phase") == "AwaitingApproval")
    summary = planted.status("leave")["gate"]["summary"]
    assert "create 4 internal topics on the source" in summary
    assert "let the reverse mirror write 1 topics there, each after a unit has denied it" in summary
    assert not planted.acts
    plain = Planted()
    plain.run(lambda: plain.status("leave").get("phase") == "AwaitingApproval")
    assert "reverse" not in plain.status("leave")["gate"]["summary"]


def test_the_reverse_mirrors_topics_and_rights_are_made_where_they_belong():
    planted = until(both_ways(), "TargetPrepared")
    made = {(a.side, a.topic.name) for a in acts(planted, CreateTopic)}
    assert {name for side, name in made if side == "source"} == {
        "kmig-leav0000-reverse-config",
        "kmig-leav0000-reverse-offsets",
        "kmig-leav0000-reverse-status",
        "mm2-offset-syncs.tleav0000.internal",
    }
    read = {a.resource for a in planted.target.acls if a.principal == "User:mirror"}
    assert "orders" in read


def test_nobody_but_the_writers_may_write_the_source_before_a_unit_asks_for_it():
    """No reverse connector exists yet, but a right given early would outlive a DENY never made."""
    planted = until(both_ways(), "Validated")
    rights = [
        a
        for action in acts(planted, EnsureAcls)
        if action.side == "source"
        for a in action.acls
        if a.covers_topic("orders") and a.permission is Permission.ALLOW
    ]
    assert {a.operation for a in rights} == {"READ"}
    assert not planted.source.may_write("User:mirror", "orders")


@pytest.mark.parametrize(
    ("disturb", "reason", "stalled"),
    [
        (lambda t: t.pop("kmig-leav0000-reverse-config"), "Progressing", "False"),
        (
            lambda t: t.update({"kmig-leav0000-reverse-config": topic("x", "s-x", 3)}),
            "TopicConflict",
            "True",
        ),
    ],
)
def test_the_stage_is_not_reached_without_them_as_planned(disturb, reason, stalled):
    planted = both_ways()
    name = "mm2-offset-syncs.tleav0000.internal"
    planted.run(lambda: planted._approved() and name in planted.source.topics)
    disturb(planted.source.topics)
    assert stands(planted, "leave") == (reason, stalled)
    message = planted.decide("leave")[0].status["message"]
    assert "on the source" in message


@pytest.mark.parametrize(
    "disturb",
    [
        lambda p: setattr(p, "reverse_workers", Workers(False, None, 0, 1)),
        lambda p: setattr(p, "reverse_workers", replace(p.reverse_workers, ready=0)),
        lambda p: setattr(p, "reverse_workers", replace(p.reverse_workers, spec_hash="old")),
    ],
    ids=["missing", "not ready", "as it was"],
)
def test_workers_of_the_way_back_stand_at_replicating_and_at_every_later_stage(disturb):
    planted = until(both_ways(), "Validated")
    disturb(planted)
    assert stands(planted, "leave") == ("ConnectNotReady", "False")
    assert "way back" in planted.decide("leave")[0].status["message"]


def test_workers_of_the_way_back_are_applied_and_get_no_mirror_yet():
    planted = until(both_ways(), "Replicating")
    assert [a.direction for a in acts(planted, ApplyWorkers)] == ["forward", "reverse"]
    assert {a.direction for a in acts(planted, CreateConnector)} == {"forward"}


def test_without_a_way_back_nothing_of_it_is_asked_or_made():
    planted, asked = Planted(), set()
    for _ in range(60):
        planted._approved()
        asked |= planted.decide("leave")[1]
        planted.tick("leave")
    assert planted.status("leave")["stage"] == "Validated"
    assert not [name for name in asked if "reverse" in name or name == "source-internal-topics"]
    assert {a.direction for a in acts(planted, ApplyWorkers)} == {"forward"}
    assert {a.side for a in acts(planted, CreateTopic)} == {"target"}


@pytest.mark.parametrize("stage", ["InventoryFrozen", "Replicating"])
@pytest.mark.parametrize(("was", "now"), [("Enabled", "Disabled"), ("Disabled", "Enabled")])
def test_the_way_back_is_frozen_with_the_plan_that_was_made_for_it(stage, was, now):
    planted = Planted()
    planted.change("leave", replication={**REVERSE, "reverse": was})
    until(planted, stage)
    planted.change("leave", replication={**REVERSE, "reverse": now})
    assert stands(planted, "leave") == ("InvalidSpec", "True")
    message = planted.decide("leave")[0].status["message"]
    assert f"was {was} when the inventory was frozen" in message
    assert EntryKind.INVENTORY_FROZEN in planted.kinds("leave")
