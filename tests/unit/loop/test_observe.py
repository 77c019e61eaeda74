"""Observers: one per fact, faults become Unknown, windows and streaks are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.loop.fake_world import (
    ORDERS,
    UNIT_KEY,
    FakeWorld,
    loaded,
    migration,
    migration_spec,
    topic,
    unit,
    unit_spec,
)

from kafka_migration.act import act
from kafka_migration.errors import Invalid, Refused, Unavailable
from kafka_migration.model import facts
from kafka_migration.model.actions import HoldDenies
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import Fact, Facts, Unknown
from kafka_migration.model.kafka import (
    Acl,
    Commit,
    Partition,
    PatternType,
    Permission,
    ProbeResult,
    ResourceType,
)
from kafka_migration.model.kubernetes import Key, Pod, Workload
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import OBSERVERS, observe

TOPIC, LITERAL = ResourceType.TOPIC, PatternType.LITERAL


def read(fake: FakeWorld, context: Any, *wanted: Fact[Any]) -> Any:
    return observe(fake.world, context, wanted)


def test_every_fact_has_exactly_one_observer_but_the_one_that_reconcile_provides():
    """A fact without an observer would never be known."""
    every = [fact.name for fact in vars(facts).values() if isinstance(fact, Fact)]
    assert len(every) == len(set(every))
    assert set(OBSERVERS) == set(every) - {facts.MIGRATION.name}
    assert len(set(OBSERVERS.values())) == len(OBSERVERS)


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        (Unavailable(Reason.UNREACHABLE, "no answer"), False),
        (Refused(Reason.NOT_AUTHORIZED, "no right"), True),
        (Invalid(Reason.INVALID_SPEC, "bad"), True),
    ],
)
def test_an_expected_fault_becomes_an_unknown_with_its_words(fake, fault, refused):
    """Nothing is left out, nothing is empty."""
    fake.source.fault = fault
    found = read(fake, migration(), facts.SOURCE_TOPICS, facts.TARGET_CLUSTER)
    assert found["source-topics"] == Unknown(fault.reason, fault.message, refused)
    assert not isinstance(found["target-cluster"], Unknown)


def test_an_unexpected_fault_becomes_an_internal_error_without_its_words(fake):
    """The words of a foreign exception may hold a password."""
    fake.source.present = None
    found = read(fake, migration(), facts.SOURCE_TOPICS)
    text = "AttributeError in source-topics; see the operator's log"
    assert found["source-topics"] == Unknown(Reason.INTERNAL_ERROR, text)


def test_before_the_freeze_the_patterns_decide_and_the_target_is_asked_for_the_same_names(fake):
    fake.source.present = {n: topic(n) for n in ("orders", "orders-private", "other")}
    found = read(fake, migration(frozen=False), facts.SOURCE_TOPICS, facts.TARGET_TOPICS)
    assert list(found["source-topics"]) == ["orders"]
    assert fake.target.calls == [("topics", ["orders"])]


def test_a_bad_pattern_is_named(fake):
    raw = migration_spec(scope={"topics": {"include": ["("]}})
    found = read(fake, migration(frozen=False, spec=raw), facts.SOURCE_TOPICS)
    assert found["source-topics"].reason is Reason.INVALID_SPEC


def test_a_fact_that_others_need_is_read_once(fake):
    """LAST_DATA stands below the very ends that the decision sees."""
    fake.source.high = {ORDERS: 9}
    fake.source.stable = {ORDERS: 7}
    read(fake, migration(), facts.LAST_DATA, facts.SOURCE_ENDS)
    assert fake.source.calls == [("ends", 1), ("last_data", {ORDERS: 7})]


def test_a_fault_is_passed_on_to_the_facts_that_need_it(fake):
    fake.source.fault = Unavailable(Reason.UNREACHABLE, "no answer")
    found = read(fake, migration(), facts.LAST_DATA)
    assert found["last-data"] == Unknown(Reason.UNREACHABLE, "no answer")


def test_a_fact_read_earlier_in_the_tick_is_not_read_again(fake):
    fake.source.high = {ORDERS: 9}
    before = read(fake, migration(), facts.SOURCE_ENDS)
    context = replace(migration(), facts=Facts(before))
    fake.source.calls.clear()
    read(fake, context, facts.LAST_DATA)
    assert fake.source.calls == [("last_data", {ORDERS: 9})]


def test_only_mirrors_of_ours_are_asked_for_offsets(fake):
    names = ("kmig-aaaaaaaa-bulk", "kmig-ffffffff-bulk")
    fake.connect.present = {n: Connector(n, "RUNNING", {}, {}) for n in names}
    fake.connect.stored = {"kmig-aaaaaaaa-bulk": {ORDERS: 3}}
    found = read(fake, migration(), facts.MIRROR_OFFSETS)
    assert found["mirror-offsets"]["kmig-aaaaaaaa-bulk"].offsets == {ORDERS: 3}
    assert fake.connect.calls == [("offsets", "kmig-aaaaaaaa-bulk", "saaaaaaaa")]


def test_a_unit_asks_for_the_offsets_of_its_own_mirror_only(fake):
    """Connect takes a second for each, and the unit's writers stand still meanwhile."""
    names = ("kmig-aaaaaaaa-bulk", unit().onward_connector)
    fake.connect.present = {n: Connector(n, "RUNNING", {}, {}) for n in names}
    found = read(fake, unit(), facts.MIRROR_OFFSETS)["mirror-offsets"]
    assert list(found) == [unit().onward_connector]


