"""Manifest of a `kmig verify` Job; called by `jobs`. Pure, no password passes through here."""

from __future__ import annotations

from kafka_migration.adapters.kubernetes.client import Json
from kafka_migration.pod_security import container_security, pod_security

SERVICE_ACCOUNT = "kmig-verifier"
_RETRIES = 3


def job_manifest(metadata: Json, image: str) -> Json:
    """Job with its spec in /spec and its passwords, a file per key, in /creds."""
    name = metadata["name"]
    pod = {
        "restartPolicy": "Never",
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        "containers": [_container(name, image)],
        "volumes": [
            {"name": "spec", "configMap": {"name": f"{name}-spec"}},
            {"name": "creds", "secret": {"secretName": f"{name}-creds", "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    labels = metadata["labels"] | {"kafka-migration.io/job": "verify"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"backoffLimit": _RETRIES, "template": template},
    }


def _container(name: str, image: str) -> Json:
    return {
        "name": "verify",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": [
            "verify",
            *("--spec", "/spec/spec.json"),
            *("--credentials", "/creds"),
            *("--report", f"{name}-report"),
            *("--input", f"{name}-input"),
        ],
        "env": [
            {
                "name": "POD_NAMESPACE",
                "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}},
            }
        ],
        "securityContext": container_security(),
        "resources": {
            "requests": {"cpu": "10m", "memory": "128Mi"},
            "limits": {"memory": "1Gi"},
        },
        "volumeMounts": [
            {"name": "spec", "mountPath": "/spec", "readOnly": True},
            {"name": "creds", "mountPath": "/creds", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own emptyDir
        ],
    }
