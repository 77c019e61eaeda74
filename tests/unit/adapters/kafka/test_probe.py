"""Which partitions are probed, and what an answer proves."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from kafka_migration.adapters.kafka.probe import OVERSIZE, Target, plan, verdict
from kafka_migration.adapters.kafka.probe_session import Answer
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.kafka import Partition, PartitionState, ProbeResult, Topic
from kafka_migration.model.reasons import Reason

SETTINGS = {"socket.request.max.bytes": "104857600"}
LEADER = 2


def topic(name: str, *leaders: int, limit: str | None = "1000000") -> Topic:
    config = {} if limit is None else {"max.message.bytes": limit}
    partitions = {
        number: PartitionState(leader, (leader,), (leader,))
        for number, leader in enumerate(leaders)
    }
    return Topic(name, "id", partitions, config)


def planned(*topics: Topic, settings=SETTINGS):
    partitions = [Partition(item.name, number) for item in topics for number in item.partitions]
    return plan(partitions, {item.name: item for item in topics}, settings)


def test_each_leader_of_each_topic_is_probed_once() -> None:
    """Through its first partition there."""
    targets = planned(topic("a", 1, 2, 1), topic("b", 2)).targets

    assert [(item.partition, item.leader) for item in targets] == [
        (Partition("a", 0), 1),
        (Partition("a", 1), 2),
        (Partition("b", 0), 2),
    ]


def test_the_value_is_larger_than_the_topics_limit() -> None:
    """By the fixed margin, with the limit of each topic."""
    sizes = {
        item.partition.topic: item.size
        for item in planned(topic("a", 1), topic("b", 1, limit="5000")).targets
    }

    assert sizes == {"a": 1_000_000 + OVERSIZE, "b": 5_000 + OVERSIZE}


def test_a_partition_without_leader_is_unknown_not_left_out() -> None:
    """The others are probed."""
    found = planned(topic("a", -1, 3))

    assert [item.partition for item in found.targets] == [Partition("a", 1)]
    assert found.unknown == ((Partition("a", 0), "the partition has no leader"),)


def test_what_does_not_exist_is_unknown() -> None:
    """A missing topic and a missing partition."""
    found = plan([Partition("a", 9), Partition("gone", 0)], {"a": topic("a", 1)}, SETTINGS)

    assert found.targets == ()
    assert {partition for partition, _ in found.unknown} == {
        Partition("a", 9),
        Partition("gone", 0),
    }


def test_a_probe_beyond_the_brokers_request_limit_is_refused() -> None:
    """By the topic's name."""
    with pytest.raises(Refused, match="topic big") as caught:
        planned(topic("big", 1, limit="104857600"))

    assert caught.value.reason is Reason.NOT_SUPPORTED


@pytest.mark.parametrize("hidden", [{}, {"socket.request.max.bytes": None}])
def test_an_unreadable_request_limit_leaves_librdkafkas_own(hidden) -> None:
    """A broker that closes the connection then answers UNKNOWN, never a false proof."""
    assert planned(topic("big", 1, limit="104857600"), settings=hidden).targets
    with pytest.raises(Refused):
        planned(topic("huge", 1, limit="2147483647"), settings=hidden)


def test_an_unreadable_topic_limit_is_unavailable() -> None:
    """Without it no value is known to be too large."""
    with pytest.raises(Unavailable):
        planned(topic("a", 1, limit=None))


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        pytest.param(
            Answer(KafkaError.TOPIC_AUTHORIZATION_FAILED, produced_at=frozenset({LEADER})),
            ProbeResult.DENIED,
            id="the leader refused",
        ),
        pytest.param(
            Answer(KafkaError.MSG_SIZE_TOO_LARGE, produced_at=frozenset({LEADER})),
            ProbeResult.ALLOWED,
            id="the leader would have taken a smaller one",
        ),
        pytest.param(
            Answer(KafkaError.TOPIC_AUTHORIZATION_FAILED),
            ProbeResult.UNKNOWN,
            id="the client refused from memory",
        ),
        pytest.param(
            Answer(KafkaError.MSG_SIZE_TOO_LARGE),
            ProbeResult.UNKNOWN,
            id="the client found the record too large",
        ),
        pytest.param(
            Answer(KafkaError.TOPIC_AUTHORIZATION_FAILED, produced_at=frozenset({7})),
            ProbeResult.UNKNOWN,
            id="another broker refused",
        ),
        pytest.param(
            Answer(KafkaError.MSG_SIZE_TOO_LARGE, produced_at=frozenset({LEADER, 7})),
            ProbeResult.UNKNOWN,
            id="two brokers were asked",
        ),
        pytest.param(
            Answer(KafkaError._MSG_TIMED_OUT, produced_at=frozenset({LEADER})),
            ProbeResult.UNKNOWN,
            id="no answer",
        ),
        pytest.param(
            Answer(KafkaError.INVALID_RECORD, produced_at=frozenset({LEADER})),
            ProbeResult.UNKNOWN,
            id="a third code",
        ),
        pytest.param(
            Answer(KafkaError.NO_ERROR, produced_at=frozenset({LEADER})),
            ProbeResult.UNKNOWN,
            id="the record was taken",
        ),
        pytest.param(
            Answer(local="Local: Message size too large"),
            ProbeResult.UNKNOWN,
            id="produce() raised",
        ),
    ],
)
def test_only_two_codes_from_the_leader_itself_prove_anything(answer, result) -> None:
    """Protocol 1.10."""
    assert verdict(answer, LEADER)[0] is result


def test_targets_with_different_verdicts_stay_apart() -> None:
    """Partition 0 denied and partition 1 allowed is two answers, never one."""
    targets = planned(topic("a", 1, 2)).targets
    answers = {
        1: Answer(KafkaError.TOPIC_AUTHORIZATION_FAILED, produced_at=frozenset({1})),
        2: Answer(KafkaError.MSG_SIZE_TOO_LARGE, produced_at=frozenset({2})),
    }

    def answered(target: Target) -> ProbeResult:
        return verdict(answers[target.leader], target.leader)[0]

    assert [answered(target) for target in targets] == [ProbeResult.DENIED, ProbeResult.ALLOWED]
