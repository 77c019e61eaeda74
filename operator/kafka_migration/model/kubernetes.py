"""What Kubernetes says, as values: workloads, pods, jobs, secrets' fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Key:
    """Names one object of ours: kind is KafkaMigration or WorkloadCutover."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Render for logs: Kind/namespace/name."""
        return f"{self.kind}/{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Loaded:
    """One of our objects as read from the API server: raw spec and status, and its version."""

    key: Key
    uid: str
    generation: int
    resource_version: str
    deleting: bool
    finalizers: tuple[str, ...]
    spec: Mapping[str, Any]
    status: Mapping[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod of a workload, deleted ones included until they are gone."""

    name: str
    uid: str
    node: str | None
    phase: str
    ready: bool
    deleting: bool
    ready_time: str | None  # RFC 3339, when it last became ready
    waiting_reason: str | None = None  # e.g. ImagePullBackOff, CreateContainerConfigError


@dataclass(frozen=True)
class Workload:
    """A Deployment: wanted and seen replicas, its pods, and which Secrets it mounts."""

    uid: str
    replicas: int
    selector: str  # label selector of its pods
    pods: tuple[Pod, ...]
    secrets: frozenset[str]  # names referenced by volumes, env or envFrom
    autoscaler: str | None = None  # name of a HorizontalPodAutoscaler that targets it
    service_account: str = "default"


@dataclass(frozen=True)
class JobState:
    """A Job: whether it exists, runs, succeeded or failed, with the failure's words."""

    name: str
    active: int
    succeeded: int
    failed: int
    message: str = ""


@dataclass(frozen=True)
class ProbePod:
    """A short-lived pod and what it wrote as its termination message (JSON), if it ended."""

    name: str
    node: str | None
    phase: str
    message: str | None
    ended: str | None = None  # RFC 3339
    waiting_reason: str | None = None  # e.g. ImagePullBackOff


@dataclass(frozen=True)
class PlaceProbe:
    """A pod to start where a workload runs, which asks a cluster as the workload's credential."""

    name: str
    node: str
    service_account: str
    owner: Loaded  # the WorkloadCutover; the pod goes with it
    secret: str  # holds the password under `key`; mounted, never read by us for this
    key: str
    question: str  # JSON without secrets


@dataclass(frozen=True)
class Event:
    """A Kubernetes Event to publish about an object."""

    reason: str  # CamelCase
    message: str
    warning: bool = False
