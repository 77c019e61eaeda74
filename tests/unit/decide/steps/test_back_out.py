"""BackOut: each opening is preceded by a proof, in this order (protocol 3.12)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, run_to
from tests.unit.decide.planted import Planted, not_known

from kafka_migration.model.actions import HoldDenies, LiftDenies
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kafka import ProbeResult


@pytest.fixture
def backing() -> Planted:
    """A writer that was fenced and turned round."""
    planted = at("writer", "Switch")
    planted.change("leave", paused=True)
    run_to(planted, "writer", "BackOut")
    planted.acts.clear()
    return planted


def ticks(planted: Planted, count: int = 10) -> None:
    for _ in range(count):
        planted.tick("writer")


def test_the_source_is_not_opened_before_the_target_is_proven_closed(backing, monkeypatch):
    denied = backing._probes(backing.target, ["writer"])
    allowed = (denied[0], replace(denied[1], result=ProbeResult.ALLOWED))
    monkeypatch.setattr(backing, "_entering_probes", lambda _: allowed)
    ticks(backing)
    assert not backing.acts
    assert "proving that the target refuses" in backing.status("writer")["message"]


def test_no_probe_proves_nothing(backing, monkeypatch):
    monkeypatch.setattr(backing, "_entering_probes", lambda _: ())
    ticks(backing)
    assert not backing.acts


def test_replicas_do_not_return_before_the_source_is_proven_open(backing, monkeypatch):
    monkeypatch.setattr(backing, "_leaving_probes", lambda _: ())
    ticks(backing)
    assert [type(a) for _, a in backing.acts] == [LiftDenies]
    assert backing.replicas["writer"] == 0
    assert "proving that the source accepts" in backing.status("writer")["message"]


def test_a_target_that_is_open_is_closed_first(backing):
    """Whatever somebody did meanwhile: the deny comes before any lift."""
    backing.target.acls = {a for a in backing.target.acls if a.principal != "User:writer"}
    backing.tick("writer")
    (_, action), *_ = backing.acts
    assert isinstance(action, HoldDenies)
    assert action.side == "target"


def test_the_mirror_is_freed_after_the_application_runs(backing):
    """It may wait for Connect; the application must not."""
    run_to(backing, "writer", "BackedOut")
    names = [type(a).__name__ for _, a in backing.acts]
    assert names == ["LiftDenies", "Scale", "LiftDenies", "ResumeConnector", "DeleteComparison"]


def test_a_writer_comes_back_though_connect_is_silent(backing):
    backing.unknown["connectors"] = not_known()
    ticks(backing, 20)
    assert backing.replicas["writer"] == 1
    assert backing.status("writer")["workingStep"] == "BackOut"


def test_the_mirror_does_not_run_before_it_is_proven_accepted(backing, monkeypatch):
    """A task that still meets the DENY fails, and nothing starts it again."""
    monkeypatch.setattr(backing, "_onward_mirror_probes", lambda _: ())
    ticks(backing)
    assert {c.state for c in backing.connectors.values()} == {"STOPPED"}
    assert backing.replicas["writer"] == 1
    assert backing.source.may_write("User:writer", "orders")


def silent_target(planted: Planted, refused: bool = False) -> Planted:
    for fact in ("target-acls", "entering-probes"):
        planted.unknown[fact] = not_known(refused=refused)
    return planted


def is_open(planted: Planted, side: str = "source") -> bool:
    kafka = planted.source if side == "source" else planted.target
    return kafka.may_write("User:writer", "orders")


def test_the_source_opens_while_the_target_does_not_answer(backing):
    """Nothing can have opened the target before the Switch entry (docs/adr/0008)."""
    ticks(silent_target(backing), 20)
    assert is_open(backing)
    assert backing.replicas["writer"] == 1
    assert backing.status("writer")["workingStep"] == "BackOut"
    assert "it did not answer" in backing.status("writer")["message"]


def test_such_a_back_out_ends_only_after_the_target_was_proven_closed(backing, monkeypatch):
    ticks(silent_target(backing), 20)
    backing.unknown.clear()
    with monkeypatch.context() as unproven:
        unproven.setattr(backing, "_entering_probes", lambda _: ())
        ticks(backing, 20)
        assert backing.status("writer")["workingStep"] == "BackOut"
    run_to(backing, "writer", "BackedOut")
    assert not is_open(backing, "target")


def test_one_silent_leader_of_the_target_does_not_keep_the_source_closed(backing, monkeypatch):
    denied = backing._probes(backing.target, ["writer"])
    silent = (denied[0], replace(denied[1], result=ProbeResult.UNKNOWN))
    monkeypatch.setattr(backing, "_entering_probes", lambda _: silent)
    ticks(backing, 20)
    assert is_open(backing)
    assert backing.status("writer")["workingStep"] == "BackOut"


def test_a_silent_leader_beside_one_that_accepts_keeps_it_closed(backing, monkeypatch):
    denied = backing._probes(backing.target, ["writer"])
    mixed = [
        replace(probe, result=result)
        for probe, result in zip(denied, (ProbeResult.UNKNOWN, ProbeResult.ALLOWED), strict=False)
    ]
    monkeypatch.setattr(backing, "_entering_probes", lambda _: tuple(mixed))
    ticks(backing, 20)
    assert not is_open(backing)


def test_a_target_that_refuses_us_is_no_silent_one(backing):
    ticks(silent_target(backing, refused=True), 20)
    assert not is_open(backing)


def test_an_unknown_register_keeps_the_source_closed(backing):
    backing.unknown["register"] = not_known()
    ticks(silent_target(backing), 20)
    assert not is_open(backing)


def test_a_register_that_names_the_target_keeps_the_source_closed(backing):
    """A status that was restored by one entry does not know of the switch any more."""
    backing.register["authority"]["orders"] = "target"
    ticks(silent_target(backing), 20)
    assert not is_open(backing)


def test_a_voided_switch_proves_the_target_first(backing):
    """Its lift may have been sent."""
    backing.journals["writer"] += (Entry(EntryKind.SWITCH, 1, {"topics": ["orders"]}),)
    ticks(silent_target(backing), 20)
    assert not is_open(backing)


def test_a_return_mirror_that_was_freed_is_looked_at_first(backing):
    backing.journals["writer"] += (Entry(EntryKind.FREEING, 1, {"late": False}),)
    ticks(silent_target(backing), 20)
    assert not is_open(backing)
