"""Names of one migration's replication."""

from __future__ import annotations

import pytest

from kafka_migration.decide.rules import mirror_names as names

UID = "1a2b3c4d-0000-4000-8000-000000000000"


def test_aliases_name_clusters_and_not_directions() -> None:
    """Stored offsets are keyed by alias: the same cluster keeps its own in both directions."""
    uid = names.uid8(UID)
    forward = [names.alias(uid, names.FORWARD, side=side) for side in ("source", "target")]
    reverse = [names.alias(uid, names.REVERSE, side=side) for side in ("source", "target")]
    assert forward == ["s1a2b3c4d", "t1a2b3c4d"]
    assert reverse == ["t1a2b3c4d", "s1a2b3c4d"]


def test_two_migrations_and_two_directions_share_no_name() -> None:
    kinds = ("config", "offsets", "status")
    made = [
        name
        for uid in ("aaaaaaaa", "bbbbbbbb")
        for direction in (names.FORWARD, names.REVERSE)
        for name in (
            *(names.storage_topic(uid, direction, kind) for kind in kinds),
            names.syncs_topic(uid, direction),
            names.leader_transaction(uid, direction),
        )
    ]
    assert len(made) == len(set(made))


@pytest.mark.parametrize(
    ("topic", "copied"),
    [
        ("orders", True),
        ("orders.internal", True),
        ("mm2", True),
        ("_one", True),
        ("__two", False),
        (".hidden", False),
        ("mm2-offset-syncs.a.internal", False),
        ("a.checkpoints.internal", False),
    ],
)
def test_topics_that_mirror_maker_passes_over_are_known(topic: str, *, copied: bool) -> None:
    assert names.mirrorable(topic) is copied
