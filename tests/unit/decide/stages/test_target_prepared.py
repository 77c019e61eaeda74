"""TargetPrepared: an existing topic is never touched; everything is read back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import before_entry, last_at, stands, visits
from tests.unit.decide.planted import PARTITIONS, Planted, migration_spec, topic

from kafka_migration.model.actions import CreateTopic, EnsureAcls
from kafka_migration.model.entries import EntryKind

AFTER = {"message.timestamp.after.max.ms": "9223372036854775807"}


def equal():
    made = topic("orders", "t-orders")
    return replace(made, config={**made.config, **AFTER})


def adopting(planted: Planted) -> None:
    target = {**migration_spec()["targetTopics"], "existing": "AdoptIfEqual"}
    planted.change("leave", targetTopics=target)


def test_a_topic_that_exists_is_a_conflict_before_anything_is_written():
    planted = before_entry("leave", EntryKind.APPROVED)
    planted.target.topics["orders"] = equal()
    assert stands(planted, "leave") == ("TopicConflict", "True")
    assert not planted.acts


def test_an_equal_topic_can_be_adopted():
    planted = before_entry("leave", EntryKind.APPROVED)
    planted.target.topics["orders"] = equal()
    adopting(planted)
    planted.run(lambda: planted.status("leave")["stage"] == "TargetPrepared")
    made = [a.topic.name for _, a in planted.acts if isinstance(a, CreateTopic)]
    assert made
    assert "orders" not in made


@pytest.mark.parametrize(
    "other",
    [
        topic("orders", "t", partitions=3),
        topic("orders", "t"),
        replace(
            equal(),
            partitions={n: replace(p, replicas=(1, 2)) for n, p in equal().partitions.items()},
        ),
    ],
    ids=["partitions", "configuration", "replication factor"],
)
def test_a_different_topic_cannot_be_adopted(other):
    planted = before_entry("leave", EntryKind.APPROVED)
    planted.target.topics["orders"] = other
    adopting(planted)
    assert stands(planted, "leave") == ("TopicConflict", "True")


def test_a_topic_that_changed_after_it_was_made_is_named_and_not_set_back():
    planted = last_at("leave", "TargetPrepared")
    planted.target.topics["orders"] = topic("orders", "t", partitions=3)
    assert stands(planted, "leave") == ("TopicConflict", "True")
    assert planted.decide("leave")[0].action is None


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_right_that_is_missing_again_is_added_again(side):
    planted = last_at("leave", "TargetPrepared")
    kafka = planted.source if side == "source" else planted.target
    gone = next(a for a in kafka.acls if a.principal == "User:mirror" and a.operation != "WRITE")
    kafka.acls.discard(gone)
    assert planted.decide("leave")[0].action == EnsureAcls(side, (gone,))


def test_the_approval_is_an_entry_before_the_first_write():
    kinds = {
        str(type(v.planted.decide(v.name)[0].action).__name__): EntryKind.APPROVED
        in v.planted.kinds("leave")
        for v in visits()
        if v.name == "leave"
    }
    assert kinds["CreateTopic"]
    assert kinds["EnsureAcls"]


def test_applications_get_no_write_on_the_target_before_their_move():
    planted = last_at("leave", "TargetPrepared")
    writers = {a.principal for a in planted.target.acls if a.operation == "WRITE"}
    assert writers == {"User:mirror"}


def test_a_topic_that_holds_records_cannot_be_adopted():
    """Equal is not enough: the mirror would append to somebody's log."""
    planted = before_entry("leave", EntryKind.APPROVED)
    planted.target.topics["orders"] = equal()
    planted.target.high = dict.fromkeys(PARTITIONS, 4)
    adopting(planted)
    assert stands(planted, "leave") == ("TopicConflict", "True")
    assert not planted.acts
