"""The same observers and acts in both directions: which cluster, which mirror, which alias."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.loop.fake_world import (
    ORDERS,
    FakeWorld,
    inventory,
    migration,
    migration_spec,
    topic,
    unit,
)

from kafka_migration.act import act
from kafka_migration.decide.context import UnitContext
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model import actions, facts
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.facts import Fact
from kafka_migration.model.inventory import acl_from
from kafka_migration.model.kafka import NewTopic, ProbeResult
from kafka_migration.model.sides import Direction, entered_by, left_by, opposite
from kafka_migration.observe import observe

SOURCE_ACL = acl_from(["TOPIC", "orders", "LITERAL", "User:source", "*", "WRITE", "ALLOW"])
TARGET_ACL = acl_from(["TOPIC", "orders", "LITERAL", "User:target", "*", "WRITE", "ALLOW"])
OWN = {"forward": "kmig-aaaaaaaa-unit-bbbbbbbb", "reverse": "kmig-aaaaaaaa-reverse-bbbbbbbb"}
DIRECTIONS: tuple[Direction, ...] = ("forward", "reverse")
ON_A_MIRROR: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (lambda d: actions.CreateConnector(d, "n", ("orders",)), ("create", "n")),
    (lambda d: actions.ConfigureConnector(d, "m", ("orders",)), ("configure", "m")),
    (lambda d: actions.StopConnector(d, "m"), ("stop", "m")),
    (lambda d: actions.ResumeConnector(d, "m"), ("resume", "m")),
    (lambda d: actions.DeleteConnector(d, "m"), ("delete", "m")),
    (lambda d: actions.FenceMirror(d, "m"), ("fence", "m", "ALIAS")),
    (lambda d: actions.AlterOffsets(d, "m", ((ORDERS, 4),)), ("alter", "m", "ALIAS", {ORDERS: 4})),
)


def planted(fake: FakeWorld) -> FakeWorld:
    """Each cluster and each Connect cluster tells which one it is."""
    fake.source.present = {"orders": topic("orders")}
    fake.target.present = {"orders": replace(topic("orders"), topic_id="on-target")}
    fake.source.entries, fake.target.entries = {SOURCE_ACL}, {TARGET_ACL}
    for direction, connect in (("forward", fake.connect), ("reverse", fake.reverse_connect)):
        own = Connector(OWN[direction], "STOPPED", {}, {})
        connect.present = {own.name: own, "other": Connector("other", "STOPPED", {}, {})}
        connect.stored = {own.name: {ORDERS: len(direction)}, "other": {ORDERS: 1}}
    return fake


def read(fake: FakeWorld, context: Any, wanted: Fact[Any]) -> Any:
    return observe(fake.world, context, [wanted])[wanted.name]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_leg_leaves_one_side_and_enters_the_other(direction):
    context = unit(direction=direction)
    assert (context.leaving, context.entering) == (left_by(direction), entered_by(direction))
    assert {context.leaving, context.entering} == {"source", "target"}
    assert (context.onward, context.homeward) == (direction, opposite(direction))
    assert context.onward_connector == OWN[direction]
    assert context.return_connector == OWN[opposite(direction)]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("wanted", "role", "of"),
    [
        (facts.LEAVING_TOPICS, "leaving", {"source": "id-orders", "target": "on-target"}),
        (facts.ENTERING_TOPICS, "entering", {"source": "id-orders", "target": "on-target"}),
        (facts.LEAVING_ACLS, "leaving", {"source": SOURCE_ACL, "target": TARGET_ACL}),
        (facts.ENTERING_ACLS, "entering", {"source": SOURCE_ACL, "target": TARGET_ACL}),
        (facts.ONWARD_CONNECTORS, "onward", OWN),
        (facts.RETURN_CONNECTORS, "homeward", OWN),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_fact_is_read_where_its_role_in_the_leg_is(fake, direction, wanted, role, of):
    context = unit(direction=direction)
    found = read(planted(fake), context, wanted)
    expected = of[getattr(context, role)]
    if isinstance(found, dict) and "orders" in found:
        assert found["orders"].topic_id == expected
    else:
        assert expected in found


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_offsets_are_those_of_the_units_own_mirror_under_its_directions_alias(fake, direction):
    context, aliases = unit(direction=direction), {"forward": "saaaaaaaa", "reverse": "taaaaaaaa"}
    connects = {"forward": planted(fake).connect, "reverse": fake.reverse_connect}
    for wanted, way in (
        (facts.ONWARD_OFFSETS, direction),
        (facts.RETURN_OFFSETS, opposite(direction)),
    ):
        found = read(fake, context, wanted)
        assert found == {OWN[way]: ConnectorOffsets({ORDERS: len(way)})}
        assert connects[way].calls == [("offsets", OWN[way], aliases[way])]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("wanted", "role"),
    [(facts.ONWARD_MIRROR_PROBES, "entering"), (facts.RETURN_MIRROR_PROBES, "leaving")],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_mirror_is_probed_where_it_writes_with_its_own_credential(fake, direction, wanted, role):
    context = unit(direction=direction)
    side = getattr(context, role)
    kafka = fake.source if side == "source" else fake.target
    kafka.probed = ProbeResult.ALLOWED
    (probe,) = read(fake, context, wanted)
    assert (probe.principal, probe.result) == ("User:mirror", ProbeResult.ALLOWED)
    assert [(c.bootstrap_servers, c.password) for c in kafka.seen] == [
        (f"{side}:9092", f"pw-mirror-{side}")
    ]


def test_the_migration_reads_the_reverse_connect_cluster_by_facts_of_its_own(fake):
    planted(fake)
    assert set(read(fake, migration(), facts.CONNECTORS)) == {OWN["forward"], "other"}
    assert set(read(fake, migration(), facts.REVERSE_CONNECTORS)) == {OWN["reverse"], "other"}
    assert set(read(fake, migration(), facts.REVERSE_OFFSETS)) == {OWN["reverse"]}
    read(fake, migration(), facts.REVERSE_WORKERS)
    assert fake.workers.calls == [("read", "platform", "kmig-aaaaaaaa-reverse")]


def test_reverse_workers_that_were_never_applied_are_unknown_and_not_empty(fake):
    del fake.secrets.values["platform", "kmig-aaaaaaaa-reverse", "rest-password"]
    assert read(fake, migration(), facts.REVERSE_CONNECTORS).reason.value == "ConnectNotReady"


def test_the_reverse_mirrors_own_topics_are_looked_for_on_the_source(fake):
    frozen = inventory()
    own = NewTopic("syncs", 1, 1)
    plan = replace(frozen.plan, source_internal_topics=(own,))
    entry = Entry(EntryKind.INVENTORY_FROZEN, 1, replace(frozen, plan=plan).as_json())
    context = replace(migration(), journal=Journal((entry,)))
    fake.source.present = {"syncs": topic("syncs"), "orders": topic("orders")}
    assert set(read(fake, context, facts.SOURCE_INTERNAL_TOPICS)) == {"syncs"}
    assert read(fake, migration(), facts.SOURCE_INTERNAL_TOPICS) == {}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("action", "call"), ON_A_MIRROR, ids=lambda v: v[0] if isinstance(v, tuple) else ""
)
def test_an_act_on_a_mirror_goes_to_its_directions_connect_cluster(fake, direction, action, call):
    planted(fake)
    ours, other = fake.connect, fake.reverse_connect
    if direction == "reverse":
        ours, other = other, ours
    ours.present["m"] = Connector("m", "STOPPED", {}, {}, topics=frozenset({"orders"}))
    act(fake.world, migration(), action(direction))
    alias = "saaaaaaaa" if direction == "forward" else "taaaaaaaa"
    assert tuple(alias if part == "ALIAS" else part for part in call) in ours.calls
    assert not other.calls


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_topic_is_created_on_the_side_that_the_action_names(fake, side):
    act(fake.world, migration(), actions.CreateTopic(NewTopic("t", 1, 1), side))
    calls = {"source": fake.source.calls, "target": fake.target.calls}
    assert calls.pop(side) == [("create_topic", "t")]
    assert list(calls.values()) == [[]]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("reverse", "state", "refused"),
    [("Enabled", "RUNNING", True), ("Enabled", "STOPPED", False), ("Disabled", "RUNNING", False)],
)
def test_no_mirror_is_resumed_while_one_back_copies_its_topics(
    fake, direction, reverse, state, refused
):
    """The two would copy each other's copies for ever. Without a way back there is no other."""
    ours, other = fake.connect, fake.reverse_connect
    if direction == "reverse":
        ours, other = other, ours
    topics = frozenset({"orders"})
    ours.present = {"m": Connector("m", "STOPPED", {}, {}, topics=topics)}
    other.present = {"back": Connector("back", state, {}, {}, topics=topics)}
    raw = migration_spec()
    raw["replication"]["reverse"] = reverse
    action = actions.ResumeConnector(direction, "m")
    if refused:
        with pytest.raises(Refused) as caught:
            act(fake.world, migration(spec=raw), action)
        assert "back" in caught.value.message
    else:
        act(fake.world, migration(spec=raw), action)
    assert (("resume", "m") in ours.calls) is not refused


