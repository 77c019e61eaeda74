"""Topics as the cluster tells them, and their creation."""

from __future__ import annotations

import pytest

from kafka_migration.adapters.kafka import KafkaCluster
from kafka_migration.errors import Invalid, Refused
from kafka_migration.model.kafka import NewTopic
from kafka_migration.model.reasons import Reason


def test_a_topic_tells_partitions_values_and_what_was_set_on_it(stage, operator) -> None:
    """Effective values include defaults; overrides are only what the topic itself sets."""
    name = stage.topic(3, compression_type="lz4", retention_ms="3600000")
    topic = operator.topics([name])[name]

    assert set(topic.partitions) == {0, 1, 2}
    assert all(state.leader in state.in_sync for state in topic.partitions.values())
    assert topic.config["compression.type"] == "lz4"
    assert topic.config["max.message.bytes"] == "1048588"
    assert topic.overrides == {"compression.type", "retention.ms"}


def test_an_absent_topic_is_left_out(stage, operator) -> None:
    """Beside one that exists."""
    name = stage.topic()

    assert set(operator.topics([name, f"{stage.name}-absent"])) == {name}


def test_all_topics_are_listed_without_internal_ones(stage, operator) -> None:
    """A commit makes sure that an internal topic exists."""
    name = stage.topic()
    operator.commit(stage.group(), {})
    listed = operator.topics()

    assert name in listed
    assert not [other for other in listed if other.startswith("__")]


def test_a_recreated_topic_has_another_id(stage, operator) -> None:
    """In Kafka's own spelling: 22 characters that fit a URL."""
    name = stage.topic()
    before = operator.topics([name])[name].topic_id
    stage.delete_topic(name)
    operator.create_topic(NewTopic(name, 2, 1))
    after = operator.topics([name])[name].topic_id

    assert before != after
    assert len(after) == 22
    assert not set(after) & set("+/=")


def test_a_created_topic_is_visible_with_its_values(stage, operator) -> None:
    """Creation by the operator's own principal, read back at once."""
    name = stage.will_have(f"{stage.name}-new")
    operator.create_topic(NewTopic(name, 4, 1, {"cleanup.policy": "compact"}))
    topic = operator.topics([name])[name]

    assert len(topic.partitions) == 4
    assert topic.config["cleanup.policy"] == "compact"


def test_creating_an_existing_topic_is_refused(stage, operator) -> None:
    """TopicConflict: the caller compares instead."""
    name = stage.topic()
    with pytest.raises(Refused) as caught:
        operator.create_topic(NewTopic(name, 2, 1))

    assert caught.value.reason is Reason.TOPIC_CONFLICT


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param(NewTopic("{}", 1, 99), id="more replicas than brokers"),
        pytest.param(NewTopic("{}", 1, 1, {"no.such.setting": "1"}), id="unknown setting"),
    ],
)
def test_a_topic_that_cannot_be_is_invalid(stage, operator, topic) -> None:
    """The specification has to change."""
    name = stage.will_have(f"{stage.name}-never")
    wrong = NewTopic(name, topic.partitions, topic.replication_factor, topic.config)
    with pytest.raises(Invalid):
        operator.create_topic(wrong)


def test_a_topic_that_we_may_not_see_raises(side, stage) -> None:
    """It is not called absent."""
    name = stage.topic()
    with pytest.raises(Refused) as caught:
        KafkaCluster(side.connection("intruder")).topics([name])

    assert caught.value.reason is Reason.NOT_AUTHORIZED
