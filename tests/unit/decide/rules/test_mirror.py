"""What the mirrors need on the clusters: their topics and the least rights."""

from __future__ import annotations

from kafka_migration.decide.rules import mirror
from kafka_migration.model.kafka import PatternType, ResourceType


def test_internal_topics_keep_what_they_must_keep() -> None:
    topics = {topic.name: topic for topic in mirror.internal_topics("1a2b3c4d", 3)}
    syncs = topics["mm2-offset-syncs.s1a2b3c4d.internal"]
    assert syncs.config["cleanup.policy"] == "delete"
    assert syncs.config["retention.ms"] == "-1"
    config = topics["kmig-1a2b3c4d-forward-config"]
    assert (config.partitions, config.config) == (1, {"cleanup.policy": "compact"})
    assert {topic.replication_factor for topic in topics.values()} == {3}


def test_the_mirror_may_read_at_its_source_and_write_literal_topics_at_its_target() -> None:
    source = mirror.source_acls("User:from", {"orders"})
    target = mirror.target_acls("User:to", {"orders"}, "1a2b3c4d")
    assert [(acl.resource, acl.operation, acl.principal) for acl in source] == [
        ("orders", "READ", "User:from")
    ]
    moved = [acl for acl in target if acl.resource == "orders"]
    assert [(acl.operation, acl.pattern, acl.principal) for acl in moved] == [
        ("WRITE", PatternType.LITERAL, "User:to")
    ]
    prefixed = [acl for acl in target if acl.pattern is PatternType.PREFIXED]
    assert [(acl.resource_type, acl.resource) for acl in prefixed] == [
        (ResourceType.TRANSACTIONAL_ID, "kmig-1a2b3c4d-forward-")
    ]


def test_the_mirror_gets_no_right_on_the_cluster_or_on_every_topic() -> None:
    source = mirror.source_acls("User:a", {"orders"})
    target = mirror.target_acls("User:b", {"orders"}, "1a2b3c4d")
    for acl in (*source, *target):
        assert acl.resource_type is not ResourceType.CLUSTER
        assert acl.resource != "*"
