"""ACL entries as the cluster keeps them: complete lists, exact deletions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafka_migration.adapters.kafka import KafkaCluster
from kafka_migration.errors import Refused
from kafka_migration.model.kafka import Acl, PatternType, Permission, ResourceType
from kafka_migration.model.reasons import Reason


def entries(stage) -> list[Acl]:
    """One entry of each kind of resource, pattern and permission, under the stage's name."""
    write = stage.acl("orders-writer", "WRITE", stage.name)
    return [
        write,
        replace(write, permission=Permission.DENY),
        replace(write, operation="READ"),
        replace(write, pattern=PatternType.PREFIXED),
        replace(write, host="10.0.0.7"),
        replace(write, principal="User:orders-reader"),
        replace(write, resource_type=ResourceType.GROUP, operation="READ"),
        replace(write, resource_type=ResourceType.TRANSACTIONAL_ID),
    ]


def under(stage, cluster) -> set[Acl]:
    """What the cluster lists under the stage's name."""
    return {acl for acl in cluster.acls() if acl.resource == stage.name}


def test_every_field_comes_back_as_written(stage, operator) -> None:
    """All kinds of entries survive the round trip."""
    written = entries(stage)
    operator.create_acls(written)

    stage.until(lambda: under(stage, operator) == set(written))


@pytest.mark.parametrize("number", range(8))
def test_a_deletion_spares_every_other_entry(stage, operator, number) -> None:
    """The filter names all seven fields: entries that differ in one of them stay."""
    written = entries(stage)
    stage.grant(*written)

    operator.delete_acls([written[number]])

    stage.until(lambda: under(stage, operator) == set(written) - {written[number]})


def test_adding_twice_is_no_error(stage, operator) -> None:
    """An entry that exists stays one entry."""
    entry = stage.acl("orders-writer", "WRITE", stage.name, "DENY")
    operator.create_acls([entry])
    operator.create_acls([entry])

    stage.until(lambda: under(stage, operator) == {entry})


def test_deleting_what_is_missing_is_no_error(stage, operator) -> None:
    """The end state is what was asked for."""
    operator.delete_acls([stage.acl("orders-writer", "WRITE", stage.name, "DENY")])

    assert under(stage, operator) == set()


def test_the_cluster_resource_keeps_its_name(operator) -> None:
    """The operator's own grant on the cluster is read as such."""
    own = [acl for acl in operator.acls() if acl.resource_type is ResourceType.CLUSTER]

    assert {acl.resource for acl in own} == {"kafka-cluster"}
    assert "ALTER" in {acl.operation for acl in own if acl.principal == "User:kmig"}


def test_a_listing_without_the_right_is_refused_not_empty(side) -> None:
    """librdkafka answers an empty list; believing it would mean that nobody can write."""
    with pytest.raises(Refused) as caught:
        KafkaCluster(side.connection("intruder")).acls()

    assert caught.value.reason is Reason.NOT_AUTHORIZED


@pytest.mark.parametrize("call", ["create_acls", "delete_acls"])
def test_a_change_without_the_right_is_refused(side, stage, call) -> None:
    """NotAuthorized, in words that fit a status line."""
    entry = stage.acl("orders-writer", "WRITE", stage.name, "DENY")
    with pytest.raises(Refused) as caught:
        getattr(KafkaCluster(side.connection("intruder")), call)([entry])

    assert caught.value.reason is Reason.NOT_AUTHORIZED
    assert len(caught.value.message) < 600
