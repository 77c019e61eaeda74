"""Oversized produce against real brokers: proof per leader, and nothing is ever written."""

from __future__ import annotations

import pytest

from kafka_migration.errors import Invalid, Refused
from kafka_migration.model.kafka import Partition, ProbeResult
from kafka_migration.model.reasons import Reason

WRITER = "orders-writer"
PRINCIPAL = f"User:{WRITER}"


def partitions(topic: str, count: int = 2) -> list[Partition]:
    return [Partition(topic, number) for number in range(count)]


def results(probes) -> set[ProbeResult]:
    return {probe.result for probe in probes}


def test_a_writer_without_deny_is_allowed(side, stage, operator) -> None:
    """MSG_SIZE_TOO_LARGE from every leader, one probe for each."""
    topic = stage.topic()
    stage.grant(stage.acl(WRITER, "WRITE", topic))
    probes = operator.probe_writes(side.connection(WRITER), PRINCIPAL, partitions(topic))
    leaders = {state.leader for state in operator.topics([topic])[topic].partitions.values()}

    assert results(probes) == {ProbeResult.ALLOWED}, probes
    assert sorted(probe.leader for probe in probes) == sorted(leaders)
    assert {probe.principal for probe in probes} == {PRINCIPAL}


def test_a_denied_writer_is_denied_at_every_leader(side, stage, operator) -> None:
    """DENY beats the ALLOW that stays."""
    topic = stage.topic()
    stage.grant(stage.acl(WRITER, "WRITE", topic), stage.acl(WRITER, "WRITE", topic, "DENY"))
    probes = operator.probe_writes(side.connection(WRITER), PRINCIPAL, partitions(topic))

    assert results(probes) == {ProbeResult.DENIED}, probes


def test_a_lifted_deny_is_seen_at_once(side, stage, operator) -> None:
    """No client that remembers a refusal is used again."""
    topic = stage.topic()
    deny = stage.acl(WRITER, "WRITE", topic, "DENY")
    stage.grant(stage.acl(WRITER, "WRITE", topic), deny)
    before = operator.probe_writes(side.connection(WRITER), PRINCIPAL, partitions(topic))
    operator.delete_acls([deny])

    def allowed() -> bool:
        probes = operator.probe_writes(side.connection(WRITER), PRINCIPAL, partitions(topic))
        return results(probes) == {ProbeResult.ALLOWED}

    assert results(before) == {ProbeResult.DENIED}
    stage.until(allowed)


def test_each_topic_has_its_own_verdict(side, stage, operator) -> None:
    """A refusal for one topic does not answer for the next one at the same leader."""
    denied, allowed = stage.topic(), stage.topic()
    stage.grant(
        stage.acl(WRITER, "WRITE", denied),
        stage.acl(WRITER, "WRITE", denied, "DENY"),
        stage.acl(WRITER, "WRITE", allowed),
    )
    probes = operator.probe_writes(
        side.connection(WRITER), PRINCIPAL, partitions(denied) + partitions(allowed)
    )
    by_topic = {probe.partition.topic: probe.result for probe in probes}

    assert by_topic == {denied: ProbeResult.DENIED, allowed: ProbeResult.ALLOWED}


def test_a_principal_without_any_right_is_denied(side, stage, operator) -> None:
    """The leader hides the topic from it; the verdict says so."""
    topic = stage.topic()
    probes = operator.probe_writes(side.connection("intruder"), "User:intruder", partitions(topic))

    assert results(probes) == {ProbeResult.DENIED}, probes
    assert all("does not even show" in probe.detail for probe in probes)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"compression_type": "lz4"},
        {"compression_type": "zstd"},
        {"cleanup_policy": "compact"},
        {"message_timestamp_type": "LogAppendTime"},
        {"max_message_bytes": "5000000"},
    ],
    ids=lambda config: ", ".join(config) or "defaults",
)
def test_probing_writes_nothing(side, stage, operator, config) -> None:
    """Both ends stay where they were, whatever the topic does with records."""
    topic = stage.topic(2, **config)
    stage.write(Partition(topic, 0), 0)
    stage.grant(stage.acl(WRITER, "WRITE", topic))
    before = operator.ends(partitions(topic))
    probes = operator.probe_writes(side.connection(WRITER), PRINCIPAL, partitions(topic))
    after = operator.ends(partitions(topic))

    assert results(probes) == {ProbeResult.ALLOWED}, probes
    assert after == before


def test_a_wrong_password_proves_nothing(side, stage, operator) -> None:
    """UNKNOWN with the reason; a probe is a verdict, not an exception."""
    topic = stage.topic()
    probes = operator.probe_writes(side.wrong_password(WRITER), PRINCIPAL, partitions(topic))

    assert results(probes) == {ProbeResult.UNKNOWN}
    assert all("password" in probe.detail for probe in probes)
    assert all("certainly-not-it" not in probe.detail for probe in probes)


def test_a_missing_partition_is_unknown(side, stage, operator) -> None:
    """Beside one that is proven."""
    topic = stage.topic(1)
    stage.grant(stage.acl(WRITER, "WRITE", topic))
    probes = operator.probe_writes(
        side.connection(WRITER), PRINCIPAL, [Partition(topic, 0), Partition(topic, 5)]
    )
    by_number = {probe.partition.number: probe.result for probe in probes}

    assert by_number == {0: ProbeResult.ALLOWED, 5: ProbeResult.UNKNOWN}


def test_a_probe_beyond_the_brokers_request_limit_is_refused_by_name(side, stage, operator) -> None:
    """The broker would close the connection, which proves nothing."""
    topic = stage.topic(1, max_message_bytes="104857600")
    with pytest.raises(Refused) as caught:
        operator.probe_writes(side.connection(WRITER), PRINCIPAL, partitions(topic, 1))

    assert caught.value.reason is Reason.NOT_SUPPORTED
    assert topic in caught.value.message
    assert "socket.request.max.bytes" in caught.value.message


def test_propagation_is_measured_and_leaves_no_entry(side, stage, operator) -> None:
    """A figure of this machine's order, and again on the topic that exists by then."""
    canary = stage.will_have(f"kmig-canary-{stage.name}")
    connection = side.connection(WRITER)
    seconds = [operator.measure_propagation(connection, PRINCIPAL, canary) for _ in range(2)]

    assert all(0 < value < 10 for value in seconds), seconds
    stage.until(lambda: not [acl for acl in operator.acls() if acl.resource == canary])
    assert operator.ends([Partition(canary, 0)]).high == {Partition(canary, 0): 0}


def test_propagation_is_measured_on_canary_topics_only(side, stage, operator) -> None:
    """An application's topic is never denied for a measurement."""
    with pytest.raises(Invalid):
        operator.measure_propagation(side.connection(WRITER), PRINCIPAL, stage.topic())
