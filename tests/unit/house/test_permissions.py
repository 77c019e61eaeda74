"""The permissions table keeps its promises."""

from __future__ import annotations

import pytest

from kafka_migration.api.base import GROUP
from kafka_migration.permissions import (
    PERMISSIONS,
    Permission,
    Scope,
    application_objects,
    migration_objects,
    rules,
    system_objects,
)


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda item: f"{item.scope}-{item.group}")
def test_nothing_is_granted_by_wildcard(permission: Permission) -> None:
    """No `*` in groups, resources or verbs."""
    assert "*" not in (permission.group, *permission.resources, *permission.verbs)


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda item: f"{item.scope}-{item.group}")
def test_every_permission_says_what_it_is_for(permission: Permission) -> None:
    """A line without a reason is refused."""
    assert len(permission.why) > 15


def test_secrets_are_never_listed_or_watched() -> None:
    """Secrets are read by the name that an object gives."""
    for permission in PERMISSIONS:
        if "secrets" in permission.resources:
            assert not {"list", "watch", "deletecollection"} & set(permission.verbs)


def test_the_cluster_scope_reaches_only_our_own_kinds() -> None:
    """Everything else is granted per namespace, so a namespace decides about itself."""
    for permission in PERMISSIONS:
        if permission.scope is Scope.CLUSTER:
            assert permission.group == GROUP, permission


def test_no_permission_can_widen_permissions() -> None:
    """Nothing of RBAC, impersonation, tokens, exec or webhooks."""
    forbidden = {"roles", "rolebindings", "serviceaccounts", "pods/exec", "serviceaccounts/token"}
    for permission in PERMISSIONS:
        assert not forbidden & set(permission.resources)
        assert not {"impersonate", "escalate", "bind"} & set(permission.verbs)


def test_the_pod_template_of_an_application_is_never_writable() -> None:
    """Scale goes through the subresource; Git owns the Deployment."""
    for permission in PERMISSIONS:
        if permission.scope is Scope.APPLICATION and "deployments" in permission.resources:
            assert permission.verbs == ("get",)


def test_namespaced_roles_name_no_namespace() -> None:
    """They are applied with `kubectl apply -n NAMESPACE`."""
    for item in [*migration_objects(), *application_objects()]:
        assert "namespace" not in item["metadata"]


def test_every_role_is_bound_and_has_rules() -> None:
    """A binding refers to a role of the same file, and no role is empty."""
    for objects in (system_objects(), migration_objects(), application_objects()):
        roles = {(item["kind"], item["metadata"]["name"]) for item in objects if "rules" in item}
        bound = {
            (item["roleRef"]["kind"], item["roleRef"]["name"])
            for item in objects
            if "roleRef" in item
        }
        assert roles == bound
        assert all(item["rules"] for item in objects if "rules" in item)


def test_every_scope_of_the_table_is_rendered() -> None:
    """No line is lost on the way to the manifests."""
    rendered = [
        rule
        for objects in (system_objects(), migration_objects(), application_objects())
        for item in objects
        for rule in item.get("rules", [])
    ]
    assert len(rendered) == len(PERMISSIONS) == sum(len(rules(scope)) for scope in Scope)
