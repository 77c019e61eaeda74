"""Addresses of Kubernetes objects; every name is checked, because names come from users.

Called by the adapters of this package. It must never let a name become another path.
"""

from __future__ import annotations

import re

from kafka_migration.errors import Invalid
from kafka_migration.model.reasons import Reason

GROUP = "kafka-migration.io"
VERSION = "v1alpha1"
PLURALS = {"KafkaMigration": "kafkamigrations", "WorkloadCutover": "workloadcutovers"}

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def checked(name: str) -> str:
    """Return the name if it is one that Kubernetes can hold; else Invalid."""
    if not _NAME.fullmatch(name) or ".." in name:
        message = f"{name[:80]!r} is no valid Kubernetes name; use lower case letters, digits, - ."
        raise Invalid(Reason.INVALID_SPEC, message)
    return name


def core(namespace: str, plural: str, name: str | None = None) -> str:
    """Path of core objects (configmaps, secrets, pods, events, services)."""
    return _path("/api/v1", namespace, plural, name)


def apps(namespace: str, plural: str, name: str | None = None) -> str:
    """Path of apps/v1 objects."""
    return _path("/apis/apps/v1", namespace, plural, name)


def batch(namespace: str, plural: str, name: str | None = None) -> str:
    """Path of batch/v1 objects."""
    return _path("/apis/batch/v1", namespace, plural, name)


def of_group(group_version: str, namespace: str, plural: str, name: str | None = None) -> str:
    """Path of objects of any other named group and version, such as autoscaling/v2."""
    return _path(f"/apis/{group_version}", namespace, plural, name)


def own(kind: str, namespace: str, name: str) -> str:
    """Path of one object of our two kinds."""
    return _path(f"/apis/{GROUP}/{VERSION}", namespace, PLURALS[kind], name)


def own_everywhere(kind: str) -> str:
    """Path of all objects of one of our kinds, in all namespaces."""
    return f"/apis/{GROUP}/{VERSION}/{PLURALS[kind]}"


def _path(root: str, namespace: str, plural: str, name: str | None) -> str:
    base = f"{root}/namespaces/{checked(namespace)}/{plural}"
    return base if name is None else f"{base}/{checked(name)}"