def test_before_the_workers_exist_connect_is_not_ready_and_not_refused(fake):
    """Their Secret is made with them: it is not the user's to create."""
    del fake.secrets.values["platform", "kmig-aaaaaaaa-forward", "rest-password"]
    found = read(fake, migration(), facts.CONNECTORS)
    assert found["connectors"].reason is Reason.CONNECT_NOT_READY
    assert not found["connectors"].refused


def test_units_are_those_that_name_the_migration(fake):
    other = unit_spec() | {"migrationRef": {"namespace": "platform", "name": "another"}}
    fake.store.answers["list_keys"] = [
        loaded(Key("WorkloadCutover", "orders", "x"), "u2", other),
        loaded(UNIT_KEY, "u1", unit_spec()),
        loaded(Key("KafkaMigration", "platform", "leave"), "u3", {}),
    ]
    fake.shards.answers["list_digests"] = {}
    found = read(fake, migration(), facts.UNITS)
    assert [u.loaded.uid for u in found["units"]] == ["u1"]


def test_the_lag_streak_grows_while_snapshots_are_covered_in_time(fake):
    """Copied means at or beyond the last data record of the snapshot."""
    name = "kmig-aaaaaaaa-bulk"
    orders = frozenset({"orders"})
    fake.connect.present = {name: Connector(name, "RUNNING", {}, {}, topics=orders)}
    fake.source.high = {ORDERS: 9}

    def look(data: int, copied: int) -> float:
        fake.source.data = {ORDERS: data}
        fake.connect.stored = {name: {ORDERS: copied}}
        value: float = read(fake, migration(), facts.WITHIN_LAG_SECONDS)["within-lag-seconds"]
        fake.clock.advance(2.0)
        return value

    assert look(8, 5) == 0.0  # snapshot of 8 at 0 s
    assert look(12, 8) == 2.0  # covered after 2 s; snapshot of 12
    assert look(20, 9) == 4.0  # 2 s old, still allowed
    assert look(20, 10) == 6.0
    assert look(20, 11) == 0.0  # older than 5 s: broken
    assert fake.memory.for_key(migration().loaded.key).lag_seconds == 6.0
    assert look(20, 20) == 0.0  # everything copied: a streak begins
    assert look(20, 20) == 2.0
    assert fake.memory.for_key(migration().loaded.key).lag_seconds == 0.0


def test_the_leaving_ends_are_watched_from_the_first_look_of_the_step(fake):
    fake.source.present = {"orders": topic("orders")}
    context = unit()

    def look(high: int, stable: int | None = None):
        fake.source.high = {ORDERS: high}
        fake.source.stable = {} if stable is None else {ORDERS: stable}
        value = read(fake, context, facts.LEAVING_ENDS)["leaving-ends"]
        fake.clock.advance(1.0)
        return value

    look(10)
    second = look(10)
    assert (second.unchanged_seconds, second.stable_seconds, second.moved) == (1.0, 1.0, ())
    third = look(11)
    assert (third.unchanged_seconds, third.stable_seconds) == (0.0, 0.0)
    assert third.moved == (ORDERS,)
    fourth = look(11, 10)  # an open transaction
    assert (fourth.unchanged_seconds, fourth.stable_seconds) == (1.0, 0.0)
    fake.memory.for_key(UNIT_KEY).reset_step("Fence")
    assert look(11).moved == ()


