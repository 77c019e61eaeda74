"""ACL entries, between the model's seven fields and librdkafka's bindings.

Called by `client` and `canary`. Must never delete by a filter that could match a second entry.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.cluster import require_describe
from kafka_migration.adapters.kafka.rdkafka import (
    EVERY_ACL,
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)
from kafka_migration.errors import Invalid
from kafka_migration.model import kafka as model
from kafka_migration.model.reasons import Reason

# librdkafka calls the cluster resource by the number it shares with broker configurations.
_RESOURCES = {
    model.ResourceType.TOPIC: ResourceType.TOPIC,
    model.ResourceType.GROUP: ResourceType.GROUP,
    model.ResourceType.CLUSTER: ResourceType.BROKER,
    model.ResourceType.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
}
_MODEL_RESOURCES = {theirs: ours for ours, theirs in _RESOURCES.items()}
_LISTING = "list the ACLs"
_OPERATIONS = frozenset(AclOperation.__members__) - {"UNKNOWN", "ANY"}


def read_acls(admin: Admin) -> tuple[model.Acl, ...]:
    """Every entry on topics, groups, the cluster and transactional ids, sorted.

    Entries on users and delegation tokens are not told: they grant no access to data. An
    operation that the client library does not know is "UNKNOWN". librdkafka drops the error of a
    refused listing, so "no ACLs" is believed only from a cluster that lets us list them.
    """
    bindings = _bindings(admin)
    if not bindings:
        require_describe(admin, _LISTING)
        bindings = _bindings(admin)
    known = (binding for binding in bindings if binding.restype in _MODEL_RESOURCES)
    return tuple(sorted(from_binding(binding) for binding in known))


def _bindings(admin: Admin) -> list[Any]:
    found: list[Any] = admin.one(
        _LISTING,
        lambda client: client.describe_acls(EVERY_ACL, request_timeout=REQUEST_TIMEOUT),
    )
    return found


def create_acls(admin: Admin, acls: Collection[model.Acl]) -> None:
    """Add entries; one that exists stays as it is."""
    if not acls:
        return
    bindings = [to_binding(acl) for acl in acls]
    admin.each(
        "create ACLs", lambda client: client.create_acls(bindings, request_timeout=REQUEST_TIMEOUT)
    )


def delete_acls(admin: Admin, acls: Collection[model.Acl]) -> None:
    """Remove exactly these entries; one that is missing is no error."""
    if not acls:
        return
    filters = [to_filter(acl) for acl in acls]
    admin.each(
        "delete ACLs", lambda client: client.delete_acls(filters, request_timeout=REQUEST_TIMEOUT)
    )


def to_binding(acl: model.Acl) -> AclBinding:
    """librdkafka's form of an entry; Invalid for an operation that it cannot express."""
    return AclBinding(*_fields(acl))


def to_filter(acl: model.Acl) -> AclBindingFilter:
    """A filter that matches this entry and no other: all seven fields are given."""
    return AclBindingFilter(*_fields(acl))


def from_binding(binding: Any) -> model.Acl:
    """The model's form of an entry on one of the four kinds of resources."""
    return model.Acl(
        resource_type=_MODEL_RESOURCES[binding.restype],
        resource=binding.name,
        pattern=model.PatternType(binding.resource_pattern_type.name),
        principal=binding.principal,
        host=binding.host,
        operation=binding.operation.name,
        permission=model.Permission(binding.permission_type.name),
    )


def _fields(
    acl: model.Acl,
) -> tuple[ResourceType, str, ResourcePatternType, str, str, AclOperation, AclPermissionType]:
    if acl.operation not in _OPERATIONS or not (acl.resource and acl.principal and acl.host):
        raise Invalid(
            Reason.NOT_SUPPORTED,
            f"ACL {acl} names no exact entry that this client can send; change it by hand",
        )
    return (
        _RESOURCES[acl.resource_type],
        acl.resource,
        ResourcePatternType[acl.pattern.value],
        acl.principal,
        acl.host,
        AclOperation[acl.operation],
        AclPermissionType[acl.permission.value],
    )
