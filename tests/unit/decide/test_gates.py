"""A KafkaMigration at its gates and holds: conditions, and nothing done behind a closed gate."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import at, finished, last_at, visits
from tests.unit.decide.planted import PARTITIONS, Planted, acl

from kafka_migration.decide.table import STAGE_ORDER
from kafka_migration.model.entries import EntryKind

OTHER = "sha256:" + "0" * 64


def conditions(planted: Planted, name: str = "leave"):
    return {c["type"]: c for c in planted.status(name)["conditions"]}


def at_gate(stage: str) -> Planted:
    """A migration that waits at a gate, not approved yet."""
    planted = Planted()
    for _ in range(200):
        for name in planted.objects:
            gate = planted.status("leave").get("gate")
            if planted.status("leave").get("phase") == "AwaitingApproval" and gate:
                if gate["stage"] == stage:
                    return planted
                planted.approve()
            planted.tick(name)
    raise AssertionError(f"no gate before {stage}")


GATED = ["TargetPrepared", "CutOver"]


@pytest.mark.parametrize("stage", GATED)
def test_a_closed_gate_is_not_ready_and_says_what_to_approve(stage):
    planted = at_gate(stage)
    shown = conditions(planted)
    assert (shown["Ready"]["status"], shown["Ready"]["reason"]) == ("False", "AwaitingApproval")
    assert shown["ApprovalRequired"]["status"] == "True"
    assert shown["Reconciling"]["status"] == "False"
    assert shown["Stalled"]["status"] == "False"
    assert planted.status("leave")["gate"]["digest"] in planted.status("leave")["message"]


@pytest.mark.parametrize("stage", GATED)
def test_nothing_is_done_behind_a_closed_gate(stage):
    planted = at_gate(stage)
    before = len(planted.acts)
    for _ in range(10):
        planted.tick("leave")
    assert len(planted.acts) == before


@pytest.mark.parametrize("stage", GATED)
def test_another_digest_is_plan_changed_and_opens_nothing(stage):
    planted = at_gate(stage)
    planted.change("leave", approval={"stage": stage, "digest": OTHER})
    for _ in range(5):
        decision = planted.tick("leave")
        assert decision.action is None
    shown = conditions(planted)
    assert (shown["Ready"]["status"], shown["Ready"]["reason"]) == ("False", "PlanChanged")
    assert shown["ApprovalRequired"]["reason"] == "PlanChanged"
    assert planted.status("leave")["gate"]["stage"] == stage


def test_an_approval_opens_its_own_gate_only():
    planted = at_gate("CutOver")
    digest = planted.status("leave")["gate"]["digest"]
    planted.change("leave", approval={"stage": "TargetPrepared", "digest": digest})
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "AwaitingApproval")


@pytest.mark.parametrize("stage", GATED)
def test_the_gates_own_digest_opens_it(stage):
    planted = at_gate(stage)
    planted.approve()
    entry = planted.tick("leave").entry
    assert entry is not None
    assert entry.kind is EntryKind.APPROVED
    shown = {name: entry.data[name] for name in ("stage", "digest")}
    assert shown == {"stage": stage, "digest": planted.status("leave")["gate"]["digest"]}


def test_the_gate_of_cut_over_covers_what_was_acknowledged():
    """Whoever approved did not approve what was acknowledged afterwards."""
    planted = at_gate("CutOver")
    planted.approve()
    reason = {"problem": "WriterNotCovered", "subject": "principal/User:x", "reason": "trust me"}
    planted.change("leave", acknowledgements=[reason])
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "PlanChanged")


def test_the_gate_of_target_prepared_is_the_plan():
    planted = at_gate("TargetPrepared")
    status = planted.status("leave")
    assert status["gate"]["digest"] == status["plan"]["digest"]


@pytest.mark.parametrize("stage", STAGE_ORDER[:-1])
def test_every_desired_stage_is_a_hold_that_is_ready(stage):
    planted = Planted()
    planted.change("leave", desiredStage=stage)

    def approved_and_there() -> bool:
        if planted.status("leave").get("phase") == "AwaitingApproval":
            planted.approve()
        return bool(planted.status("leave").get("stage") == stage)

    planted.run(approved_and_there)
    for _ in range(3):
        planted.tick("leave")
    assert planted.ready("leave") == ("True", "HoldingAtDesiredStage")
    assert planted.status("leave")["phase"] == "Holding"
    assert planted.status("leave")["workingStage"] == ""


def test_a_lower_desired_stage_is_a_hold():
    planted = last_at("leave", "Validated")
    planted.change("leave", desiredStage="InventoryFrozen")
    planted.tick("leave")
    planted.tick("leave")
    assert planted.ready("leave") == ("True", "HoldingAtDesiredStage")
    assert planted.status("leave")["stage"] == "Replicating"


def test_a_pause_is_ready_and_named():
    planted = at("leave", "Replicating")
    planted.change("leave", paused=True)
    before = len(planted.acts)
    planted.tick("leave")
    assert planted.ready("leave") == ("True", "SpecPaused")
    assert conditions(planted)["Paused"]["status"] == "True"
    assert planted.status("leave")["phase"] == "Paused"
    assert len(planted.acts) == before


def test_a_hand_over_under_way_is_finished_though_the_migration_holds():
    """Half a hand-over would be topics that nobody copies."""
    visit = next(v for v in visits() if EntryKind.HAND_OVER_OFFSETS in v.planted.kinds("leave"))
    planted = visit.again()
    planted.change("leave", paused=True)
    planted.run(lambda: EntryKind.HAND_OVER_DONE in planted.kinds("leave"))
    assert [c.state for c in planted.connectors.values()] == ["RUNNING"]


def test_a_hand_over_moves_the_stored_offsets_with_the_topic():
    visit = next(v for v in visits() if EntryKind.HAND_OVER_DONE in v.planted.kinds("leave"))
    assert list(visit.planted.stored.values()) == [dict.fromkeys(PARTITIONS, 9)]


def test_conditions_change_their_time_only_when_they_flip(monkeypatch):
    planted = at_gate("TargetPrepared")
    before = conditions(planted)["Ready"]["lastTransitionTime"]
    monkeypatch.setattr("tests.unit.decide.planted.NOW", "2031-01-01T00:00:00.000Z")
    planted.change("leave", approval={"stage": "TargetPrepared", "digest": OTHER})
    planted.tick("leave")
    assert conditions(planted)["Ready"]["reason"] == "PlanChanged"
    assert conditions(planted)["Ready"]["lastTransitionTime"] == before


def test_every_condition_is_there_from_the_first_look_on():
    planted = Planted()
    for name, wanted in (
        ("leave", {"SourceConnected", "TargetConnected", "ReplicationHealthy", "ApprovalRequired"}),
        ("writer", {"BindingAdopted", "OffsetsTranslated"}),
    ):
        planted.tick(name)
        common = {"Ready", "Reconciling", "Stalled", "Succeeded", "Paused"}
        assert set(conditions(planted, name)) == common | wanted


def test_the_reached_migration_rests():
    planted = visits()[-1].again()
    planted.run(lambda: finished(planted))
    for _ in range(3):
        decision = planted.tick("leave")
    assert planted.ready("leave")[0] == "True"
    assert decision.action is None
    assert decision.wake_after >= 10


def test_no_text_makes_a_status_that_the_api_server_refuses():
    """Its limits are in the CRD; a refused status would stop everything behind it."""
    planted = last_at("writer", "Preflight")
    planted.source.acls.add(acl("x" * 500, "WRITE"))
    planted.source.settings["super.users"] = "User:" + "y" * 6000
    planted.tick("writer")
    status = planted.status("writer")
    assert max(len(problem["subject"]) for problem in status["problems"]) <= 300
    assert len(status["message"]) <= 4096
