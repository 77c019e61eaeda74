"""What the loop needs of a Kubernetes namespace beyond our own objects; implemented by adapters.

The rules of `ports` hold here too: complete answers, errors of `kafka_migration.errors` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kafka_migration.model.kubernetes import JobState, PlaceProbe, ProbePod, Workload


class WorkloadPort(Protocol):
    """Workloads, their pods, binding Secrets and probe pods in an application's namespace."""

    def read(self, namespace: str, name: str) -> Workload | None:
        """A Deployment with its pods; None = it does not exist."""
        ...

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        """Set the scale subresource."""
        ...

    def secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """A Secret's decoded text values; None = it does not exist."""
        ...

    def write_secret(
        self, namespace: str, name: str, data: Mapping[str, str], labels: Mapping[str, str]
    ) -> None:
        """Create or replace the data of a Secret (type servicebinding.io/kafka), read back."""
        ...

    def start_probe(self, namespace: str, name: str, secret: str, node: str | None) -> None:
        """Start a pod (operator image, `kmig probe`) that mounts `secret` on `node`."""
        ...

    def start_place_probe(self, namespace: str, probe: PlaceProbe) -> None:
        """Start a pod (operator image, `kmig probe-place`) that mounts only its password."""
        ...

    def probe(self, namespace: str, name: str) -> ProbePod | None:
        """The probe pod's state; None = it does not exist."""
        ...

    def remove_probe(self, namespace: str, name: str) -> None:
        """Delete the probe pod; a missing one is not an error."""
        ...


class JobPort(Protocol):
    """Verifier Jobs and their reports in the migration's namespace."""

    def start(
        self,
        namespace: str,
        name: str,
        spec: Mapping[str, Any],
        passwords: Mapping[str, str],
        owner_uid: str,
    ) -> None:
        """Start a `kmig verify` Job: its spec as a ConfigMap, passwords as a mounted Secret."""
        ...

    def state(self, namespace: str, name: str) -> JobState | None:
        """The Job's state; None = it does not exist."""
        ...

    def report(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        """The report that the Job wrote into ConfigMap `<name>-report`; None = none yet."""
        ...

    def instruct(self, namespace: str, name: str, document: Mapping[str, Any]) -> None:
        """Write ConfigMap `<name>-input` that a following Job reads ({F, T})."""
        ...

    def delete(self, namespace: str, name: str) -> None:
        """Delete the Job, its spec, Secret, input and report; missing ones are not errors."""
        ...
