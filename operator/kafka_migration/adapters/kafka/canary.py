"""Measures how long a change of ACLs takes to reach every leader, on a topic of the operator.

Called by `client`. Must never touch another topic, nor leave an ACL of its own behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from kafka_migration.adapters.kafka import probe as probing
from kafka_migration.adapters.kafka.acls import create_acls, delete_acls
from kafka_migration.adapters.kafka.admin import Admin
from kafka_migration.adapters.kafka.cluster import read_cluster
from kafka_migration.adapters.kafka.rdkafka import NewTopic
from kafka_migration.adapters.kafka.topics import await_leaders, create, read_topics
from kafka_migration.errors import Invalid, KmigError, Refused, Unavailable
from kafka_migration.model.kafka import (
    Acl,
    Connection,
    Partition,
    PatternType,
    Permission,
    Probe,
    ProbeResult,
    ResourceType,
    Topic,
)
from kafka_migration.model.reasons import Reason

PREFIX = "kmig-canary-"
DEADLINE = 30.0  # seconds for the whole measurement
_PAUSE = 0.02  # seconds between rounds of probes
_CONFIG = {"max.message.bytes": "4096"}  # small probes: the round trip is what is measured


def measure_propagation(admin: Admin, connection: Connection, principal: str, topic: str) -> float:
    """Seconds until a new DENY Write and its deletion are in force at each leader of `topic`.

    `admin` may alter ACLs and topics; `connection` is the principal's own. The larger of the two
    times, from before the ACL call to the end of the probe that proved it. The topic (named
    kmig-canary-...) is created if missing, with one partition per broker where the cluster lets
    us place them; brokers that lead none of its partitions are not measured. Unavailable after
    30 s, with the probe that did not turn.
    """
    if not topic.startswith(PREFIX):
        raise Invalid(
            Reason.INVALID_SPEC, f"{topic} is no canary topic; its name must begin with {PREFIX}"
        )
    planned = _planned(admin, topic)
    allow = _entry(topic, principal, Permission.ALLOW)
    deny = _entry(topic, principal, Permission.DENY)
    round_ = _Round(connection, principal, planned, time.monotonic() + DEADLINE)
    delete_acls(admin, [deny, allow])  # of a measurement that was killed
    try:
        create_acls(admin, [allow])
        round_.until(ProbeResult.ALLOWED)
        began = time.monotonic()
        create_acls(admin, [deny])
        denied = round_.until(ProbeResult.DENIED) - began
        began = time.monotonic()
        delete_acls(admin, [deny])
        allowed = round_.until(ProbeResult.ALLOWED) - began
    finally:
        delete_acls(admin, [deny, allow])
    return max(denied, allowed)


class _Round:
    """Repeated probes of all targets with one deadline."""

    def __init__(
        self, connection: Connection, principal: str, planned: probing.Plan, deadline: float
    ) -> None:
        self._connection = connection
        self._principal = principal
        self._planned = planned
        self._deadline = deadline

    def until(self, wanted: ProbeResult) -> float:
        """Probe until every target gives `wanted`; the monotonic time when the last one did."""
        left = self._planned.targets
        pause = threading.Event()
        while True:
            probes = probing.probe(self._connection, self._principal, probing.Plan(left, ()))
            now = time.monotonic()
            others = [probe for probe in probes if probe.result is not wanted]
            if not others:
                return now
            if now > self._deadline:
                raise _not_turned(wanted, others[0])
            turning = {probe.partition for probe in others}
            left = tuple(target for target in left if target.partition in turning)
            pause.wait(_PAUSE)


def _not_turned(wanted: ProbeResult, probe: Probe) -> Unavailable:
    return Unavailable(
        Reason.NOT_FENCED,
        f"{probe.principal} is {probe.result} {probe.detail} on {probe.partition} at broker"
        f" {probe.leader} and did not become {wanted} within {DEADLINE:.0f} s; check that it is"
        " no super user, that its credential works and that no other ACL decides",
    )


def _planned(admin: Admin, name: str) -> probing.Plan:
    cluster = read_cluster(admin)
    topic = read_topics(admin, [name]).get(name)
    if topic is None:
        topic = _create(admin, name, cluster.brokers)
    partitions = [Partition(name, number) for number in topic.partitions]
    planned = probing.plan(partitions, {name: topic}, cluster.settings)
    if planned.unknown:
        partition, why = planned.unknown[0]
        raise Unavailable(
            Reason.UNKNOWN, f"canary {partition}: {why}; check that all brokers are up"
        )
    return planned


def _create(admin: Admin, name: str, brokers: Collection[int]) -> Topic:
    """One partition on each broker; where placing is not allowed, the cluster's own choice."""
    placed = NewTopic(
        name,
        num_partitions=len(brokers),
        replica_assignment=[[broker] for broker in brokers],
        config=_CONFIG,
    )
    spread = NewTopic(name, num_partitions=3 * len(brokers), config=_CONFIG)
    try:
        count = len(brokers)
        create(admin, placed)
    except KmigError as error:
        if error.reason is not Reason.INVALID_SPEC:
            raise
        count = 3 * len(brokers)
        create(admin, spread)
    await_leaders(admin, name, count)
    topic = read_topics(admin, [name]).get(name)
    if topic is None:
        raise Refused(Reason.TOPIC_MISSING, f"canary topic {name} vanished; do not delete it")
    return topic


def _entry(topic: str, principal: str, permission: Permission) -> Acl:
    return Acl(ResourceType.TOPIC, topic, PatternType.LITERAL, principal, "*", "WRITE", permission)
