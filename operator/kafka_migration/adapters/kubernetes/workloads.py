"""WorkloadPort: Deployments with their pods, binding Secrets, probe pods.

Called by observe and act in an application's namespace. It must never read a decision from a
cache, and never change anything of a workload but its scale.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json
from kafka_migration.adapters.kubernetes.pods import (
    pod_of,
    referenced_secrets,
    selector_text,
    waiting,
)
from kafka_migration.adapters.kubernetes.probe_pods import place_pod, probe_pod
from kafka_migration.errors import Refused
from kafka_migration.model.kubernetes import PlaceProbe, ProbePod, Workload
from kafka_migration.model.reasons import Reason

BINDING_TYPE = "servicebinding.io/kafka"


class Workloads:
    """Workloads of an application; `image` is the operator's own, for probe pods."""

    def __init__(self, api: Api, image: str) -> None:
        self._api = api
        self._image = image

    def read(self, namespace: str, name: str) -> Workload | None:
        """A Deployment with every pod that its selector matches; None = it does not exist."""
        body = self._api.get(paths.apps(namespace, "deployments", name))
        if body is None:
            return None
        spec = body["spec"]
        selector = selector_text(spec["selector"])
        pods = self._api.items(paths.core(namespace, "pods"), labelSelector=selector)
        return Workload(
            uid=body["metadata"]["uid"],
            replicas=int(spec.get("replicas", 1)),
            selector=selector,
            pods=tuple(pod_of(pod) for pod in pods),
            secrets=referenced_secrets(spec["template"]),
            autoscaler=self._autoscaler(namespace, name),
            service_account=spec["template"]["spec"].get("serviceAccountName") or "default",
        )

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        """Set the scale subresource."""
        path = paths.apps(namespace, "deployments", name) + "/scale"
        answer = self._api.merge(path, {"spec": {"replicas": replicas}})
        if int((answer.get("spec") or {}).get("replicas", 0)) != replicas:
            message = f"Deployment {namespace}/{name} did not take {replicas} replicas"
            raise Refused(Reason.NOT_AUTHORIZED, f"{message}; an admission policy changes it")

    def secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """A Secret's decoded text values; None = it does not exist."""
        body = self._api.get(paths.core(namespace, "secrets", name))
        return None if body is None else _decoded(body)

    def write_secret(
        self, namespace: str, name: str, data: Mapping[str, str], labels: Mapping[str, str]
    ) -> None:
        """Create the Secret or replace all its data, then read it back and compare."""
        path = paths.core(namespace, "secrets", name)
        existing = self._api.get(path)
        encoded = {key: base64.b64encode(_bytes(value)).decode() for key, value in data.items()}
        if existing is None:
            metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
            body = {"apiVersion": "v1", "kind": "Secret", "type": BINDING_TYPE}
            create = body | {"metadata": metadata, "data": encoded}
            self._api.create(paths.core(namespace, "secrets"), create)
        else:
            if existing.get("immutable"):
                message = f"Secret {namespace}/{name} is immutable; re-create it without that field"
                raise Refused(Reason.BINDING_CONFLICT, message)
            metadata = existing["metadata"]
            metadata["labels"] = (metadata.get("labels") or {}) | dict(labels)
            self._api.replace(path, existing | {"metadata": metadata, "data": encoded})
        if self.secret(namespace, name) != data:
            message = f"Secret {namespace}/{name} does not hold what was just written"
            raise Refused(Reason.BINDING_CONFLICT, f"{message}; stop whatever else writes it")

    def start_probe(self, namespace: str, name: str, secret: str, node: str | None) -> None:
        """Start a pod (`kmig probe`) that mounts `secret` on `node`; existing = Conflict."""
        manifest = probe_pod(namespace, name, secret, node, self._image)
        self._api.create(paths.core(namespace, "pods"), manifest)

    def start_place_probe(self, namespace: str, probe: PlaceProbe) -> None:
        """Start a pod (`kmig probe-place`) that mounts only its password; existing = Conflict."""
        self._api.create(paths.core(namespace, "pods"), place_pod(namespace, probe, self._image))

    def probe(self, namespace: str, name: str) -> ProbePod | None:
        """The probe pod's state; its words are its JSON, or why it ended without."""
        body = self._api.get(paths.core(namespace, "pods", name))
        if body is None:
            return None
        status = body.get("status") or {}
        return ProbePod(
            name=name,
            node=(body.get("spec") or {}).get("nodeName"),
            phase=status.get("phase", "Unknown"),
            message=_last_words(status),
            ended=_ended(body),
            waiting_reason=waiting(body)[0],
        )

    def remove_probe(self, namespace: str, name: str) -> None:
        """Delete the probe pod; a missing one is not an error."""
        self._api.delete(paths.core(namespace, "pods", name))

    def _autoscaler(self, namespace: str, name: str) -> str | None:
        path = paths.of_group("autoscaling/v2", namespace, "horizontalpodautoscalers")
        for body in self._api.items(path):
            target = body["spec"]["scaleTargetRef"]
            if target.get("kind") == "Deployment" and target.get("name") == name:
                found: str = body["metadata"]["name"]
                return found
        return None


def _last_words(status: Json) -> str | None:
    for container in status.get("containerStatuses") or ():
        ended = (container.get("state") or {}).get("terminated")
        if ended and ended.get("message"):
            words: str = ended["message"]
            return words
    if status.get("phase") == "Failed":
        return status.get("message") or status.get("reason") or "ended without a word"
    return None


def _ended(body: Json) -> str | None:
    """When the pod ended; one that never ran (refused by its node) when it was made."""
    status = body.get("status") or {}
    for container in status.get("containerStatuses") or ():
        finished = ((container.get("state") or {}).get("terminated") or {}).get("finishedAt")
        if finished:
            when: str = finished
            return when
    made: str | None = body["metadata"].get("creationTimestamp")
    return made if status.get("phase") in ("Failed", "Succeeded") else None


def _decoded(body: Json) -> dict[str, str]:
    name = f"{body['metadata'].get('namespace')}/{body['metadata']['name']}"
    values = {}
    for key, value in (body.get("data") or {}).items():
        try:
            raw = base64.b64decode(value, validate=True)
        except binascii.Error:
            message = f"Secret {name} key {key!r} cannot be decoded; write it again"
            raise Refused(Reason.BINDING_CONFLICT, message) from None
        # Bytes that are no text survive the way there and back; comparing stays exact.
        values[key] = raw.decode(errors="surrogateescape")
    return values


def _bytes(value: str) -> bytes:
    return value.encode(errors="surrogateescape")
