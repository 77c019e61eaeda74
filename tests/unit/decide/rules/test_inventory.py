"""From what the source says to the frozen inventory and its plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.planted import acl, migration_spec, topic

from kafka_migration.api.migration import KafkaMigrationSpec, Selection
from kafka_migration.decide.rules import inventory, mirror
from kafka_migration.model.inventory import Inventory
from kafka_migration.model.kafka import Cluster, Group, NewTopic

NAMES = ["orders", "orders-eu", "payments", "orders.dlq"]


@pytest.mark.parametrize(
    ("include", "exclude", "selected"),
    [
        (["orders"], [], ["orders"]),
        (["orders.*"], [], ["orders", "orders-eu", "orders.dlq"]),
        (["orders.*"], [r".*\.dlq"], ["orders", "orders-eu"]),
        (["order"], [], []),
        ([], [], []),
        (["payments", "orders"], [], ["orders", "payments"]),
    ],
)
def test_patterns_match_a_name_in_full(include, exclude, selected):
    assert inventory.selected(NAMES, Selection(include=include, exclude=exclude)) == selected


def test_without_a_selection_nothing_is_selected():
    assert inventory.selected(NAMES, None) == []


def test_a_bad_pattern_is_named_with_its_fault():
    spec = spec_with(scope={"topics": {"include": ["ok", "orders("], "exclude": ["["]}})
    faults = inventory.bad_patterns(spec)
    assert len(faults) == 2
    assert "'orders('" in faults[0]


def spec_with(**changes) -> KafkaMigrationSpec:
    return KafkaMigrationSpec.model_validate(migration_spec(**changes))


def frozen(spec: KafkaMigrationSpec | None = None, uid: str = "12345678") -> Inventory:
    orders = topic("orders", "s-1")
    config = {"retention.ms": "600000", "message.timestamp.type": "LogAppendTime", "flush.ms": "1"}
    orders = replace(
        orders,
        config={**orders.config, **config},
        overrides=frozenset({"retention.ms", "flush.ms"}),
    )
    readings = inventory.Readings(
        Cluster("s", (1,), None),
        Cluster("t", (1,), None),
        {"orders": orders},
        {"orders": Group("orders", "STABLE", ())},
        (acl("reader", "READ"), acl("writer", "WRITE"), acl("x", "READ", "other")),
    )
    return inventory.freeze(spec or spec_with(), readings, uid)


def test_the_inventory_survives_its_journal_entry():
    assert Inventory.parse(frozen().as_json()) == frozen()


def test_only_acls_that_reach_the_scope_are_frozen():
    assert {a.principal for a in frozen().acls} == {"User:reader", "User:writer"}


def test_the_digest_changes_with_anything_that_will_be_written():
    digests = {
        frozen().plan.digest,
        frozen(uid="87654321").plan.digest,
        frozen(spec_with(targetTopics={"replicationFactor": 3})).plan.digest,
        frozen(
            spec_with(
                targetTopics={"replicationFactor": 1, "configOverrides": {"retention.ms": "1"}}
            )
        ).plan.digest,
        frozen(
            spec_with(principalMappings=[{"source": "User:reader", "target": "User:other"}])
        ).plan.digest,
    }
    assert len(digests) == 5
    assert frozen().plan.digest == frozen().plan.digest


def test_a_planned_topic_carries_what_decides_its_meaning_and_accepts_any_timestamp():
    planned = frozen().plan.topics[0]
    assert dict(planned.config) == {
        "retention.ms": "600000",
        "message.timestamp.after.max.ms": "9223372036854775807",
    }


def test_overrides_win():
    spec = spec_with(
        targetTopics={"replicationFactor": 3, "configOverrides": {"retention.ms": "1"}}
    )
    planned = frozen(spec).plan.topics[0]
    assert planned.config["retention.ms"] == "1"
    assert planned.replication_factor == 3


def test_log_append_time_is_remembered_for_the_comparison():
    assert frozen().topics["orders"].timestamps == "LogAppendTime"


def test_the_mirror_may_write_its_topics_and_nothing_of_others():
    writes = [a for a in frozen().plan.target_acls if a.operation == "WRITE"]
    topics = {a.resource for a in writes if a.resource_type.value == "TOPIC"}
    assert topics == {
        "orders",
        "kmig-12345678-forward-config",
        "kmig-12345678-forward-offsets",
        "kmig-12345678-forward-status",
        "mm2-offset-syncs.s12345678.internal",
    }
    assert {a.principal for a in writes} == {"User:mirror"}


def test_on_the_source_the_mirror_only_reads():
    operations = {a.operation for a in frozen().plan.source_acls}
    assert operations == {"READ"}


def with_way_back(uid: str = "12345678") -> Inventory:
    replication = {**migration_spec()["replication"], "reverse": "Enabled"}
    return frozen(spec_with(replication=replication), uid)


def test_without_a_way_back_the_plan_is_what_it_was_before_there_was_one():
    """Its digest stands in approvals and journals that older operators wrote."""
    assert frozen().plan.digest == (
        "sha256:bdae9b4970e588f99bfb75093ea62db7b6934400e9d25218ed4bc87544900f7c"
    )
    assert not frozen().plan.way_back


def test_the_way_back_adds_to_the_plan_and_changes_nothing_else_in_it():
    plain, plan = frozen().plan, with_way_back().plan
    assert plan.way_back
    assert (plan.topics, plan.internal_topics) == (plain.topics, plain.internal_topics)
    assert set(plain.source_acls) < set(plan.source_acls)
    assert set(plain.target_acls) < set(plan.target_acls)
    assert Inventory.parse(with_way_back().as_json()) == with_way_back()


def test_the_reverse_mirror_may_run_on_the_source_and_write_no_topic_in_scope_there():
    """Write comes per unit, after its DENY was read back (protocol 3.1)."""
    added = set(with_way_back().plan.source_acls) - set(frozen().plan.source_acls)
    assert {a.principal for a in added} == {"User:mirror"}
    topics = {a.resource for a in added if a.resource_type.value == "TOPIC"}
    assert topics == {t.name for t in with_way_back().plan.source_internal_topics}
    assert "orders" not in topics
    rights = with_way_back().plan.reverse_rights
    assert [(a.resource, a.operation, a.principal) for a in rights] == [
        ("orders", "WRITE", "User:mirror")
    ]


def test_the_reverse_mirror_may_read_the_topics_on_the_target():
    added = set(with_way_back().plan.target_acls) - set(frozen().plan.target_acls)
    assert {(a.resource, a.operation, a.principal) for a in added} == {
        ("orders", "READ", "User:mirror")
    }


def test_the_reverse_mirrors_topics_have_as_many_replicas_as_the_source_gives_others():
    """The target's number may be more than the source has brokers, or less than it accepts."""
    orders = topic("orders", "s-1")
    three = {n: replace(p, replicas=(1, 2, 3)) for n, p in orders.partitions.items()}
    both = {"orders": orders, "orders-eu": replace(orders, name="orders-eu", partitions=three)}
    cluster = Cluster("s", (1,), None)
    spec = spec_with(replication={**migration_spec()["replication"], "reverse": "Enabled"})
    readings = inventory.Readings(cluster, cluster, both, {}, ())
    plan = inventory.freeze(spec, readings, "12345678").plan
    assert {t.replication_factor for t in plan.source_internal_topics} == {3}
    assert {t.replication_factor for t in plan.internal_topics} == {1}


