"""What MirrorMaker 2 is told in each direction: where it reads, where it writes, who reaches it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.loop.fake_world import inventory, migration, migration_spec

from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.kafka import Connection, NewTopic
from kafka_migration.wiring import MirrorMaker2
from kafka_migration.world import MirrorOrder, WorkersOrder

SOURCE = Connection("source:9092", "PLAIN", "reads", "pw-source", "CA source")
TARGET = Connection("target:9092", "PLAIN", "writes", "pw-target", "CA target")


@pytest.mark.parametrize(
    ("direction", "attached", "jaas"),
    [("forward", "target:9092", "writes"), ("reverse", "source:9092", "reads")],
)
def test_workers_attach_to_the_cluster_that_their_direction_ends_at(direction, attached, jaas):
    """The data producer is the worker's: it writes to the worker's own bootstrap servers."""
    import base64

    order = WorkersOrder(direction, migration(), "kafka:test", SOURCE, TARGET, "rest", "decided")
    built = {m["kind"]: m for m in MirrorMaker2("kmig-system").workers(order)}
    properties = built["ConfigMap"]["data"]["worker.properties"].splitlines()
    assert f"bootstrap.servers={attached}" in properties
    assert f"producer.bootstrap.servers={attached}" in properties
    assert f"group.id=kmig-aaaaaaaa-{direction}" in properties
    files = {k: base64.b64decode(v).decode() for k, v in built["Secret"]["data"].items()}
    assert f'username="{jaas}"' in files["target.jaas"]
    assert f'username="{jaas}"' not in files["source.jaas"]
    assert {m["metadata"]["name"] for m in built.values()} == {f"kmig-aaaaaaaa-{direction}"}


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_only_the_operators_namespace_reaches_the_workers_rest_interface(direction):
    order = WorkersOrder(direction, migration(), "kafka:test", SOURCE, TARGET, "rest", "decided")
    built = {m["kind"]: m for m in MirrorMaker2("of-the-operator").workers(order)}
    spec = built["NetworkPolicy"]["spec"]
    (rule,) = spec["ingress"]
    allowed = [peer.get("namespaceSelector", {}).get("matchLabels") for peer in rule["from"]]
    assert {"kubernetes.io/metadata.name": "of-the-operator"} in allowed
    instance = {"app.kubernetes.io/instance": f"kmig-aaaaaaaa-{direction}"}
    assert instance.items() <= spec["podSelector"]["matchLabels"].items()


@pytest.mark.parametrize(("direction", "replicas"), [("forward", "2"), ("reverse", "3")])
def test_replicas_are_those_of_the_cluster_that_the_direction_ends_at(direction, replicas):
    frozen = inventory()
    plan = replace(frozen.plan, source_internal_topics=(NewTopic("syncs", 1, 3),))
    entry = Entry(EntryKind.INVENTORY_FROZEN, 1, replace(frozen, plan=plan).as_json())
    raw = migration_spec(targetTopics={"replicationFactor": 2})
    context = replace(migration(spec=raw), journal=Journal((entry,)))
    config = MirrorMaker2("kmig-system").mirror(
        MirrorOrder(direction, context, "m", ("orders",), SOURCE, TARGET)
    )
    assert config["offset-syncs.topic.replication.factor"] == replicas


@pytest.mark.parametrize(
    ("direction", "read_from", "aliases"),
    [
        ("forward", ("source:9092", "target:9092"), ("saaaaaaaa", "taaaaaaaa")),
        ("reverse", ("target:9092", "source:9092"), ("taaaaaaaa", "saaaaaaaa")),
    ],
)
def test_a_mirror_reads_what_its_direction_leaves(direction, read_from, aliases):
    order = MirrorOrder(direction, migration(), "m", ("orders",), SOURCE, TARGET)
    config = MirrorMaker2("kmig-system").mirror(order)
    ends = ("source", "target")
    assert tuple(config[f"{e}.cluster.bootstrap.servers"] for e in ends) == read_from
    assert tuple(config[f"{e}.cluster.alias"] for e in ends) == aliases
    assert config["offset-syncs.topic.location"] == "target"
