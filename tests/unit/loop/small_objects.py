"""A small migration and its unit as values: specs, what is loaded, contexts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.model.entries import Entry, EntryKind, Journal
from kafka_migration.model.inventory import FrozenTopic, Inventory, Plan
from kafka_migration.model.kafka import NewTopic, Partition, PartitionState, Topic
from kafka_migration.model.kubernetes import Key, Loaded
from kafka_migration.model.sides import Direction

ORDERS = Partition("orders", 0)
MIGRATION_KEY = Key("KafkaMigration", "platform", "leave")
UNIT_KEY = Key("WorkloadCutover", "orders", "writer")


def authentication(user: str, secret: str) -> dict[str, Any]:
    reference = {"secretName": secret, "password": "password"}
    return {"type": "plain", "username": user, "passwordSecret": reference}


def cluster_spec(side: str) -> dict[str, Any]:
    return {
        "bootstrapServers": f"{side}:9092",
        "authentication": authentication("kmig", f"kmig-{side}"),
        "tls": {"trustedCertificates": [{"secretName": f"{side}-ca", "certificate": "ca.crt"}]},
    }


def migration_spec(**changes: Any) -> dict[str, Any]:
    identities = {
        side: {"authentication": authentication("mirror", f"mirror-{side}")}
        for side in ("source", "target")
    }
    return {
        "source": cluster_spec("source"),
        "target": cluster_spec("target"),
        "scope": {"topics": {"include": ["ord.*"], "exclude": ["orders-private"]}},
        "targetTopics": {"replicationFactor": 1},
        "replication": {
            "identities": identities,
            "mirrorMaker2": {"version": "4.3"},
            "reverse": "Disabled",
        },
        "desiredStage": "Replicating",
        **changes,
    }


def unit_spec() -> dict[str, Any]:
    binding = {
        "secretName": "binding",
        "source": {"authentication": authentication("app", "app-source")},
        "target": {"authentication": authentication("app", "app-target")},
    }
    return {
        "migrationRef": {"namespace": "platform", "name": "leave"},
        "workloads": [{"name": "writer", "role": "Writer", "binding": binding}],
        "topics": {"writes": ["orders"], "reads": ["orders"]},
        "consumerGroups": [{"name": "group"}],
        "pauseBudgetSeconds": 60,
        "wave": 1,
        "desiredCluster": "ByWave",
    }


def loaded(key: Key, uid: str, spec: Mapping[str, Any], status: Any = None) -> Loaded:
    return Loaded(key, uid, 1, "7", False, (), spec, status or {})


def inventory() -> Inventory:
    plan = Plan((NewTopic("orders", 1, 1, {"cleanup.policy": "delete"}),), (), (), ())
    frozen = FrozenTopic("orders", "id", 1, {}, "CreateTime")
    return Inventory("s", "t", {"orders": frozen}, (), (), plan)


def migration(*, frozen: bool = True, spec: Mapping[str, Any] | None = None) -> MigrationContext:
    raw = dict(spec or migration_spec())
    entries = (Entry(EntryKind.INVENTORY_FROZEN, 1, inventory().as_json()),) if frozen else ()
    return MigrationContext(
        loaded(MIGRATION_KEY, "aaaaaaaa-1111", raw),
        KafkaMigrationSpec.model_validate(raw),
        Journal(entries),
    )


def unit(of: MigrationContext | None = None, direction: Direction = "forward") -> UnitContext:
    raw = unit_spec()
    return UnitContext(
        loaded(UNIT_KEY, "bbbbbbbb-2222", raw),
        WorkloadCutoverSpec.model_validate(raw),
        Journal(),
        of or migration(),
        direction=direction,
    )


def topic(name: str, in_sync: int = 1, needed: int = 1) -> Topic:
    state = PartitionState(1, (1,), tuple(range(1, in_sync + 1)))
    return Topic(name, f"id-{name}", {0: state}, {"min.insync.replicas": str(needed)})
