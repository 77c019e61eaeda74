"""Completed: the mirrors go, the fences stay, and nothing of it before its own approval."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.completing import acts_after, arrived, completed, conditions, ended, excuse
from tests.unit.decide.moving import copied, finished, last_at
from tests.unit.decide.planted import Planted, acl, not_known, topic

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.stages.completed import record_approval
from kafka_migration.model.actions import RemoveWorkers
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import UNITS, Facts
from kafka_migration.model.kafka import Partition

ARCHIVE = Partition("orders-archive", 0)


def test_its_gate_names_the_ledgers_root_and_waits():
    planted = arrived()
    gate = planted.status("leave")["gate"]
    assert gate["stage"] == "Completed"
    assert "ledger sha256:" in gate["summary"]
    assert "no rollback after this" in gate["summary"]
    assert planted.ready("leave") == ("False", "AwaitingApproval")
    assert conditions(planted)["ApprovalRequired"]["status"] == "True"


def test_nothing_is_stopped_before_the_approval():
    planted = arrived()
    count = len(planted.acts)
    for _ in range(10):
        planted.tick("leave")
    assert acts_after(planted, count) == []


def test_everything_that_copied_is_gone_and_that_is_the_end():
    planted = completed(arrived())
    assert planted.connectors == {}
    assert not planted.workers.exists
    for _ in range(3):
        decision = planted.tick("leave")
    assert planted.ready("leave") == ("True", "Completed")
    assert conditions(planted)["Succeeded"]["status"] == "True"
    assert conditions(planted)["ReplicationHealthy"]["status"] == "Unknown"
    assert planted.status("leave")["phase"] == "Completed"
    assert decision.action is None
    assert decision.wake_after >= 60


def test_the_approval_precedes_the_first_act_and_the_end_lists_the_fences():
    planted = arrived()
    count = len(planted.acts)
    planted.approve()
    entry = planted.tick("leave").entry
    assert entry is not None
    assert (entry.kind, entry.data["stage"]) == (EntryKind.APPROVED, "Completed")
    assert acts_after(planted, count) == []
    planted.run(lambda: planted.status("leave")["stage"] == "Completed")
    last = planted.journals["leave"][-1]
    assert last.kind is EntryKind.COMPLETED
    assert last.data["ledger"] == entry.data["ledger"]
    denied = {fence[3] for fence in last.data["fences"]}
    assert "User:writer" in denied


def test_the_mirrors_are_stopped_and_fenced_before_they_are_removed():
    planted = with_archive()
    count = len(planted.acts)
    completed(planted)
    named = [type(action).__name__ for action in acts_after(planted, count)]
    assert named == [
        "StopConnector",
        "FenceMirror",
        "FenceMirror",
        "DeleteConnector",
        "DeleteConnector",
        "RemoveWorkers",
    ]


def test_the_source_stays_fenced_and_the_bindings_stay():
    planted = completed(arrived())
    assert not planted.source.may_write("User:writer", "orders")
    assert planted.target.may_write("User:writer", "orders")
    assert planted.bindings == {"writer": "target", "reader": "target"}


def test_a_fence_that_somebody_took_away_is_set_again():
    planted = arrived()
    planted.source.acls.discard(acl("writer", "WRITE", deny=True))
    planted.checked = False
    completed(planted)
    assert acl("writer", "WRITE", deny=True) in planted.source.acls


def test_a_released_fence_is_somebodys_decision_by_name():
    planted = arrived()
    planted.change("leave", sourceFence="Release")
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "SourceFenceReleased")
    assert planted.status("leave").get("gate") is None
    excuse(planted, "fence/source", problem="SourceFenceReleased")
    planted.tick("leave")
    assert "lift the fences of the source" in planted.status("leave")["gate"]["summary"]
    planted.checked = False
    completed(planted)
    assert not [a for a in planted.source.acls if a.permission.value == "DENY"]
    assert planted.journals["leave"][-1].data["fences"] == []


def with_archive() -> Planted:
    """A topic that no unit moves: the bulk mirror keeps it until the end."""
    planted = Planted()
    planted.source.topics["orders-archive"] = topic("orders-archive", "s-2", 1)
    planted.source.high[ARCHIVE] = 5
    planted.last_data[ARCHIVE] = 4
    planted.run_until_step("reader", "Completed")
    planted.run(lambda: finished(planted))
    planted.change("leave", desiredStage="Completed")
    excuse(planted, "topic/orders-archive")
    planted.tick("leave")
    return planted


def test_a_topic_that_nobody_moved_is_named_before_anybody_is_asked_to_approve():
    planted = with_archive()
    planted.change("leave", acknowledgements=[])
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "NotMoved")
    assert planted.status("leave").get("gate") is None
    problem = planted.status("leave")["problems"][0]
    assert problem["subject"] == "topic/orders-archive"
    assert problem["message"].endswith("acknowledge NotMoved for topic/orders-archive")


def test_a_writer_that_moved_with_no_unit_is_named():
    planted = arrived()
    planted.source.acls.add(acl("stranger", "WRITE"))
    planted.tick("leave")
    assert [p["subject"] for p in planted.status("leave")["problems"]] == [
        "principal/User:stranger"
    ]
    excuse(planted, "principal/User:stranger")
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "AwaitingApproval")


def test_a_group_that_moved_with_no_unit_is_named():
    planted = arrived()
    planted.change("reader", consumerGroups=[{"name": "other"}])
    planted.tick("leave")
    assert [p["subject"] for p in planted.status("leave")["problems"]] == ["group/orders"]


def test_what_does_not_repeat_the_gate_is_not_recorded():
    """The act looks once more: the ledger may have grown between two looks."""
    planted = arrived()
    planted.change("leave", approval={"stage": "Completed", "digest": "sha256:" + "0" * 64})
    context = planted.context("leave")
    assert isinstance(context, MigrationContext)
    facts = Facts({UNITS.name: planted.fact(UNITS, context)})
    assert record_approval(replace(context, facts=facts)) is None


def test_an_approval_of_an_older_ledger_opens_nothing():
    planted = arrived()
    planted.approve()
    entry = replace(planted.journals["writer"][-1], at="later")
    planted.journals["writer"] = (*planted.journals["writer"], entry)
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "PlanChanged")


def test_a_unit_that_is_not_there_yet_is_waited_for():
    planted = arrived()
    planted.approve()
    planted.put_status("reader", workingStep="Observe")
    decision = planted.tick("leave")
    assert decision.entry is None
    assert "first orders/reader" in planted.status("leave")["message"]


@pytest.mark.parametrize("fact", ["units", "source-acls", "connectors", "register", "workers"])
def test_what_cannot_be_read_stops_it(fact):
    planted = arrived()
    planted.approve()
    planted.unknown[fact] = not_known()
    for _ in range(30):
        planted.tick("leave")
    assert planted.status("leave")["stage"] == "CutOver"
    del planted.unknown[fact]
    planted.run(lambda: planted.status("leave")["stage"] == "Completed")


def test_a_restart_at_any_tick_goes_on_to_the_same_end():
    planted = with_archive()
    planted.approve()
    for _ in range(40):
        if planted.status("leave")["stage"] == "Completed":
            break
        restarted = copied(planted)
        restarted.restart()
        ended(restarted)
        assert restarted.connectors == {}
        planted.tick("leave")
    assert planted.status("leave")["stage"] == "Completed"


def test_nobody_asks_connect_once_its_mirrors_are_gone():
    planted = arrived()
    planted.approve()
    planted.run(lambda: EntryKind.MIRRORS_REMOVED in planted.kinds("leave"))
    planted.unknown["connectors"] = not_known()
    planted.run(lambda: planted.status("leave")["stage"] == "Completed")
    assert any(isinstance(a, RemoveWorkers) for _, a in planted.acts)


def test_a_completed_migration_looks_at_no_cluster():
    planted = completed(arrived())
    _, asked = planted.decide("leave")
    assert asked <= {"units"}


def test_a_unit_that_comes_afterwards_does_not_move():
    planted = completed(arrived())
    planted.put_status("reader", workingStep="Preflight", activeCluster="Source")
    planted.tick("reader")
    assert planted.ready("reader") == ("True", "WaitingForMigration")


def test_cut_over_goes_on_under_a_desire_for_completed():
    planted = last_at("writer", "Preflight")
    planted.change("leave", desiredStage="Completed")
    planted.run(lambda: planted._approved() and finished(planted))
    assert planted.ready("reader") == ("True", "OnTarget")
