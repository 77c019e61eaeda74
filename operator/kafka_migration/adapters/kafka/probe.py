"""Oversized produce: proves per leader whether a credential may write (protocol 1.10).

Called by `client` and `canary`. Must never write a record, and must never take for proof what
librdkafka answered by itself: the client's own statistics have to show that the request went to
the leader in question, or that this leader refused even the topic's metadata.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from kafka_migration.adapters.kafka.probe_session import Answer, ProbeSession
from kafka_migration.adapters.kafka.rdkafka import KafkaError
from kafka_migration.errors import KmigError, Refused, Unavailable
from kafka_migration.model.kafka import Connection, Partition, Probe, ProbeResult, Topic
from kafka_migration.model.reasons import Reason

OVERSIZE = 65_536  # bytes above the topic's max.message.bytes
MAX_PRODUCE = 1_000_000_000  # the largest message.max.bytes that librdkafka accepts
_PARALLEL = 4  # leaders at a time; each probe holds one oversized value in memory


@dataclass(frozen=True)
class Target:
    """What is probed: one partition of a topic through its leader, with a value of `size`."""

    leader: int
    partition: Partition
    size: int


@dataclass(frozen=True)
class Plan:
    """Targets, and partitions that cannot be probed with the reason why."""

    targets: tuple[Target, ...]
    unknown: tuple[tuple[Partition, str], ...]


def plan(
    partitions: Collection[Partition],
    topics: Mapping[str, Topic],
    settings: Mapping[str, str | None],
) -> Plan:
    """One target per topic and leader. Refused if a broker could not even receive the probe."""
    chosen: dict[tuple[str, int], Target] = {}
    unknown: list[tuple[Partition, str]] = []
    for partition in sorted(set(partitions)):
        topic = topics.get(partition.topic)
        state = topic.partitions.get(partition.number) if topic is not None else None
        if topic is None or state is None:
            unknown.append((partition, "the partition does not exist"))
        elif state.leader < 0:
            unknown.append((partition, "the partition has no leader"))
        elif (partition.topic, state.leader) not in chosen:
            size = _size(topic, settings)
            chosen[partition.topic, state.leader] = Target(state.leader, partition, size)
    return Plan(tuple(chosen.values()), tuple(unknown))


def probe(connection: Connection, principal: str, planned: Plan) -> tuple[Probe, ...]:
    """Carry out a plan with `connection`, leaders in parallel; never raises for a verdict."""
    by_leader: dict[int, list[Target]] = {}
    for target in planned.targets:
        by_leader.setdefault(target.leader, []).append(target)
    probes = [
        Probe(principal, -1, partition, ProbeResult.UNKNOWN, why)
        for partition, why in planned.unknown
    ]
    if by_leader:
        with ThreadPoolExecutor(min(_PARALLEL, len(by_leader))) as pool:
            for found in pool.map(
                lambda targets: _probe_leader(connection, principal, targets), by_leader.values()
            ):
                probes.extend(found)
    return tuple(sorted(probes, key=lambda item: (item.partition, item.leader)))


def verdict(answer: Answer, leader: int) -> tuple[ProbeResult, str]:
    """What an answer proves about `leader`, with the words for a person."""
    if answer.local is not None:
        return ProbeResult.UNKNOWN, f"the client refused to send: {answer.local}"
    meaning = {
        KafkaError.TOPIC_AUTHORIZATION_FAILED: ProbeResult.DENIED,
        KafkaError.MSG_SIZE_TOO_LARGE: ProbeResult.ALLOWED,
    }.get(answer.code)
    if meaning is None:
        return ProbeResult.UNKNOWN, answer.text
    if answer.produced_at == {leader}:
        return meaning, ""
    if answer.produced_at:
        others = ", ".join(str(node) for node in sorted(answer.produced_at))
        return ProbeResult.UNKNOWN, f"answered by broker {others}: the leader moved"
    return ProbeResult.UNKNOWN, f"{answer.text}: answered without asking broker {leader}"


def _probe_leader(connection: Connection, principal: str, targets: Sequence[Target]) -> list[Probe]:
    largest = max(target.size for target in targets)
    probes: list[Probe] = []
    try:
        session = ProbeSession(connection, largest)
        for target in targets:
            answer = session.send(target.partition, target.size)
            result, detail = verdict(answer, target.leader)
            if answer.refused_unsent:
                result, detail = _ask_metadata(connection, target, answer)
            probes.append(Probe(principal, target.leader, target.partition, result, detail))
    except KmigError as error:
        done = {item.partition for item in probes}
        probes.extend(
            Probe(principal, target.leader, target.partition, ProbeResult.UNKNOWN, error.message)
            for target in targets
            if target.partition not in done
        )
    return probes


def _ask_metadata(
    connection: Connection, target: Target, answer: Answer
) -> tuple[ProbeResult, str]:
    """Of a principal without any right on the topic: does this leader refuse its metadata.

    The client then sends no produce request. A fresh client that knows only the leader's address
    asks that leader first; its statistics must not show a metadata request to another broker.
    """
    leader = target.leader
    address = answer.addresses.get(leader)
    if address is None:
        return ProbeResult.UNKNOWN, f"{answer.text}: the address of broker {leader} is not known"
    alone = replace(connection, bootstrap_servers=address)
    again = ProbeSession(alone, target.size).send(target.partition, target.size)
    if again.refused_unsent and again.metadata_at <= {leader}:
        return ProbeResult.DENIED, f"broker {leader} does not even show the topic"
    return verdict(again, leader)


def _size(topic: Topic, settings: Mapping[str, str | None]) -> int:
    limit = topic.config.get("max.message.bytes")
    if limit is None or not limit.isdigit():
        raise Unavailable(
            Reason.UNKNOWN,
            f"max.message.bytes of topic {topic.name} could not be read; grant DescribeConfigs",
        )
    size = int(limit) + OVERSIZE
    largest = settings.get("socket.request.max.bytes")
    known = int(largest) if largest is not None and largest.isdigit() else MAX_PRODUCE
    if size + OVERSIZE > min(known, MAX_PRODUCE):
        raise Refused(
            Reason.NOT_SUPPORTED,
            f"topic {topic.name} takes records of {limit} bytes: a probe beyond that would exceed"
            f" socket.request.max.bytes ({known}) and prove nothing; lower max.message.bytes of"
            " the topic or raise socket.request.max.bytes of the brokers",
        )
    return size
