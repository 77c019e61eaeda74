"""ArmReverse: the return mirror counts as armed by its stored offsets and rights, by nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import run_to
from tests.unit.decide.planted import PARTITIONS, Planted
from tests.unit.decide.returning import at, critical, there

from kafka_migration.decide.steps.arm_reverse import LATE_PATCH_SECONDS
from kafka_migration.model.actions import AlterOffsets, LiftDenies, ResumeConnector, StopConnector
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import ProbeResult


def before(kind: EntryKind) -> Planted:
    return next(v for v in there() if v.name == "writer" and v.entry is kind).again()


def after(kind: EntryKind) -> Planted:
    planted = before(kind)
    planted.tick("writer")
    return planted


def name(planted: Planted) -> str:
    return next(n for n in planted.connectors if "-reverse-" in n)


def test_the_intent_is_an_entry_before_the_patch():
    entry = before(EntryKind.ARMING).decide("writer")[0].entry
    assert entry is not None
    assert entry.data["offsets"] == {"orders": {"0": 11, "1": 11}}


def test_an_empty_log_gets_no_stored_offset():
    """-1 is refused, and 0 would skip record 0 (verified)."""
    planted = before(EntryKind.ARMING)
    seam = planted.journals["writer"][-1]
    assert seam.kind is EntryKind.CAUGHT_UP
    data = {**seam.data, "T": {"orders": {"0": 12, "1": 0}}}
    planted.journals["writer"] = (*planted.journals["writer"][:-1], replace(seam, data=data))
    planted.tick("writer")
    action = planted.decide("writer")[0].action
    assert isinstance(action, AlterOffsets)
    assert dict(action.offsets) == {PARTITIONS[0]: 11, PARTITIONS[1]: None}


def test_offsets_that_were_there_before_are_patched_all_the_same():
    """Equal by accident proves nothing: a late PATCH of an earlier try may still change them."""
    planted = after(EntryKind.ARMING)
    planted.stored[name(planted)] = dict.fromkeys(PARTITIONS, 11)
    assert isinstance(planted.decide("writer")[0].action, AlterOffsets)


def test_a_key_that_reads_back_otherwise_is_not_armed():
    planted = before(EntryKind.FREEING)
    planted.stored[name(planted)][PARTITIONS[0]] = 9
    assert isinstance(planted.decide("writer")[0].action, AlterOffsets)
    planted.stored[name(planted)].pop(PARTITIONS[0])
    assert isinstance(planted.decide("writer")[0].action, AlterOffsets)


def test_a_return_mirror_that_runs_is_stopped_before_it_is_patched():
    planted = after(EntryKind.ARMING)
    mirror = planted.connectors[name(planted)]
    planted.connectors[mirror.name] = replace(mirror, state="RUNNING", tasks={0: "RUNNING"})
    assert isinstance(planted.decide("writer")[0].action, StopConnector)


def test_it_is_not_resumed_before_every_leader_accepts_it(monkeypatch):
    planted = after(EntryKind.FREEING)
    assert isinstance(planted.tick("writer").action, LiftDenies)
    allowed = planted._probes(planted.source, ["mirror"])
    denied = (allowed[0], replace(allowed[1], result=ProbeResult.DENIED))
    for probes in (denied, ()):
        monkeypatch.setattr(planted, "_return_mirror_probes", lambda _, probes=probes: probes)
        assert planted.decide("writer")[0].action is None
    monkeypatch.undo()
    assert isinstance(planted.decide("writer")[0].action, ResumeConnector)


def test_offsets_that_changed_after_they_were_armed_are_armed_anew():
    """RUNNING proves nothing; on re-entry only T-1 does (protocol 3.8)."""
    planted = after(EntryKind.FREEING)
    planted.tick("writer")
    planted.stored[name(planted)][PARTITIONS[1]] = 3
    entry = planted.decide("writer")[0].entry
    assert entry is not None
    assert entry.kind is EntryKind.ARMING
    run_to(planted, "writer", "Switch")
    assert planted.stored[name(planted)] == dict.fromkeys(PARTITIONS, 11)


def test_a_patch_that_may_still_arrive_keeps_the_return_mirror_at_rest_but_not_the_switch():
    """Switch does not wait for that resume (protocol 5.3)."""
    planted = before(EntryKind.FREEING)
    planted.restart()
    planted.patch_quiet_seconds = LATE_PATCH_SECONDS - 1
    planted.since_freeing = 0.0
    run_to(planted, "writer", "Observe")
    for _ in range(20):
        planted.tick("writer")
    assert planted.connectors[name(planted)].state == "STOPPED"
    assert "nothing sent before a restart can still arrive" in planted.status("writer")["message"]
    planted.since_freeing = LATE_PATCH_SECONDS
    run_to(planted, "writer", "Completed")
    assert planted.connectors[name(planted)].state == "RUNNING"


def test_a_resume_without_an_answer_does_not_keep_the_unit_from_its_switch():
    planted = after(EntryKind.FREEING)
    planted.tick("writer")
    from kafka_migration.decide.tasks import Failure
    from kafka_migration.model.reasons import Reason

    planted.mind("writer").failure = Failure(Reason.UNREACHABLE, "no answer", refused=False)
    assert planted.decide("writer")[0].moved


@pytest.mark.parametrize("step", ["Prepare", "ArmReverse"])
def test_a_return_mirror_that_is_gone_is_made_anew_in_prepare_and_backs_out_later(step):
    planted = at(there(), step)
    run_to(planted, "writer", step)
    if step == "Prepare":
        run_to(planted, "writer", "Preflight")
        assert name(planted)
        return
    planted.tick("writer")
    del planted.connectors[name(planted)]
    entry = planted.decide("writer")[0].entry
    assert entry is not None
    assert (entry.kind, entry.data["reason"]) == (EntryKind.BACK_OUT, "TaskFailed")


def test_a_restart_at_any_tick_arms_all_the_same():
    for visit in critical(there()):
        if visit.planted.status("writer")["workingStep"] not in ("ArmReverse", "Switch"):
            continue
        planted = visit.again()
        planted.restart()
        run_to(planted, "writer", "Completed")
        assert planted.connectors[name(planted)].state == "RUNNING", str(visit)
        assert planted.source.may_write("User:mirror", "orders")
