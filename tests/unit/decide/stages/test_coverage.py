"""CutOver's approval covers the units that were read; what came or changed later needs another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, before_entry, copied, last_at, run_to
from tests.unit.decide.planted import Planted, loaded, unit_spec

from kafka_migration.decide.decision import AWAITED_SECONDS
from kafka_migration.model.entries import Entry, EntryKind

ACKNOWLEDGED = [{"problem": "WriterNotCovered", "subject": "principal/User:x", "reason": "known"}]


def conditions(planted: Planted, name: str = "leave"):
    return {c["type"]: c for c in planted.status(name)["conditions"]}


def approved(planted: Planted) -> list[Entry]:
    every = [e for e in planted.journals["leave"] if e.kind is EntryKind.APPROVED]
    return [e for e in every if e.data["stage"] == "CutOver"]


def released() -> Planted:
    """CutOver is approved, and the writer's last look before Drain is next."""
    return last_at("writer", "Preflight")


def apply_unit(planted: Planted, name: str = "late", wave: int = 10, **spec) -> None:
    """A unit that came after the approval; its Deployment runs."""
    spec = unit_spec(name, "Reader", wave, consumerGroups=[{"name": name}], **spec)
    planted.objects[name] = loaded("WorkloadCutover", "orders", name, spec)
    planted.replicas[name], planted.generation[name], planted.bindings[name] = 1, 0, "source"


def test_the_approval_names_every_unit_and_what_was_acknowledged():
    entry = approved(released())[0]
    assert set(entry.data["units"]) == {"writ0000-0000", "read0000-0000"}
    assert entry.data["acknowledgements"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"pauseBudgetSeconds": 61},
        {"owner": {"name": "another team"}},
        {"acknowledgements": ACKNOWLEDGED},
        {"fence": {"extraPrincipals": ["User:stranger"]}},
    ],
)
def test_a_unit_that_changed_after_the_approval_waits_before_it_is_stopped(change):
    planted = released()
    planted.change("writer", **change)
    for _ in range(3):
        decision = planted.tick("writer")
        assert not decision.moved
        assert decision.action is None
    assert planted.ready("writer") == ("False", "PlanChanged")
    assert planted.status("writer")["phase"] == "AwaitingApproval"
    assert conditions(planted, "writer")["Reconciling"]["status"] == "False"
    assert planted.status("writer")["message"].endswith("(kmig approve)")
    assert decision.wake_after == AWAITED_SECONDS


def test_what_the_migration_acknowledges_later_is_not_approved():
    planted = released()
    planted.change("leave", acknowledgements=ACKNOWLEDGED)
    planted.tick("writer")
    assert planted.ready("writer") == ("False", "PlanChanged")


@pytest.mark.parametrize("change", [{"desiredCluster": "Target"}, {"attempt": 2}])
def test_where_to_and_which_try_need_no_further_approval(change):
    planted = released()
    planted.change("writer", **change)
    planted.run(lambda: planted.status("writer")["workingStep"] == "Drain", ticks=30)
    assert planted.status("leave").get("gate") is None


def test_a_unit_that_no_approval_names_waits_and_says_what_to_do():
    planted = released()
    apply_unit(planted, desiredCluster="Target", topics={"writes": [], "reads": ["orders"]})
    planted.run(lambda: planted.status("reader")["workingStep"] == "Completed")
    planted.source.commits["late"] = planted.source.commits["orders"]
    planted.run(lambda: planted.status("late").get("workingStep") == "Preflight")
    for _ in range(5):
        planted.tick("late")
    assert planted.ready("late") == ("False", "AwaitingApproval")
    assert (
        "does not cover this unit; approve the gate of platform/leave again"
        in (planted.status("late")["message"])
    )
    planted.approve_again()
    run_to(planted, "late", "Completed")
    assert planted.bindings["late"] == "target"