def test_a_look_that_failed_breaks_the_window(fake):
    """What was not seen is not known to have been still."""
    fake.source.present = {"orders": topic("orders")}
    fake.source.high = {ORDERS: 10}
    read(fake, unit(), facts.LEAVING_ENDS)
    fake.clock.advance(1.0)
    fake.source.fault = Unavailable(Reason.UNREACHABLE, "no answer")
    assert isinstance(read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"], Unknown)
    fake.source.fault = None
    fake.clock.advance(1.0)
    assert read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"].stable_seconds == 0.0


@pytest.mark.parametrize("change", ["denied", "accepted"])
def test_the_window_begins_when_the_last_write_was_refused(fake, change):
    """Ends that stood still before the fence say nothing of a write under way through it."""
    fake.source.present = {"orders": topic("orders")}
    fake.source.high = {ORDERS: 10}
    read(fake, unit(), facts.LEAVING_ENDS)
    fake.clock.advance(3.0)
    if change == "denied":
        deny = Acl(TOPIC, "orders", LITERAL, "User:app", "*", "WRITE", Permission.DENY)
        act(fake.world, unit(), HoldDenies("source", (deny,)))
    else:
        fake.source.probed = ProbeResult.ALLOWED
        read(fake, unit(), facts.LEAVING_PROBES)
    fake.clock.advance(1.0)
    assert read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"].stable_seconds == 0.0
    fake.clock.advance(1.0)
    assert read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"].stable_seconds == 1.0


def test_too_few_replicas_in_sync_are_named_and_not_stable(fake):
    fake.source.present = {"orders": topic("orders", in_sync=1, needed=2)}
    fake.source.high = {ORDERS: 10}
    read(fake, unit(), facts.LEAVING_ENDS)
    fake.clock.advance(1.0)
    settled = read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"]
    assert settled.under_replicated == (ORDERS,)
    assert (settled.unchanged_seconds, settled.stable_seconds) == (1.0, 0.0)


def test_replicas_that_cannot_be_read_are_unknown_and_not_fine(fake):
    fake.source.high = {ORDERS: 10}
    found = read(fake, unit(), facts.LEAVING_ENDS)["leaving-ends"]
    assert isinstance(found, Unknown)


def test_probes_use_the_applications_own_credential_of_that_side(fake):
    read(fake, unit(), facts.LEAVING_PROBES, facts.ENTERING_PROBES)
    (leaving,) = fake.source.seen
    (entering,) = fake.target.seen
    assert (leaving.username, leaving.password) == ("app", "pw-app-source")
    assert (entering.password, entering.ca_pem) == ("pw-app-target", "CA target\n")


def test_the_mirror_is_probed_on_the_target_with_its_own_credential(fake):
    found = read(fake, unit(), facts.ONWARD_MIRROR_PROBES)["onward-mirror-probes"]
    assert fake.target.seen[0].password == "pw-mirror-target"
    assert found[0].principal == "User:mirror"


def test_commits_of_all_topics_are_read(fake):
    other = Partition("other", 0)
    fake.source.committed = {ORDERS: Commit(4), other: Commit(5)}
    found = read(fake, unit(), facts.LEAVING_COMMITS)["leaving-commits"]
    assert found == {"group": {ORDERS: Commit(4), other: Commit(5)}}


def test_a_pending_commit_of_a_transaction_is_unknown_and_not_absent(fake):
    """Brokers tell of it only when the partition is named."""
    fake.source.pending = Unavailable(Reason.OPEN_TRANSACTION, "a commit is pending")
    found = read(fake, unit(), facts.LEAVING_COMMITS)["leaving-commits"]
    assert found == Unknown(Reason.OPEN_TRANSACTION, "a commit is pending")


def test_bindings_tell_the_side_and_no_secret(fake):
    fake.workloads.answers["secret"] = {"username": "app"}
    view = read(fake, unit(), facts.BINDINGS)["bindings"]["writer"]
    assert view.present
    assert view.matches is None
    assert "pw-" not in repr(view)


def test_probe_pods_are_one_per_workload_and_node_of_its_pods(fake):
    def pod(name, node):
        return Pod(name, name, node, "Running", ready=True, deleting=False, ready_time=None)

    pods = (pod("a", "node-1"), pod("b", "node-1"), pod("c", "node-2"), pod("d", None))
    fake.workloads.answers["read"] = Workload("uid", 3, "app=x", pods, frozenset())
    found = read(fake, unit(), facts.PROBE_PODS)["probe-pods"]
    assert list(found) == ["kmig-probe-bbbbbbbb-0-node-1", "kmig-probe-bbbbbbbb-0-node-2"]
    assert set(found.values()) == {None}


def test_secrets_are_read_once_per_tick_and_again_in_the_next(fake):
    world = fake.world.for_tick()
    observe(world, migration(), [facts.SOURCE_CLUSTER, facts.SOURCE_ACLS])
    assert len(fake.secrets.reads) == 2  # the CA and the password
    observe(fake.world.for_tick(), migration(), [facts.SOURCE_CLUSTER])
    assert len(fake.secrets.reads) == 4


def test_a_units_fact_asked_of_a_migration_is_a_fault_of_ours(fake):
    found = read(fake, migration(), facts.WORKLOADS)["workloads"]
    assert found.reason is Reason.INTERNAL_ERROR


def test_what_an_existing_target_topic_ever_held_is_counted(fake):
    fake.target.present = {"orders": topic("orders")}
    fake.target.high = {ORDERS: 4}
    assert read(fake, migration(), facts.TARGET_HELD)["target-held"] == {"orders": 4}
    fake.target.present = {}
    assert read(fake, migration(), facts.TARGET_HELD)["target-held"] == {}
