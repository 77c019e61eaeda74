"""WorkersPort: the Kafka Connect Deployment of one migration and direction.

Called by observe and act. It must never own these objects: mirrors and fences outlive the
KafkaMigration until somebody takes them down by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json
from kafka_migration.adapters.kubernetes.pods import selector_text, waiting
from kafka_migration.errors import Refused
from kafka_migration.model.connect import Workers
from kafka_migration.model.reasons import Reason

SPEC_HASH = "kafka-migration.io/spec-hash"
CREDENTIALS = "kafka-migration.io/credentials"
_RESTARTED = "kafka-migration.io/restarted-at"
_STARTING = {None, "ContainerCreating", "PodInitializing"}
_PLACES = {
    "Secret": ("/api/v1", "secrets"),
    "ConfigMap": ("/api/v1", "configmaps"),
    "Service": ("/api/v1", "services"),
    "Deployment": ("/apis/apps/v1", "deployments"),
    "NetworkPolicy": ("/apis/networking.k8s.io/v1", "networkpolicies"),
}


class ConnectWorkers:
    """Objects of Connect workers, all with the same name."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def read(self, namespace: str, name: str) -> Workers:
        """What runs now; pods of an older template count as not ready."""
        body = self._api.get(paths.apps(namespace, "deployments", name))
        if body is None:
            return Workers(exists=False, image=None, ready=0, wanted=0)
        spec, status = body["spec"], body.get("status") or {}
        annotations = body["metadata"].get("annotations") or {}
        current = status.get("observedGeneration") == body["metadata"]["generation"]
        ready = min(int(status.get("readyReplicas", 0)), int(status.get("updatedReplicas", 0)))
        return Workers(
            exists=True,
            image=spec["template"]["spec"]["containers"][0]["image"],
            ready=ready if current else 0,
            wanted=int(spec.get("replicas", 1)),
            problem=self._problem(namespace, spec["selector"]),
            spec_hash=annotations.get(SPEC_HASH),
            credentials=annotations.get(CREDENTIALS),
        )

    def apply(self, namespace: str, name: str, manifests: Sequence[Mapping[str, Any]]) -> None:
        """Server-side apply of objects named `name` in `namespace`; the Deployment goes last."""
        ordered = sorted(manifests, key=lambda manifest: manifest["kind"] == "Deployment")
        for manifest in ordered:
            metadata = manifest["metadata"]
            if (metadata["namespace"], metadata["name"]) != (namespace, name):
                message = f"{manifest['kind']} {metadata['name']} is not part of {namespace}/{name}"
                raise Refused(Reason.INTERNAL_ERROR, f"{message}; report this")
            self._api.apply(_path(manifest["kind"], namespace, name), manifest)

    def restart(self, namespace: str, name: str) -> None:
        """Replace the worker pods (after a Secret changed)."""
        body = self._api.get(paths.apps(namespace, "deployments", name))
        if body is None:
            message = f"Deployment {namespace}/{name} does not exist; it is applied first"
            raise Refused(Reason.CONNECT_NOT_READY, message)
        # The version that we replace is enough of a stamp: it is new each time.
        stamp = {_RESTARTED: body["metadata"]["resourceVersion"]}
        patch = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
        self._api.merge(paths.apps(namespace, "deployments", name), patch)

    def remove(self, namespace: str, name: str) -> None:
        """Delete all objects of this name; missing ones are not errors."""
        for kind in reversed(_PLACES):
            self._api.delete(_path(kind, namespace, name))

    def _problem(self, namespace: str, selector: Json) -> str | None:
        path = paths.core(namespace, "pods")
        for pod in self._api.items(path, labelSelector=selector_text(selector)):
            reason, words = waiting(pod)
            if reason not in _STARTING:
                said = f"{reason}: {words}" if words else str(reason)
                return f"pod {pod['metadata']['name']} {said}"
        return None


def _path(kind: str, namespace: str, name: str) -> str:
    root, plural = _PLACES[kind]
    return f"{root}/namespaces/{paths.checked(namespace)}/{plural}/{paths.checked(name)}"
