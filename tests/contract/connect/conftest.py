"""A mirror between the sandbox's two Kafkas that has only the rights that the plan gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from tests.contract.connect.mirror_life import PARTITIONS, RECORDS, Life, Stage, live
from tests.contract.connect.records import last_offsets, produce, remove
from tests.contract.connect.running_life import Ground
from tests.contract.namespaces import restricted

from kafka_migration.adapters.kafka import KafkaPool
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.decide.rules import mirror as rules
from kafka_migration.model.kafka import Connection, NewTopic

MIRROR = "kmig-mirror"


@pytest.fixture(scope="package")
def namespace(api: Api) -> Iterator[str]:
    yield from restricted(api)


@pytest.fixture(scope="package")
def admins(sides: Mapping[str, Any]) -> Mapping[str, Connection]:
    return {name: side.connection("admin") for name, side in sides.items()}


@pytest.fixture(scope="package")
def mirrors(sides: Mapping[str, Any], sandbox_env: Mapping[str, str]) -> Mapping[str, Connection]:
    """The mirrors' own connections, as pods reach the Kafkas."""
    return {
        name: replace(
            side.connection(MIRROR),
            bootstrap_servers=sandbox_env[f"KMIG_{name.upper()}_BOOTSTRAP_IN_CLUSTER"],
        )
        for name, side in sides.items()
    }


@pytest.fixture(scope="package")
def stage(api: Api, namespace: str, mirrors: Mapping[str, Connection]) -> Stage:
    uid = uuid4().hex[:8]

    life = Life(topic=f"contract.{uid}", uid=uid)
    return Stage(api, namespace, mirrors["source"], mirrors["target"], life)


@pytest.fixture(scope="package")
def prepared(stage: Stage, admins: Mapping[str, Connection]) -> Iterator[Stage]:
    """Topics on both sides, records at the source, and the mirror's rights."""
    uid, topic = stage.life.uid, stage.life.topic
    pool = KafkaPool()
    source, target = (pool.cluster(admins[side]) for side in ("source", "target"))
    internal = rules.internal_topics(uid, "forward", 1)
    principal = f"User:{MIRROR}"
    rights = (
        rules.reading_acls(principal, {topic}),
        (*rules.writing_acls(principal, {topic}), *rules.runtime_acls(principal, uid, "forward")),
    )
    try:
        for cluster in (source, target):
            # The records carry times of long ago, which the default retention would delete.
            cluster.create_topic(NewTopic(topic, PARTITIONS, 1, {"retention.ms": "-1"}))
        for new in internal:
            target.create_topic(new)
        produce(admins["source"], topic, PARTITIONS, RECORDS)
        source.create_acls(rights[0])
        target.create_acls(rights[1])
        yield stage
    finally:
        source.delete_acls(rights[0])
        target.delete_acls(rights[1])
        remove(admins["source"], [topic])
        remove(admins["target"], [topic, *(new.name for new in internal)])
        pool.close()


@pytest.fixture(scope="package")
def life(prepared: Stage, admins: Mapping[str, Connection]) -> Life:
    """The whole life of the mirror, lived once."""
    pool = KafkaPool()
    try:
        last = last_offsets(admins["source"], prepared.life.topic, PARTITIONS)
        prepared.life.facts["last offsets"] = last
        ground = Ground(admins["source"], pool.cluster(admins["target"]), f"User:{MIRROR}")
        live(prepared, last, ground.meanwhile)
    finally:
        pool.close()
        for what, seconds in prepared.life.seconds.items():
            print(f"{what}: {seconds} s")
    return prepared.life
