"""ACL entries between the model and librdkafka, both ways."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from confluent_kafka.admin import AclOperation, AclPermissionType, ResourcePatternType
from confluent_kafka.admin import ResourceType as Theirs

from kafka_migration.adapters.kafka.acls import from_binding, to_binding, to_filter
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Acl, PatternType, Permission, ResourceType

ENTRY = Acl(
    ResourceType.TOPIC, "orders", PatternType.LITERAL, "User:w", "*", "WRITE", Permission.DENY
)
OPERATIONS = sorted(set(AclOperation.__members__) - {"UNKNOWN", "ANY"})


@pytest.mark.parametrize(
    ("resource", "pattern", "permission"), list(product(ResourceType, PatternType, Permission))
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_entry_survives_both_conversions(resource, pattern, permission, operation) -> None:
    """Every kind of resource, pattern, permission and operation."""
    entry = replace(
        ENTRY,
        resource_type=resource,
        pattern=pattern,
        permission=permission,
        operation=operation,
    )

    assert from_binding(to_binding(entry)) == entry


def test_the_cluster_is_librdkafkas_broker_resource() -> None:
    """Both have number 4 on the wire."""
    entry = replace(ENTRY, resource_type=ResourceType.CLUSTER, resource="kafka-cluster")

    assert to_binding(entry).restype is Theirs.BROKER


def test_a_filter_names_all_seven_fields() -> None:
    """No field is left to match anything."""
    exact = to_filter(ENTRY)

    assert exact.restype is Theirs.TOPIC
    assert exact.name == "orders"
    assert exact.resource_pattern_type is ResourcePatternType.LITERAL
    assert exact.principal == "User:w"
    assert exact.host == "*"
    assert exact.operation is AclOperation.WRITE
    assert exact.permission_type is AclPermissionType.DENY


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, operation="ANY"),
        replace(ENTRY, operation="UNKNOWN"),
        replace(ENTRY, operation="TWO_PHASE_COMMIT"),
        replace(ENTRY, resource=""),
        replace(ENTRY, principal=""),
        replace(ENTRY, host=""),
    ],
)
def test_an_entry_that_is_not_exact_is_never_sent(entry: Acl) -> None:
    """As a filter it could match more than itself."""
    with pytest.raises(Invalid):
        to_filter(entry)
