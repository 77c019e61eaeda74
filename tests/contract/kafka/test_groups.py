"""Consumer groups and committed offsets."""

from __future__ import annotations

import pytest
from confluent_kafka import TopicPartition

from kafka_migration.adapters.kafka import KafkaCluster
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.kafka import Commit, Partition
from kafka_migration.model.reasons import Reason


def test_a_commit_makes_an_empty_group(stage, operator) -> None:
    """Offsets and metadata are read back as written; other partitions have none."""
    topic, group = stage.topic(3), stage.group()
    operator.commit(group, {Partition(topic, 0): 0, Partition(topic, 2): Commit(7, "note")})

    assert operator.commits(group) == {
        Partition(topic, 0): Commit(0),
        Partition(topic, 2): Commit(7, "note"),
    }
    assert operator.groups([group])[group].state == "EMPTY"


def test_named_partitions_without_a_commit_are_left_out(stage, operator) -> None:
    """Beside one that has a commit."""
    topic, group = stage.topic(), stage.group()
    first, second = Partition(topic, 0), Partition(topic, 1)
    operator.commit(group, {first: 5})

    assert operator.commits(group, [first, second]) == {first: Commit(5)}


def test_a_commit_replaces_the_one_before(stage, operator) -> None:
    """Also when it is lower."""
    topic, group = stage.topic(), stage.group()
    partition = Partition(topic, 0)
    operator.commit(group, {partition: 9})
    operator.commit(group, {partition: 4})

    assert operator.commits(group) == {partition: Commit(4)}


def test_an_absent_group_is_left_out_and_has_no_commits(stage, operator) -> None:
    """Brokers call it dead; we call it absent."""
    group = f"{stage.name}-nobody"

    assert operator.groups([group]) == {}
    assert operator.commits(group) == {}


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_an_active_group_shows_its_members_and_refuses_commits(stage, operator, protocol) -> None:
    """With both rebalance protocols, and is empty once its member left."""
    topic, group = stage.topic(), stage.group()
    member = stage.member(group, topic, group_protocol=protocol)

    active = operator.groups([group])[group]
    with pytest.raises(Refused) as caught:
        operator.commit(group, {Partition(topic, 0): 0})
    member.close()

    assert active.state == "STABLE"
    assert len(active.members) == 1
    assert caught.value.reason is Reason.GROUP_NOT_EMPTY
    stage.until(lambda: operator.groups([group])[group].state == "EMPTY")
    operator.commit(group, {Partition(topic, 0): 0})


def test_all_groups_are_listed(stage, operator) -> None:
    """Without naming them."""
    topic, group = stage.topic(), stage.group()
    operator.commit(group, {Partition(topic, 0): 1})

    assert group in operator.groups()


def test_listing_groups_without_the_right_is_refused_not_empty(side) -> None:
    """Brokers filter the list silently."""
    with pytest.raises(Refused) as caught:
        KafkaCluster(side.connection("intruder")).groups()

    assert caught.value.reason is Reason.NOT_AUTHORIZED


def test_commits_that_we_may_not_read_raise(side, stage, operator) -> None:
    """They are not called absent."""
    topic, group = stage.topic(), stage.group()
    operator.commit(group, {Partition(topic, 0): 1})
    with pytest.raises(Refused) as caught:
        KafkaCluster(side.connection("intruder")).commits(group)

    assert caught.value.reason is Reason.NOT_AUTHORIZED


def test_an_offset_inside_an_open_transaction_is_unknown(stage, operator) -> None:
    """The partition is named; once the transaction ended its offset is read."""
    topic, group = stage.topic(), stage.group()
    partition = Partition(topic, 0)
    consumer = stage.member(group, topic)
    producer = stage.open_transaction(partition, 1)
    pending = [TopicPartition(topic, 0, 3)]
    producer.send_offsets_to_transaction(pending, consumer.consumer_group_metadata(), 10)

    with pytest.raises(Unavailable) as caught:
        operator.commits(group, [partition, Partition(topic, 1)])
    producer.commit_transaction(10)
    consumer.close()

    assert caught.value.reason is Reason.OPEN_TRANSACTION
    assert str(partition) in caught.value.message
    stage.until(lambda: _read_or_none(operator, group, partition) == Commit(3))


def _read_or_none(operator, group, partition):
    """The commit; None while the transaction's marker is still being written."""
    try:
        return operator.commits(group, [partition]).get(partition)
    except Unavailable:
        return None


def test_a_commit_for_a_missing_topic_is_refused(stage, operator) -> None:
    """With the partition's name."""
    with pytest.raises(Refused) as caught:
        operator.commit(stage.group(), {Partition(f"{stage.name}-absent", 0): 0})

    assert caught.value.reason is Reason.TOPIC_MISSING


def test_a_deleted_group_is_gone_with_its_offsets_and_may_be_deleted_again(stage, operator) -> None:
    """As Preflight does for its throw-away group, with the operator's own rights."""
    topic, group = stage.topic(), stage.group()
    operator.commit(group, {Partition(topic, 0): 0})
    assert operator.commits(group, [Partition(topic, 0)]) == {Partition(topic, 0): Commit(0)}
    operator.delete_group(group)
    assert operator.groups([group]) == {}
    assert operator.commits(group) == {}
    operator.delete_group(group)


def test_a_group_with_members_is_not_deleted(stage, operator) -> None:
    topic, group = stage.topic(), stage.group()
    member = stage.member(group, topic)
    with pytest.raises(Refused) as caught:
        operator.delete_group(group)
    assert caught.value.reason is Reason.GROUP_NOT_EMPTY
    member.close()


def test_a_principal_without_rights_may_neither_commit_nor_delete(side, stage) -> None:
    """Preflight names this before anything is stopped."""
    stranger = KafkaCluster(side.connection("intruder"))
    topic, group = stage.topic(), stage.group()
    for call in (
        lambda: stranger.commit(group, {Partition(topic, 0): 0}),
        lambda: stranger.delete_group(group),
    ):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.reason is Reason.NOT_AUTHORIZED
    stranger.close()


def test_a_static_member_is_named_and_holds_its_group_until_its_session_ends(
    stage, operator
) -> None:
    """Why Preflight asks for the session timeout: a clean close does not end the membership."""
    topic, group = stage.topic(), stage.group()
    static = {"group_instance_id": "reader-0", "session_timeout_ms": 6000}
    stage.member(group, topic, **static).close()
    assert operator.groups([group])[group].static_members == ("reader-0",)
    stage.until(lambda: operator.groups([group])[group].members == ())


def test_a_member_that_closes_leaves_its_group_at_once(stage, operator) -> None:
    topic, group = stage.topic(), stage.group()
    stage.member(group, topic).close()
    assert operator.groups([group])[group].members == ()