def test_the_migration_shows_the_new_gate_and_waits_for_a_released_unit():
    planted = released()
    before = approved(planted)[0].data["digest"]
    planted.change("writer", pauseBudgetSeconds=61)
    planted.tick("leave")
    status = planted.status("leave")
    assert status["gate"]["stage"] == "CutOver"
    assert status["gate"]["digest"] != before
    assert status["gate"]["summary"].endswith("not covered yet: orders/writer")
    assert planted.ready("leave") == ("False", "PlanChanged")
    assert conditions(planted)["ApprovalRequired"]["status"] == "True"
    assert status["gate"]["digest"] in status["message"]


def test_an_unreleased_unit_shows_the_gate_and_keeps_the_migration_ready():
    planted = released()
    apply_unit(planted, wave=99)
    planted.change("leave", cutover={"throughWave": 5})
    planted.tick("leave")
    assert planted.status("leave")["gate"]["summary"].endswith("orders/late")
    assert planted.ready("leave") == ("True", "WaitingForWave")
    assert conditions(planted)["ApprovalRequired"]["status"] == "True"


def test_the_new_gates_digest_is_a_further_entry_and_the_gate_is_gone():
    planted = released()
    planted.change("writer", pauseBudgetSeconds=61)
    planted.approve_again()
    first, second = approved(planted)
    assert first.data["digest"] != second.data["digest"]
    assert first.data["units"]["writ0000-0000"] != second.data["units"]["writ0000-0000"]
    planted.tick("leave")
    assert planted.status("leave").get("gate") is None
    assert len(approved(planted)) == 2
    run_to(planted, "writer", "Drain")


def test_the_digest_of_an_older_reading_covers_nothing():
    """The unit changed once more between reading and approving."""
    planted = released()
    planted.change("writer", pauseBudgetSeconds=61)
    planted.tick("leave")
    planted.approve()
    planted.change("writer", pauseBudgetSeconds=62)
    planted.tick("leave")
    assert len(approved(planted)) == 1
    assert planted.ready("leave") == ("False", "PlanChanged")


def test_nothing_is_approved_while_the_migration_is_paused():
    planted = released()
    planted.change("writer", pauseBudgetSeconds=61)
    planted.tick("leave")
    planted.approve()
    planted.change("leave", paused=True)
    planted.tick("leave")
    assert len(approved(planted)) == 1


def test_a_unit_that_comes_after_the_stage_was_reached_needs_an_approval_too():
    planted = last_at("leave", "CutOver")
    planted.run(lambda: planted.status("leave").get("stage") == "CutOver")
    apply_unit(planted)
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "AwaitingApproval")
    planted.approve_again()
    assert set(approved(planted)[-1].data["units"]) >= {"late0000-0000"}


def test_a_spec_that_changes_on_target_asks_for_nothing():
    planted = at("writer", "Completed")
    planted.change("writer", owner={"name": "another team"})
    planted.tick("leave")
    assert planted.status("leave").get("gate") is None


def test_a_spec_that_changes_between_the_last_look_and_the_frozen_plan_backs_out():
    planted = before_entry("writer", EntryKind.DRAINING)
    planted.change("writer", pauseBudgetSeconds=61)
    run_to(planted, "writer", "BackedOut")
    assert EntryKind.DRAINING not in planted.kinds("writer")
    assert planted.replicas["writer"] == 1
    assert planted.source.may_write("User:writer", "orders")


def test_a_journal_without_units_covers_none():
    """Written by an operator that did not name them."""
    planted = released()
    planted.journals["leave"] = tuple(
        replace(e, data={"stage": "CutOver", "digest": e.data["digest"]})
        if e.data.get("stage") == "CutOver"
        else e
        for e in planted.journals["leave"]
    )
    planted.tick("writer")
    assert planted.ready("writer") == ("False", "AwaitingApproval")


def test_a_deleted_unit_is_no_reason_to_approve_again():
    planted = released()
    apply_unit(planted)
    planted.objects["late"] = replace(planted.objects["late"], deleting=True)
    planted.tick("leave")
    assert planted.status("leave").get("gate") is None


def test_the_gate_is_the_same_however_often_it_is_read():
    planted = released()
    planted.change("writer", pauseBudgetSeconds=61)
    other = copied(planted)
    other.change("writer", attempt=3)
    for each in (planted, other):
        each.tick("leave")
    assert planted.status("leave")["gate"] == other.status("leave")["gate"]
