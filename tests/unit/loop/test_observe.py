"""Observers: one per fact, faults become Unknown, windows and streaks are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.loop.fake_world import (
    ORDERS,
    UNIT_KEY,
    loaded,
    migration,
    migration_spec,
    read,
    topic,
    unit,
    unit_spec,
)

from kafka_migration.errors import Invalid, Refused, Unavailable
from kafka_migration.model import facts
from kafka_migration.model.connect import Connector
from kafka_migration.model.facts import Fact, Facts, Unknown
from kafka_migration.model.kafka import Commit, Partition
from kafka_migration.model.kubernetes import Key, Pod, Workload
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import OBSERVERS, observe


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
