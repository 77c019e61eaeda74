"""The one table of what the operator may do in Kubernetes; RBAC is rendered from it.

Called by `kafka_migration.gen` (manifests, the chart, the table in the docs). A new call in
adapters/kubernetes gets its line here first, with the reason; nothing is granted by hand.
Never `*`, never list or watch on Secrets: the operator reads the Secrets that an object names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from kafka_migration.api.base import GROUP

SYSTEM_NAMESPACE: Final = "kmig-system"
OPERATOR: Final = "kmig"
VERIFIER: Final = "kmig-verifier"
_LABELS: Final = {"app.kubernetes.io/name": "kmig", "app.kubernetes.io/part-of": "kafka-migration"}


class Scope(StrEnum):
    """Where a permission holds, and for whom."""

    CLUSTER = "cluster"  # the operator, everywhere: our own two kinds only
    SYSTEM = "system"  # the operator, in its own namespace
    MIGRATION = "migration"  # the operator, in a namespace that holds a KafkaMigration
    APPLICATION = "application"  # the operator, in a namespace that a migration allows
    VERIFIER = "verifier"  # the Jobs, in a namespace that holds a KafkaMigration


@dataclass(frozen=True)
class Permission:
    """One line of the table: these verbs on these resources, and what they are for."""

    scope: Scope
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()

    def rule(self) -> dict[str, Any]:
        """The PolicyRule."""
        rule: dict[str, Any] = {"apiGroups": [self.group], "resources": list(self.resources)}
        if self.names:
            rule["resourceNames"] = list(self.names)
        return {**rule, "verbs": list(self.verbs)}


_KINDS: Final = ("kafkamigrations", "workloadcutovers")

PERMISSIONS: Final = (
    Permission(
        Scope.CLUSTER,
        GROUP,
        _KINDS,
        ("get", "list", "watch", "patch"),
        "see our two kinds, set our finalizer; the spec is never written",
    ),
    Permission(
        Scope.CLUSTER,
        GROUP,
        tuple(f"{kind}/status" for kind in _KINDS),
        ("update",),
        "write status with the version that was read",
    ),
    Permission(
        Scope.SYSTEM,
        "coordination.k8s.io",
        ("leases",),
        ("get", "create", "update"),
        "hold the Lease that lets one operator act at a time",
    ),
    Permission(
        Scope.MIGRATION,
        "",
        ("configmaps",),
        ("get", "list", "create", "update", "patch", "delete"),
        "journal, inventory, plan, fence register, copied ends, worker configuration, Job files",
    ),
    Permission(
        Scope.MIGRATION,
        "",
        ("secrets",),
        ("get", "create", "update", "patch", "delete"),
        "read the credentials that a migration names; keep those of Connect and of a Job",
    ),
    Permission(
        Scope.MIGRATION,
        "apps",
        ("deployments",),
        ("get", "create", "patch", "delete"),
        "run the Connect workers",
    ),
    Permission(
        Scope.MIGRATION,
        "",
        ("services",),
        ("create", "patch", "delete"),
        "reach the REST interface of the Connect workers",
    ),
    Permission(
        Scope.MIGRATION,
        "networking.k8s.io",
        ("networkpolicies",),
        ("create", "patch", "delete"),
        "close that interface to everybody else",
    ),
    Permission(
        Scope.MIGRATION,
        "batch",
        ("jobs",),
        ("get", "create", "delete"),
        "compare content in Jobs of the operator's image",
    ),
    Permission(
        Scope.MIGRATION,
        "",
        ("pods",),
        ("list",),
        "say why a worker or a Job does not start",
    ),
    Permission(
        Scope.MIGRATION,
        "",
        ("events",),
        ("get", "create", "patch"),
        "tell what happened on the KafkaMigration; count what is said again",
    ),
    Permission(
        Scope.APPLICATION,
        "apps",
        ("deployments",),
        ("get",),
        "read the workload that a WorkloadCutover names",
    ),
    Permission(
        Scope.APPLICATION,
        "apps",
        ("deployments/scale",),
        ("patch",),
        "drain to zero and restore the replicas; the pod template is never written",
    ),
    Permission(
        Scope.APPLICATION,
        "autoscaling",
        ("horizontalpodautoscalers",),
        ("list",),
        "refuse a workload whose autoscaler would undo the drain",
    ),
    Permission(
        Scope.APPLICATION,
        "",
        ("pods",),
        ("get", "list", "create", "delete"),
        "see that all pods are gone; run the probe pods: is the target reached from there with the workload's credentials, is the new binding mounted",
    ),
    Permission(
        Scope.APPLICATION,
        "",
        ("secrets",),
        ("get", "create", "update"),
        "read the credentials that a unit names; write its binding Secret",
    ),
    Permission(
        Scope.APPLICATION,
        "",
        ("events",),
        ("get", "create", "patch"),
        "tell what happened on the WorkloadCutover and on the workload; count what is said again",
    ),
    Permission(
        Scope.VERIFIER,
        "",
        ("configmaps",),
        ("get", "create", "patch"),
        "read the input, write the report",
    ),
)


def rules(scope: Scope) -> list[dict[str, Any]]:
    """PolicyRules of one scope, in the table's order."""
    return [item.rule() for item in PERMISSIONS if item.scope is scope]


def system_objects() -> list[dict[str, Any]]:
    """ServiceAccount, what it may do cluster-wide, and its Role in its own namespace."""
    return [
        _service_account(OPERATOR, SYSTEM_NAMESPACE),
        _role(f"{OPERATOR}-operator", Scope.CLUSTER),
        _binding(f"{OPERATOR}-operator", None),
        _role(OPERATOR, Scope.SYSTEM, SYSTEM_NAMESPACE),
        _binding(OPERATOR, SYSTEM_NAMESPACE),
    ]


def migration_objects() -> list[dict[str, Any]]:
    """For each namespace with a KafkaMigration; applied with `kubectl apply -n NS`."""
    return [
        _role(f"{OPERATOR}-migration", Scope.MIGRATION, ""),
        _binding(f"{OPERATOR}-migration", ""),
        _service_account(VERIFIER, ""),
        _role(VERIFIER, Scope.VERIFIER, ""),
        _binding(VERIFIER, "", subjects=[{"kind": "ServiceAccount", "name": VERIFIER}]),
    ]


def application_objects() -> list[dict[str, Any]]:
    """For each namespace with WorkloadCutovers; applied with `kubectl apply -n NS`."""
    return [
        _role(f"{OPERATOR}-application", Scope.APPLICATION, ""),
        _binding(f"{OPERATOR}-application", ""),
    ]


def _metadata(name: str, namespace: str | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": dict(_LABELS)}
    if namespace:
        metadata["namespace"] = namespace
    return metadata


def _service_account(name: str, namespace: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(name, namespace)}


def _role(name: str, scope: Scope, namespace: str | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole" if namespace is None else "Role",
        "metadata": _metadata(name, namespace),
        "rules": rules(scope),
    }


def _binding(
    name: str, namespace: str | None, subjects: Iterable[dict[str, Any]] | None = None
) -> dict[str, Any]:
    prefix = "Cluster" if namespace is None else ""
    operator = {"kind": "ServiceAccount", "name": OPERATOR, "namespace": SYSTEM_NAMESPACE}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": f"{prefix}RoleBinding",
        "metadata": _metadata(name, namespace),
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": f"{prefix}Role",
            "name": name,
        },
        "subjects": [operator] if subjects is None else list(subjects),
    }
