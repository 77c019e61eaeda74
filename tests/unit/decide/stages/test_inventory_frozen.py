"""InventoryFrozen: what cannot work is named before anything is frozen."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import last_at, stands
from tests.unit.decide.planted import Planted, acl, authentication, migration_spec, not_known

from kafka_migration.model.entries import EntryKind
from kafka_migration.model.reasons import Reason


def without_tls(planted: Planted) -> None:
    source = dict(migration_spec()["source"])
    del source["tls"]
    planted.change("leave", source=source)


def mirror_is_operator(planted: Planted) -> None:
    replication = dict(migration_spec()["replication"])
    identities = {"source": authentication("kmig"), "target": authentication("mirror")}
    planted.change("leave", replication=replication | {"identities": identities})


def bad_pattern(planted: Planted) -> None:
    planted.change("leave", scope={"topics": {"include": ["orders("]}})


def same_cluster(planted: Planted) -> None:
    planted.target.cluster_id = planted.source.cluster_id


def nothing_matches(planted: Planted) -> None:
    planted.source.topics = {}


@pytest.mark.parametrize(
    ("disturb", "reason"),
    [
        (without_tls, "PlaintextCredentials"),
        (mirror_is_operator, "PrincipalConflict"),
        (bad_pattern, "InvalidSpec"),
        (same_cluster, "SameCluster"),
        (nothing_matches, "NothingInScope"),
    ],
)
def test_what_cannot_work_is_a_named_problem_and_nothing_is_frozen(disturb, reason):
    planted = Planted()
    disturb(planted)
    planted.tick("leave")
    assert stands(planted, "leave") == (reason, "True")
    assert planted.status("leave")["problems"][0]["reason"] == reason
    assert not planted.kinds("leave")


@pytest.mark.parametrize(
    ("fact", "condition"),
    [("source-cluster", "SourceConnected"), ("target-cluster", "TargetConnected")],
)
def test_wrong_credentials_show_at_the_cluster_they_are_for(fact, condition):
    planted = Planted()
    planted.unknown[fact] = not_known(Reason.AUTH_FAILED, refused=True)
    planted.tick("leave")
    shown = {c["type"]: c for c in planted.status("leave")["conditions"]}
    assert (shown[condition]["status"], shown[condition]["reason"]) == ("False", "AuthFailed")
    assert stands(planted, "leave") == ("AuthFailed", "True")


def test_a_silent_cluster_is_not_stalled_but_not_ready_either():
    """It may answer the next time; nobody has to change anything."""
    planted = Planted()
    planted.unknown["source-cluster"] = not_known()
    planted.tick("leave")
    assert stands(planted, "leave") == ("Unreachable", "False")


def test_the_inventory_and_its_plan_are_the_first_entry():
    planted = Planted()
    planted.tick("leave")
    assert planted.kinds("leave") == [EntryKind.INVENTORY_FROZEN]
    assert planted.status("leave").get("stage") is None


def test_another_cluster_behind_the_address_is_refused_later_too():
    """Whatever the stage is, before replication started."""
    planted = last_at("leave", "TargetPrepared")
    planted.target.cluster_id = "another"
    assert stands(planted, "leave") == ("ClusterIdentityChanged", "True")


OPEN = "allow.everyone.if.no.acl.found"


@pytest.mark.parametrize("settings", [{OPEN: "true"}, {OPEN: None}, {}])
def test_our_acl_is_never_the_first_of_a_topic(settings):
    """It would shut out everybody who uses the topic without one (protocol 1.5)."""
    planted = Planted()
    planted.source.acls = {acl("x", "READ", "another")}
    planted.source.settings = dict(settings)
    planted.tick("leave")
    assert stands(planted, "leave") == ("WildcardWriter", "True")
    assert not planted.kinds("leave")


@pytest.mark.parametrize(
    ("settings", "acls"),
    [
        ({OPEN: "false"}, set()),
        ({"other": "1"}, set()),
        ({OPEN: None}, {acl("x", "READ", "*")}),
        ({OPEN: "true"}, {acl("x", "DESCRIBE")}),
    ],
)
def test_a_topic_that_is_closed_or_has_an_acl_is_frozen(settings, acls):
    planted = Planted()
    planted.source.acls, planted.source.settings = acls, dict(settings)
    planted.tick("leave")
    assert planted.kinds("leave") == [EntryKind.INVENTORY_FROZEN]