def test_nothing_is_resumed_while_the_other_direction_cannot_be_read(fake):
    """What cannot be read may be running."""
    topics = frozenset({"orders"})
    fake.connect.present = {"m": Connector("m", "STOPPED", {}, {}, topics=topics)}
    del fake.secrets.values["platform", "kmig-aaaaaaaa-reverse", "rest-password"]
    raw = migration_spec()
    raw["replication"]["reverse"] = "Enabled"
    with pytest.raises(Unavailable):
        act(fake.world, migration(spec=raw), actions.ResumeConnector("forward", "m"))
    assert not fake.connect.calls


def test_reverse_workers_are_objects_of_their_own(fake):
    act(fake.world, migration(), actions.ApplyWorkers("reverse", "h"))
    ((_, namespace, name, manifests),) = fake.workers.calls
    assert (namespace, name, manifests[0]["hash"]) == ("platform", "kmig-aaaaaaaa-reverse", "h")


@pytest.mark.parametrize("original", ["source", "target"])
def test_a_comparison_reads_the_original_where_it_stands(fake, tmp_path, original):
    from kafka_migration.verifier.spec import Spec

    action = actions.StartComparison("job", original, "bounded", ((ORDERS, 2, 5, 7),), {})
    act(fake.world, migration(), action)
    ((_, _, _, raw, files, _),) = fake.jobs.calls
    for file, content in files.items():
        (tmp_path / file).write_text(content)
    spec = Spec.model_validate(raw)
    copy = "target" if original == "source" else "source"
    read_by = {
        "original": spec.source.connection(tmp_path),
        "copy": spec.target.connection(tmp_path),
    }
    for role, side in (("original", original), ("copy", copy)):
        assert read_by[role].bootstrap_servers == f"{side}:9092"
        assert (read_by[role].password, read_by[role].ca_pem) == (f"pw-kmig-{side}", f"CA {side}\n")
    (task,) = spec.partitions
    assert (task.source_from, task.source_to, task.target_from) == (2, 5, 7)
    assert spec.original == original


def test_a_unit_context_goes_forward_unless_told_otherwise():
    assert isinstance(unit(), UnitContext)
    assert unit().direction == "forward"
