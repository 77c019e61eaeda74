"""Preflight: whatever could stop the move is found before anything is stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import compaction_took_a_copy, last_at, stands
from tests.unit.decide.planted import PARTITIONS, Planted, acl, parsed, topic

from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.steps import preflight
from kafka_migration.model.actions import StartPlaceProbe
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import KeepingUp
from kafka_migration.model.kafka import Commit


def with_config(planted: Planted, side: str, **changes) -> None:
    kafka = planted.source if side == "source" else planted.target
    old = kafka.topics["orders"]
    kafka.topics["orders"] = replace(old, config={**old.config, **changes})


def tail_says(planted: Planted, verdict: str) -> None:
    (report,) = [job["report"] for name, job in planted.jobs.items() if "tail" in name]
    report["partitions"][0]["verdict"] = verdict


def three_replicas(planted: Planted) -> None:
    old = planted.source.topics["orders"]
    states = {n: replace(s, replicas=(1, 2, 3)) for n, s in old.partitions.items()}
    planted.source.topics["orders"] = replace(old, partitions=states)


@pytest.mark.parametrize(
    ("disturb", "reason"),
    [
        (lambda p: p.change("writer", owner=None), "InvalidSpec"),
        (lambda p: p.replicas.update(writer=0), "WorkloadNotReady"),
        (lambda p: p.source.settings.update({"super.users": None}), "WritersNotListable"),
        (lambda p: p.target.settings.update({"super.users": None}), "WritersNotListable"),
        (lambda p: setattr(p.source, "operations", frozenset({"DESCRIBE"})), "NotAuthorized"),
        (lambda p: setattr(p.target, "operations", None), "NotAuthorized"),
        (lambda p: p.source.acls.add(acl("stranger", "WRITE")), "WriterNotCovered"),
        (lambda p: p.source.acls.add(acl("stranger", "ALL", "*")), "WriterNotCovered"),
        (lambda p: p.source.acls.add(acl("*", "WRITE")), "WildcardWriter"),
        (lambda p: p.target.acls.add(acl("*", "WRITE")), "WildcardWriter"),
        (lambda p: p.source.acls.add(acl("x", "WRITE", deny=True)), "ForeignDeny"),
        (lambda p: p.target.acls.add(acl("x", "ALL", deny=True)), "ForeignDeny"),
        (lambda p: p.source.acls.discard(acl("writer", "WRITE")), "NotAuthorized"),
        (lambda p: p.source.topics.update(orders=topic("orders", "s-1", 3)), "TopicConflict"),
        (lambda p: p.target.topics.pop("orders"), "TopicMissing"),
        (lambda p: with_config(p, "source", **{"max.message.bytes": "9999999"}), "TopicConflict"),
        (lambda p: with_config(p, "target", **{"cleanup.policy": "compact"}), "TopicConflict"),
        (lambda p: tail_says(p, "UNVERIFIABLE"), "ContentUnverifiable"),
        (lambda p: p.change("writer", pauseBudgetSeconds=5), "PauseBudgetExceeded"),
        (three_replicas, "PauseBudgetExceeded"),
    ],
)
def test_the_writer_does_not_move(disturb, reason):
    planted = last_at("writer", "Preflight")
    disturb(planted)
    assert stands(planted, "writer") == (reason, "True")
    assert planted.replicas["writer"] in (0, 1)


def the_writer_has_not_moved(planted: Planted) -> None:
    planted.journals["writer"] = ()
    planted.register["authority"] = {}


def the_writer_turns(planted: Planted) -> None:
    planted.journals["writer"] += (Entry(EntryKind.FENCING, 2, {}),)


def a_hand_over_is_open(planted: Planted) -> None:
    data = {"unit": "another", "topics": ["orders"]}
    planted.journals["leave"] += (Entry(EntryKind.HAND_OVER_BEGAN, 1, data),)


@pytest.mark.parametrize(
    ("disturb", "reason", "stalled"),
    [
        (the_writer_has_not_moved, "WaitingForWave", "False"),
        (lambda p: p.journals.update(writer=()), "UnitOverlap", "True"),
        (the_writer_turns, "TopicsMoving", "False"),
        (lambda p: p.register["authority"].update(orders="none"), "TopicsMoving", "False"),
        (a_hand_over_is_open, "WaitingForHandOver", "False"),
        (lambda p: p.source.commits["orders"].pop(PARTITIONS[0]), "NoCommit", "True"),
        (
            lambda p: p.source.commits["orders"].update({PARTITIONS[0]: Commit(99)}),
            "OffsetConflict",
            "True",
        ),
        (
            lambda p: p.target.commits.update(orders={PARTITIONS[0]: Commit(3)}),
            "OffsetConflict",
            "True",
        ),
        (compaction_took_a_copy, "GradeTooLow", "True"),
        (lambda p: p.source.topics.update(orders=topic("orders", "s-2")), "TopicRecreated", "True"),
        (lambda p: p.target.topics.update(orders=topic("orders", "s-1")), "TopicRecreated", "True"),
        (
            lambda p: p.target.topics.update(orders=topic("orders", "t-orders", 3)),
            "TopicRecreated",
            "True",
        ),
        (lambda p: p.target.topics.pop("orders"), "TopicRecreated", "True"),
        (lambda p: setattr(p.target, "members", ("somebody",)), "GroupNotEmpty", "True"),
        (lambda p: p.replicas.update(reader=0), "WorkloadNotReady", "True"),
    ],
)
def test_the_reader_does_not_move(disturb, reason, stalled):
    planted = last_at("reader", "Preflight")
    disturb(planted)
    assert stands(planted, "reader") == (reason, stalled)


def test_all_faults_are_shown_at_once():
    planted = last_at("writer", "Preflight")
    planted.source.acls |= {acl("stranger", "WRITE"), acl("*", "WRITE")}
    planted.source.settings["super.users"] = None
    problems = planted.decide("writer")[0].status["problems"]
    assert {p["reason"] for p in problems} == {
        "WriterNotCovered",
        "WildcardWriter",
        "WritersNotListable",
    }


@pytest.mark.parametrize("who", ["writer", "leave"])
def test_a_problem_that_somebody_took_upon_themselves_by_name_does_not_block(who):
    planted = last_at("writer", "Preflight")
    planted.source.settings["super.users"] = None
    reason = {"problem": "WritersNotListable", "subject": "cluster/source", "reason": "CHG-1"}
    planted.change(who, acknowledgements=[reason])
    planted.approve_again()
    assert planted.decide("writer")[0].moved


def test_an_acknowledgement_of_another_subject_does_not_help():
    planted = last_at("writer", "Preflight")
    planted.source.settings["super.users"] = None
    reason = {"problem": "WritersNotListable", "subject": "cluster/target", "reason": "CHG-1"}
    planted.change("writer", acknowledgements=[reason])
    assert stands(planted, "writer") == ("WritersNotListable", "True")


def test_a_writer_named_in_the_fence_is_covered():
    planted = last_at("writer", "Preflight")
    planted.source.acls.add(acl("stranger", "WRITE"))
    planted.change("writer", fence={"extraPrincipals": ["User:stranger"]})
    planted.approve_again()
    assert planted.decide("writer")[0].moved


def test_a_probe_that_proves_nothing_is_not_a_permission(monkeypatch):
    """No probe at all is no proof either."""
    planted = last_at("writer", "Preflight")
    monkeypatch.setattr(planted, "_leaving_probes", lambda _: ())
    assert stands(planted, "writer") == ("Unknown", "True")


def test_nothing_is_changed_by_preflight():
    planted = last_at("writer", "Preflight")
    assert planted.replicas["writer"] == 1
    assert planted.source.may_write("User:writer", "orders")


def test_faults_of_different_checks_are_shown_at_once():
    planted = last_at("writer", "Preflight")
    planted.change("writer", owner=None, pauseBudgetSeconds=5)
    planted.source.acls |= {acl("stranger", "WRITE")}
    planted.mind("writer").answered = frozenset()
    decision, _ = planted.decide("writer")
    assert [p["reason"] for p in decision.status["problems"]] == [
        "InvalidSpec",
        "WriterNotCovered",
        "PauseBudgetExceeded",
    ]
    assert isinstance(decision.action, StartPlaceProbe), "what only asks goes on meanwhile"
    planted.window_seconds = 0.0  # the copy is behind: who asks now has a stale answer later
    assert planted.decide("writer")[0].action is None


def test_a_transaction_that_stays_open_is_named():
    planted = last_at("writer", "Preflight")
    planted.source.stable[PARTITIONS[1]] = 7
    assert stands(planted, "writer") == ("OpenTransaction", "False")
    assert "orders-1 at offset 7" in planted.decide("writer")[0].status["message"]


def test_what_lags_is_named_with_how_far_copy_and_comparison_came(monkeypatch):
    planted = last_at("writer", "Preflight")
    late = KeepingUp(0.0, PARTITIONS[1], wanted=130, copied=120, compared=100, age=7.2)
    monkeypatch.setattr(planted, "_keeping_up", lambda _: late)
    assert stands(planted, "writer") == ("LagTooHigh", "False")
    said = planted.decide("writer")[0].status["message"]
    assert "orders-1 is copied to 120 and compared to 100, its last record 7 s ago was 130" in said


def test_a_unit_that_waits_for_people_is_looked_at_often_enough_to_tell_its_lag():
    """Looks that are farther apart than the allowed lag cannot tell whether it was kept."""
    planted = last_at("writer", "Preflight")
    planted.change("writer", pauseBudgetSeconds=61)  # not what was approved
    decision, _ = planted.decide("writer")
    assert decision.status["phase"] == "AwaitingApproval"
    spec = parsed(planted.objects["leave"].spec, KafkaMigrationSpec)
    assert decision.wake_after < spec.replication.max_lag_seconds


def test_what_only_the_way_back_needs_is_not_asked_without_one():
    planted = last_at("writer", "Preflight")
    with_config(planted, "source", **{"cleanup.policy": "compact"})
    assert planted.decide("writer")[0].moved
    assert _refusing_with_a_way_back(planted) == ["topic/orders"]
    acknowledged(planted)
    assert _refusing_with_a_way_back(planted) == []


def acknowledged(planted: Planted) -> None:
    taken = {"problem": "TopicConflict", "subject": "topic/orders", "reason": "CHG-1"}
    planted.change("writer", acknowledgements=[taken])


@pytest.mark.parametrize(
    "disturb",
    [
        lambda p: p.source.topics.update(orders=topic("orders", "s-1", 3)),
        lambda p: with_config(p, "target", **{"cleanup.policy": "compact"}),
    ],
)
def test_what_would_lose_or_misplace_records_cannot_be_acknowledged(disturb):
    planted = last_at("writer", "Preflight")
    disturb(planted)
    acknowledged(planted)
    assert stands(planted, "writer") == ("TopicConflict", "True")


def _refusing_with_a_way_back(planted: Planted) -> list[str]:
    context = planted.context("writer")
    assert isinstance(context, UnitContext)
    migration = context.migration
    replication = migration.spec.replication.model_copy(update={"reverse": "Enabled"})
    spec = migration.spec.model_copy(update={"replication": replication})
    both_ways = replace(context, migration=replace(migration, spec=spec))
    pair = (planted.source.topics["orders"], planted.target.topics["orders"])
    return [p.subject for p in preflight._refusing(both_ways, "orders", pair)]
