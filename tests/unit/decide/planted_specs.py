"""The objects and values that a planted world is made of: specs, topics, ACLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from kafka_migration.decide.context import MigrationContext, UnitContext
from kafka_migration.model.kafka import (
    Acl,
    Partition,
    PartitionState,
    PatternType,
    Permission,
    ResourceType,
    Topic,
)
from kafka_migration.model.kubernetes import Key, Loaded

NOW = "2030-01-01T10:00:00.000Z"
ROUNDS = 40
TICK_SECONDS = 0.2
PARTITIONS = (Partition("orders", 0), Partition("orders", 1))
SETTINGS = {"super.users": "User:kmig;User:mirror", "replica.lag.time.max.ms": "30000"}
Context = MigrationContext | UnitContext
Spec = TypeVar("Spec", bound=BaseModel)
_PARSED: dict[int, tuple[Any, Any]] = {}


def parsed(raw: Mapping[str, Any], model: type[Spec]) -> Spec:
    """The spec as a model; a dictionary is read once, because a change makes a new one."""
    known = _PARSED.get(id(raw))
    if known is None or known[0] is not raw:
        known = _PARSED[id(raw)] = (raw, model.model_validate(raw))
    found: Spec = known[1]
    return found


def authentication(user: str) -> dict[str, Any]:
    reference = {"secretName": user, "password": "password"}
    return {"authentication": {"type": "plain", "username": user, "passwordSecret": reference}}


def migration_spec(**changes: Any) -> dict[str, Any]:
    tls = {"trustedCertificates": [{"secretName": "ca", "certificate": "ca.crt"}]}
    clusters = {
        side: {"bootstrapServers": f"{side}:9092", "tls": tls, **authentication("kmig")}
        for side in ("source", "target")
    }
    identities = {side: authentication("mirror") for side in ("source", "target")}
    return {
        **clusters,
        "scope": {
            "topics": {"include": ["orders.*"]},
            "consumerGroups": {"include": ["orders"]},
        },
        "targetTopics": {"replicationFactor": 1},
        "replication": {
            "identities": identities,
            "mirrorMaker2": {"version": "4.3"},
            "reverse": "Disabled",
        },
        "cutover": {"throughWave": 20},
        "allowedCutovers": {"namespaces": ["orders"]},
        "desiredStage": "CutOver",
        **changes,
    }


def unit_spec(name: str, role: str, wave: int, **changes: Any) -> dict[str, Any]:
    binding = {"secretName": name, "source": authentication(name), "target": authentication(name)}
    writes = role == "Writer"
    return {
        "migrationRef": {"namespace": "platform", "name": "leave"},
        "owner": {"name": "team"},
        "workloads": [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "role": role}
            | {"binding": binding}
        ],
        "topics": {"writes": ["orders"] if writes else [], "reads": [] if writes else ["orders"]},
        "consumerGroups": [] if writes else [{"name": "orders"}],
        "pauseBudgetSeconds": 60,
        "wave": wave,
        "observation": {"seconds": 0},
        "desiredCluster": "ByWave",
        **changes,
    }


def loaded(kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> Loaded:
    uid = f"{name[:4]:0<4}0000-0000"
    return Loaded(Key(kind, namespace, name), uid, 1, "1", False, (), spec, {})


def topic(name: str, topic_id: str, partitions: int = 2) -> Topic:
    """A topic of one broker."""
    states = {n: PartitionState(1, (1,), (1,)) for n in range(partitions)}
    config = {"max.message.bytes": "1048588", "min.insync.replicas": "1"}
    return Topic(name, topic_id, states, config, frozenset())


def acl(principal: str, operation: str, resource: str = "orders", *, deny: bool = False) -> Acl:
    """A literal ACL on a topic."""
    permission = Permission.DENY if deny else Permission.ALLOW
    kind = ResourceType.TOPIC
    return Acl(kind, resource, PatternType.LITERAL, f"User:{principal}", "*", operation, permission)
