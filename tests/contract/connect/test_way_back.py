"""Reverse workers and a reverse mirror with exactly the planned rights: what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from tests.contract.connect.conftest import MIRROR
from tests.contract.connect.mirror_life import Life, Stage
from tests.contract.connect.records import consume, remove
from tests.contract.connect.return_life import (
    MIRRORED,
    MIRRORED_PARTITIONS,
    PARTITIONS,
    WRITTEN,
    Clusters,
    live_back,
)

from kafka_migration.adapters.kafka import KafkaPool
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.decide.rules import acls
from kafka_migration.decide.rules import mirror as rules
from kafka_migration.model.kafka import Connection, NewTopic, Partition

PRINCIPAL = f"User:{MIRROR}"


@pytest.fixture(scope="module")
def back(
    api: Api,
    namespace: str,
    mirrors: Mapping[str, Connection],
    sides: Mapping[str, Any],
    admins: Mapping[str, Connection],
) -> Iterator[Life]:
    """The whole way back, gone once; the DENY stands before any ALLOW (protocol 3.1)."""
    uid = uuid4().hex[:8]
    life = Life(topic=f"contract.{uid}", uid=uid)
    stage = Stage(api, namespace, mirrors["source"], mirrors["target"], life, "reverse")
    pool = KafkaPool()
    source, target = (pool.cluster(admins[side]) for side in ("source", "target"))
    internal = rules.internal_topics(uid, "reverse", 1)
    denies = acls.deny_write([life.topic], [PRINCIPAL])
    on_source = (
        *rules.runtime_acls(PRINCIPAL, uid, "reverse"),
        *rules.reverse_write_acls(PRINCIPAL, {life.topic}),
    )
    on_target = rules.reading_acls(PRINCIPAL, {life.topic})
    own = sides["source"].connection(MIRROR)
    try:
        for cluster in (source, target):
            cluster.create_topic(NewTopic(life.topic, PARTITIONS, 1, {"retention.ms": "-1"}))
        for new in internal:
            source.create_topic(new)
        source.create_acls(denies)
        assert set(denies) <= set(source.acls())
        source.create_acls(on_source)
        target.create_acls(on_target)
        live_back(stage, Clusters(source, target, admins, own, PRINCIPAL))
        yield life
    finally:
        for what, seconds in life.seconds.items():
            print(f"{what}: {seconds} s")
        source.delete_acls((*denies, *on_source))
        target.delete_acls(on_target)
        remove(admins["source"], [life.topic, *(new.name for new in internal)])
        remove(admins["target"], [life.topic])
        pool.close()


def test_a_reverse_mirror_is_armed_before_it_runs(back: Life) -> None:
    """GET = T-1 key for key; a partition that was empty has no key (protocol 3.8)."""
    assert back.facts["offsets at creation"].offsets == {}
    empty = Partition(back.topic, PARTITIONS - 1)
    assert back.facts["T"][empty] == 0
    assert back.patched == {p: end - 1 for p, end in back.facts["T"].items() if p != empty}
    assert back.facts["read back"].offsets == back.patched
    assert back.facts["read back"].foreign == ()


def test_the_mirror_is_refused_at_each_leader_until_it_is_freed(back: Life) -> None:
    assert back.facts["denied"]
    assert back.facts["freed"]
    assert back.facts["probes wrote nothing"]


def test_what_was_written_on_the_target_after_t_comes_back_once_and_in_order(back: Life) -> None:
    """None of the mirrored ones, nothing of the aborted transaction; also into the empty one."""
    before, source, target = (back.facts[what] for what in ("before", "source", "target"))
    assert source == target
    for number in range(PARTITIONS):
        assert source[number][: len(before[number])] == before[number]
    assert sum(map(len, before.values())) == MIRRORED * 4 // 5
    returned = sum(map(len, source.values())) - sum(map(len, before.values()))
    assert returned == WRITTEN * 4 // 5
    assert before[MIRRORED_PARTITIONS] == []
    assert source[MIRRORED_PARTITIONS]


def test_its_stored_offsets_are_those_of_the_last_records_and_outlive_the_fence(
    back: Life,
) -> None:
    assert back.facts["running"].state == "RUNNING"
    assert back.facts["C"].offsets.keys() == back.facts["T"].keys()
    assert back.facts["C after the fence"] == back.facts["C"]


def test_its_syncs_stand_on_the_source_under_the_targets_alias(
    back: Life, admins: Mapping[str, Connection]
) -> None:
    syncs = consume(admins["source"], f"mm2-offset-syncs.t{back.uid}.internal", 1)
    assert len(syncs[0]) >= PARTITIONS
