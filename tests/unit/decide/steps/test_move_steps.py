"""Drain to Resume: what each step waits for, and what it backs out of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, backs_out, before_entry, in_phase, last_at, stands
from tests.unit.decide.planted import PARTITIONS, acl

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.machine import Phase
from kafka_migration.decide.table import STEPS
from kafka_migration.model.actions import HoldDenies, RemoveProbePod, Scale
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Commit, Group
from kafka_migration.model.kubernetes import ProbePod


def test_the_replicas_are_an_entry_before_the_first_workload_is_scaled():
    planted = at("writer", "Drain")
    entry = planted.decide("writer")[0].entry
    assert entry is not None
    assert entry.data["replicas"] == {"writer": 1}


def test_a_pod_that_is_still_ending_keeps_the_drain_open():
    planted = last_at("writer", "Drain")
    planted.replicas["writer"] = 1
    running = planted._workload("writer")
    assert running is not None
    planted.replicas["writer"] = 0
    planted.workload = {"pods": running.pods}
    assert stands(planted, "writer") == ("Progressing", "False")


def test_a_drain_that_takes_too_long_backs_out_by_its_own_name():
    planted = last_at("writer", "Drain")
    planted.mind("writer").in_step = 1000.0
    assert backs_out(planted) == "DrainTimedOut"


def test_every_critical_step_has_a_deadline():
    planted = at("writer", "Drain")
    context = planted.context("writer")
    assert isinstance(context, UnitContext)
    for step in STEPS:
        limit = step.deadline(context)
        assert (limit is not None) is (step.phase is Phase.CRITICAL), step.name


def test_a_step_past_its_deadline_backs_out():
    for visit in in_phase(Phase.CRITICAL):
        planted = visit.again()
        planted.mind(visit.name).in_step = 100000.0
        assert backs_out(planted, visit.name) in ("DeadlineExceeded", "DrainTimedOut"), str(visit)


def test_a_straggler_is_named_and_nobody_was_denied():
    planted = last_at("writer", "Settle")
    planted.moved = (PARTITIONS[1],)
    assert backs_out(planted) == "PossibleStraggler"
    assert "orders-1" in planted.decide("writer")[0].status["message"]
    assert planted.source.may_write("User:writer", "orders")


def test_ends_are_watched_for_a_whole_window():
    planted = last_at("writer", "Settle")
    planted.window_seconds = 0.1
    assert stands(planted, "writer") == ("Progressing", "False")


@pytest.mark.parametrize("members", [("static-member",)])
def test_a_group_with_a_member_is_waited_for(members):
    planted = last_at("reader", "Settle")
    planted.source.members = members
    assert stands(planted, "reader") == ("GroupNotEmpty", "False")


def test_a_member_counts_whatever_the_group_calls_itself(monkeypatch):
    planted = last_at("reader", "Settle")
    group = Group("orders", "EMPTY", ("static-member",))
    monkeypatch.setattr(planted, "_leaving_groups", lambda _: {"orders": group})
    assert stands(planted, "reader") == ("GroupNotEmpty", "False")


def test_the_fence_is_an_entry_before_the_first_deny():
    planted = before_entry("writer", EntryKind.FENCING)
    assert planted.source.may_write("User:writer", "orders")


def test_a_broker_that_still_accepts_keeps_the_fence_open(monkeypatch):
    planted = before_entry("writer", EntryKind.FENCED)
    allowed = planted._probes(planted.target, ["mirror"])
    monkeypatch.setattr(planted, "_leaving_probes", lambda _: allowed)
    assert stands(planted, "writer") == ("NotFenced", "False")


def test_no_probe_is_no_fence(monkeypatch):
    planted = before_entry("writer", EntryKind.FENCED)
    monkeypatch.setattr(planted, "_leaving_probes", lambda _: ())
    assert stands(planted, "writer") == ("NotFenced", "False")


def test_an_open_transaction_is_named_by_its_partition():
    planted = before_entry("writer", EntryKind.FENCED)
    planted.source.stable[PARTITIONS[1]] = 5
    assert stands(planted, "writer") == ("OpenTransaction", "False")
    assert "orders-1" in planted.decide("writer")[0].status["message"]


def test_a_partition_short_of_replicas_is_not_fenced(monkeypatch):
    planted = before_entry("writer", EntryKind.FENCED)
    weak = replace(
        planted._settled(planted.source), stable_seconds=0.0, under_replicated=(PARTITIONS[0],)
    )
    monkeypatch.setattr(planted, "_leaving_ends", lambda _: weak)
    assert stands(planted, "writer") == ("NotFenced", "False")


def test_a_deny_that_disappears_while_fencing_is_set_again():
    planted = before_entry("writer", EntryKind.FENCED)
    planted.source.acls.discard(acl("writer", "WRITE", deny=True))
    action = planted.decide("writer")[0].action
    assert isinstance(action, HoldDenies)
    assert action.authority == (("orders", "none"),)


def test_a_partition_without_a_record_has_no_last_one():
    planted = before_entry("writer", EntryKind.FENCED)
    planted.last_data[PARTITIONS[1]] = None
    entry = planted.decide("writer")[0].entry
    assert entry is not None
    assert entry.data["D"] == {"orders": {"0": 9, "1": None}}


def test_commits_of_somebody_else_on_the_target_are_a_conflict():
    planted = before_entry("reader", EntryKind.TRANSLATED)
    planted.target.commits["orders"] = {PARTITIONS[0]: Commit(3)}
    assert backs_out(planted, "reader") == "OffsetConflict"


def test_commits_that_we_journalled_in_another_attempt_are_ours():
    planted = before_entry("reader", EntryKind.SWITCH)
    assert planted.target.commits["orders"]
    translated = planted.journals["reader"][-1]
    assert translated.kind is EntryKind.TRANSLATED
    planted.journals["reader"] = (
        *planted.journals["reader"][:-1],
        replace(translated, attempt=0),
    )
    planted.put_status("reader", workingStep="TranslateOffsets")
    entry = planted.decide("reader")[0].entry
    assert entry is not None
    assert entry.kind is EntryKind.TRANSLATED


def test_what_a_group_left_is_kept_beside_what_it_begins_with():
    entry = before_entry("reader", EntryKind.TRANSLATED).decide("reader")[0].entry
    assert entry is not None
    assert entry.data["left"] == {"orders": {"orders": {"0": 10, "1": 10}}}
    assert entry.data["groups"] == {"orders": {"orders": {"0": 12, "1": 12}}}


@pytest.mark.parametrize(
    "disturb",
    [
        lambda p: p.target.commits["orders"].update({PARTITIONS[0]: Commit(3)}),
        lambda p: p.replicas.update(reader=1),
        lambda p: setattr(p.source, "members", ("late",)),
    ],
)
def test_the_last_look_at_a_reader_backs_out_of_any_difference(disturb):
    planted = before_entry("reader", EntryKind.SWITCH)
    disturb(planted)
    backs_out(planted, "reader")


def test_replicas_return_only_after_the_binding_was_read_back():
    planted = last_at("writer", "Switch")
    planted.bindings["writer"] = None
    action = planted.decide("writer")[0].action
    assert not isinstance(action, Scale)
    assert not planted.decide("writer")[0].moved


def test_commits_that_expired_are_written_again_before_anybody_reads():
    planted = at("reader", "Resume")
    written = dict(planted.target.commits["orders"])
    planted.target.commits["orders"] = {}
    planted.tick("reader")
    assert planted.target.commits["orders"] == written
    assert planted.replicas["reader"] == 0


def test_a_group_that_has_begun_to_read_keeps_what_it_committed():
    planted = last_at("reader", "Resume")
    read_on = {p: Commit(c.offset + 1) for p, c in planted.target.commits["orders"].items()}
    planted.target.commits["orders"] = dict(read_on)
    planted.tick("reader")
    assert planted.target.commits["orders"] == read_on


def test_pods_that_may_have_read_an_old_binding_are_started_anew_before_the_node_is_probed_again():
    planted = before_entry("writer", EntryKind.RESUMED)
    name = next(iter(planted.probes))
    planted.probes[name] = ProbePod(name, "node", "Succeeded", "writer-source-hash")
    assert planted.decide("writer")[0].action == Scale("writer", 0)
    planted.replicas["writer"] = 0
    assert planted.decide("writer")[0].action == RemoveProbePod(name)


def test_a_pod_that_is_not_ready_keeps_resume_open_with_its_reason(monkeypatch):
    planted = before_entry("writer", EntryKind.RESUMED)
    plain = planted._workload("writer")
    assert plain is not None
    waiting = replace(plain.pods[0], ready=False, waiting_reason="ImagePullBackOff")
    monkeypatch.setattr(planted, "_workload", lambda _: replace(plain, pods=(waiting,)))
    assert stands(planted, "writer") == ("WorkloadNotReady", "False")
    assert "ImagePullBackOff" in planted.decide("writer")[0].status["message"]


def test_a_changed_binding_is_named_while_observed():
    planted = last_at("writer", "Observe")
    planted.bindings["writer"] = "source"
    assert stands(planted, "writer") == ("BindingMismatch", "True")


def test_the_observation_takes_the_time_that_was_agreed():
    planted = before_entry("writer", EntryKind.COMPLETED)
    planted.change("writer", observation={"seconds": 60})
    assert stands(planted, "writer") == ("Observing", "False")
