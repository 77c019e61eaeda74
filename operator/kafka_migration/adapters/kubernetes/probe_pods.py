"""Manifests of the short-lived pods that tell what a workload would see from its own place.

Called by `workloads`. They never carry a workload's labels, else its Service would send them
traffic and its ReplicaSet adopt them; nor a credential anywhere but in a mounted Secret.
"""

from __future__ import annotations

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Json
from kafka_migration.api.base import GROUP, VERSION
from kafka_migration.model.kubernetes import PlaceProbe
from kafka_migration.pod_security import container_security, pod_security

PROBE_LABEL = f"{GROUP}/probe"
QUESTION = f"{GROUP}/question"  # an annotation: room for the certificates of a whole trust store
_SECONDS = 120
_BINDING, _PLACE, _PASSWORD = "/bindings/kafka", "/place", "/credentials"


def probe_pod(namespace: str, name: str, secret: str, node: str | None, image: str) -> Json:
    """A pod that reports which binding its node hands out."""
    pod = _pod(namespace, name, "binding", image)
    spec, container = pod["spec"], pod["spec"]["containers"][0]
    container["args"] = ["probe", "--binding", _BINDING]
    container["volumeMounts"] = [{"name": "binding", "mountPath": _BINDING, "readOnly": True}]
    spec["volumes"] = [{"name": "binding", "secret": {"secretName": paths.checked(secret)}}]
    if node is not None:
        spec["nodeName"] = node  # past the scheduler: a full or cordoned node must answer too
    return pod


def place_pod(namespace: str, probe: PlaceProbe, image: str) -> Json:
    """A pod that asks a cluster from a workload's node, under its ServiceAccount's name."""
    pod = _pod(namespace, probe.name, "place", image)
    pod["metadata"] |= {
        "annotations": {QUESTION: probe.question},
        "ownerReferences": [
            {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": probe.owner.key.kind,
                "name": probe.owner.key.name,
                "uid": probe.owner.uid,
            }
        ],
    }
    container = pod["spec"]["containers"][0]
    paths_of = ["--place", f"{_PLACE}/question", "--password", f"{_PASSWORD}/password"]
    container["args"] = ["probe-place", *paths_of]
    container["resources"]["limits"]["memory"] = "256Mi"  # the Kafka client is loaded
    container["volumeMounts"] = [
        {"name": "place", "mountPath": _PLACE, "readOnly": True},
        {"name": "credentials", "mountPath": _PASSWORD, "readOnly": True},
    ]
    field = {"fieldPath": f"metadata.annotations['{QUESTION}']"}
    only = [{"key": probe.key, "path": "password"}]
    pod["spec"] |= {
        "nodeName": probe.node,
        "serviceAccountName": probe.service_account,
        "volumes": [
            {"name": "place", "downwardAPI": {"items": [{"path": "question", "fieldRef": field}]}},
            {
                "name": "credentials",
                "secret": {"secretName": paths.checked(probe.secret), "items": only},
            },
        ],
    }
    return pod


def _pod(namespace: str, name: str, what: str, image: str) -> Json:
    container = {
        "name": "probe",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePolicy": "File",
        "securityContext": container_security(),
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"memory": "128Mi"},
        },
    }
    spec: Json = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": _SECONDS,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        # The workload is on this node, whatever taints it: so may be its probe, for a moment.
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
    }
    metadata = {"name": name, "namespace": namespace, "labels": {PROBE_LABEL: what}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