@pytest.mark.parametrize("part", ["source_internal_topics", "reverse_rights"])
def test_the_digest_covers_the_way_back(part):
    plan = with_way_back().plan
    assert replace(plan, **{part: getattr(plan, part)[1:]}).digest != plan.digest


def test_two_migrations_on_one_target_share_no_name():
    first = {t.name for t in frozen().plan.internal_topics}
    second = {t.name for t in frozen(uid="87654321").plan.internal_topics}
    assert not first & second


@pytest.mark.parametrize(
    ("planned", "said"),
    [
        (NewTopic("a", 2, 1, {}), []),
        (NewTopic("a", 3, 1, {}), ["2 partitions instead of 3"]),
        (NewTopic("a", 2, 3, {}), ["replication factor [1] not 3"]),
        (NewTopic("a", 2, 1, {"x": "1"}), ["x=None instead of 1"]),
    ],
)
def test_differences_are_told_in_words(planned, said):
    assert inventory.differences(planned, topic("a", "t")) == said


def test_changed_connections_make_new_workers():
    same = mirror.workers_hash(spec_with())
    replication = migration_spec()["replication"]
    other = {**replication, "mirrorMaker2": {"version": "4.4"}}
    assert mirror.workers_hash(spec_with()) == same
    assert mirror.workers_hash(spec_with(replication=other)) != same
    assert mirror.workers_hash(spec_with(paused=True)) == same
