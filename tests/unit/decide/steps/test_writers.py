"""What one unit would leave behind, and who could write past its fence, is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import before_entry, last_at, stands
from tests.unit.decide.planted import Planted, loaded, topic, unit_spec

from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Commit, Partition


def another(planted: Planted, **changes) -> None:
    """A second unit in the same namespace."""
    spec = unit_spec("other", "Reader", 30) | changes
    planted.objects["other"] = loaded("WorkloadCutover", "orders", "other", spec)


def shared_workload(planted: Planted) -> None:
    another(planted, workloads=unit_spec("writer", "Writer", 10)["workloads"], consumerGroups=[])


def three_partitions_on_both_sides(planted: Planted) -> None:
    for kafka, topic_id in ((planted.source, "s-1"), (planted.target, "t-orders")):
        kafka.topics["orders"] = topic("orders", topic_id, 3)


@pytest.mark.parametrize(
    ("disturb", "reason"),
    [
        (lambda p: p.source.settings.update({"super.users": "User:root"}), "WriterNotCovered"),
        (lambda p: p.target.settings.update({"super.users": "User:root"}), "WriterNotCovered"),
        (lambda p: p.change("writer", fence={"extraPrincipals": ["User:*"]}), "InvalidSpec"),
        (three_partitions_on_both_sides, "TopicConflict"),
        (shared_workload, "UnitOverlap"),
    ],
)
def test_the_writer_does_not_move(disturb, reason):
    planted = last_at("writer", "Preflight")
    disturb(planted)
    assert stands(planted, "writer") == (reason, "True")


def test_a_group_that_also_reads_other_topics_does_not_move():
    """It would begin there wherever auto.offset.reset says (protocol 4.5)."""
    planted = last_at("reader", "Preflight")
    planted.source.commits["orders"][Partition("payments", 0)] = Commit(7)
    assert stands(planted, "reader") == ("TopicNotInScope", "True")
    known = {"problem": "TopicNotInScope", "subject": "group/orders", "reason": "an old topic"}
    planted.change("reader", acknowledgements=[known])
    planted.approve_again()
    assert planted.decide("reader")[0].moved


def test_a_reader_names_its_topics():
    planted = last_at("reader", "Preflight")
    planted.change("reader", topics={"writes": [], "reads": []})
    assert stands(planted, "reader") == ("InvalidSpec", "True")


@pytest.mark.parametrize("kind", [EntryKind.CAUGHT_UP, EntryKind.SWITCH])
def test_a_partition_added_behind_the_fence_backs_out(kind):
    """Nobody read its end, nobody compared it."""
    planted = before_entry("writer", kind)
    old = planted.source.topics["orders"]
    states = {**old.partitions, 2: old.partitions[0]}
    planted.source.topics["orders"] = replace(old, partitions=states)
    entry = planted.decide("writer")[0].entry
    assert entry is not None
    assert (entry.kind, entry.data["reason"]) == (EntryKind.BACK_OUT, "TopicConflict")
