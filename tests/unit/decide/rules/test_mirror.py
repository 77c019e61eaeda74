"""What the mirrors need on the clusters: their topics and the least rights, in both directions."""

from __future__ import annotations

import pytest

from kafka_migration.decide.rules import mirror
from kafka_migration.model.kafka import PatternType, ResourceType
from kafka_migration.model.sides import Direction

DIRECTIONS: tuple[Direction, ...] = ("forward", "reverse")


@pytest.mark.parametrize(("direction", "syncs"), [("forward", "s"), ("reverse", "t")])
def test_internal_topics_keep_what_they_must_keep(direction: Direction, syncs: str) -> None:
    made = mirror.internal_topics("1a2b3c4d", direction, 3)
    topics = {topic.name: topic for topic in made}
    history = topics[f"mm2-offset-syncs.{syncs}1a2b3c4d.internal"]
    assert history.config["cleanup.policy"] == "delete"
    assert history.config["retention.ms"] == "-1"
    config = topics[f"kmig-1a2b3c4d-{direction}-config"]
    assert (config.partitions, config.config) == (1, {"cleanup.policy": "compact"})
    assert {topic.replication_factor for topic in topics.values()} == {3}


def test_the_two_directions_share_no_topic_and_no_right() -> None:
    """Both may have one principal on one cluster: neither's right opens the other's things."""
    topics = [{t.name for t in mirror.internal_topics("1a2b3c4d", d, 1)} for d in DIRECTIONS]
    rights = [set(mirror.runtime_acls("User:m", "1a2b3c4d", d)) for d in DIRECTIONS]
    assert not topics[0] & topics[1]
    assert not rights[0] & rights[1]
    prefixed = [next(a for a in r if a.pattern is PatternType.PREFIXED).resource for r in rights]
    assert not prefixed[0].startswith(prefixed[1])
    assert not prefixed[1].startswith(prefixed[0])


def test_a_mirror_reads_and_writes_topics_by_literal_name() -> None:
    for rights, operation in (
        (mirror.reading_acls("User:m", {"orders"}), "READ"),
        (mirror.writing_acls("User:m", {"orders"}), "WRITE"),
        (mirror.reverse_write_acls("User:m", {"orders"}), "WRITE"),
    ):
        assert [(a.resource, a.operation, a.principal, a.pattern) for a in rights] == [
            ("orders", operation, "User:m", PatternType.LITERAL)
        ]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_runs_a_mirror_writes_no_topic_in_scope(direction: Direction) -> None:
    rights = mirror.runtime_acls("User:m", "1a2b3c4d", direction)
    own = {topic.name for topic in mirror.internal_topics("1a2b3c4d", direction, 1)}
    assert {a.resource for a in rights if a.resource_type is ResourceType.TOPIC} == own
    assert [(a.resource_type, a.resource) for a in rights if a.pattern is PatternType.PREFIXED] == [
        (ResourceType.TRANSACTIONAL_ID, f"kmig-1a2b3c4d-{direction}-")
    ]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_mirror_gets_no_right_on_the_cluster_or_on_every_topic(direction: Direction) -> None:
    every = (
        *mirror.reading_acls("User:a", {"orders"}),
        *mirror.writing_acls("User:a", {"orders"}),
        *mirror.runtime_acls("User:a", "1a2b3c4d", direction),
    )
    for acl in every:
        assert acl.resource_type is not ResourceType.CLUSTER
        assert acl.resource != "*"
