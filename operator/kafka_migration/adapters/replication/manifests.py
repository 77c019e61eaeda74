"""Kubernetes objects of the Connect workers of one migration and direction. Pure builders.

Called by act through the app's composition; applied by WorkersPort. Passwords go into the Secret
and nowhere else; no object has an owner, because mirrors outlive the KafkaMigration.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kafka_migration.adapters.replication.settings import (
    CREDENTIALS,
    MirrorConnection,
    jaas,
    literal,
    properties,
    security,
)
from kafka_migration.adapters.replication.worker_settings import REST_PORT, worker_settings
from kafka_migration.decide.rules import mirror_names as names
from kafka_migration.model.kafka import Connection
from kafka_migration.model.sides import Direction
from kafka_migration.pod_security import container_security, pod_security

Manifest = dict[str, Any]

SPEC_HASH = "kafka-migration.io/spec-hash"
CREDENTIALS_STAMP = "kafka-migration.io/credentials"
REST_USER = "operator"
REST_PASSWORD_KEY = "rest-password"  # noqa: S105 - the name of a key in the Secret
_LIBRARIES = "/opt/kafka/libs/*"
_MAIN = "org.apache.kafka.connect.cli.ConnectDistributed"
_EXTENSION_LOGIN = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule"
_DEFAULT_RESOURCES = {
    "requests": {"cpu": "50m", "memory": "512Mi"},
    "limits": {"memory": "1Gi"},
}


@dataclass(frozen=True)
class WorkerSpec:
    """Workers of one direction; they attach to `target`, the cluster that it ends at."""

    migration_uid: str
    migration_name: str
    namespace: str
    name: str
    image: str
    direction: Direction
    target: MirrorConnection
    workers: int = 1
    replication_factor: int = 1
    max_request_bytes: int = 16 * 1024 * 1024  # above any topic's max.message.bytes, unpacked
    heap_megabytes: int = 512
    resources: Mapping[str, Any] = field(default_factory=dict)
    operator_namespace: str | None = None  # set = only its pods and the workers reach REST


@dataclass(frozen=True)
class WorkerSecrets:
    """Credentials of the workers; `repr` shows none."""

    source: Connection = field(repr=False)
    target: Connection = field(repr=False)
    rest_password: str = field(repr=False)


def rest_url(namespace: str, name: str) -> str:
    """Address of the REST interface inside the cluster."""
    return f"http://{name}.{namespace}.svc:{REST_PORT}"


def worker_manifests(spec: WorkerSpec, secrets: WorkerSecrets) -> list[Manifest]:
    """Secret, ConfigMap, Service, (NetworkPolicy,) Deployment; all named `spec.name`."""
    files = _files(secrets)
    manifests = [_secret(spec, files), _config_map(spec), _service(spec)]
    if spec.operator_namespace is not None:
        manifests.append(_network_policy(spec, spec.operator_namespace))
    deployment = _deployment(spec)
    digest = _hash([*manifests[1:], deployment], files, secrets.rest_password)
    stamp = {SPEC_HASH: digest}
    deployment["metadata"]["annotations"] = stamp | {CREDENTIALS_STAMP: credentials_digest(secrets)}
    # In the template too: a changed credential replaces the pods, which read it at their start.
    deployment["spec"]["template"]["metadata"]["annotations"] = dict(stamp)
    return [*manifests, deployment]


def spec_hash(manifests: list[Manifest]) -> str:
    """Hash that the Deployment of these manifests will carry; compare with Workers.spec_hash."""
    found: str = manifests[-1]["metadata"]["annotations"][SPEC_HASH]
    return found


def credentials_digest(secrets: WorkerSecrets) -> str:
    """Changes with a password or certificate; keyed, so that it tells nothing of them."""
    return _hash([], _files(secrets), secrets.rest_password)


def _files(secrets: WorkerSecrets) -> dict[str, str]:
    login = f'{_EXTENSION_LOGIN} required file="{CREDENTIALS}/rest.properties";'
    files = {
        "source.jaas": jaas(secrets.source),
        "target.jaas": jaas(secrets.target),
        "source-ca.crt": secrets.source.ca_pem or "",
        "target-ca.crt": secrets.target.ca_pem or "",
        "rest.properties": properties({REST_USER: secrets.rest_password}),
        "rest.jaas": f"KafkaConnect {{ {login} }};\n",
        REST_PASSWORD_KEY: secrets.rest_password,
    }
    return {name: text for name, text in files.items() if text}


def _hash(manifests: list[Manifest], files: Mapping[str, str], key: str) -> str:
    # Keyed with a random password: the hash of a weak one alone could be guessed from outside.
    text = json.dumps([manifests, dict(files)], sort_keys=True)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def _metadata(spec: WorkerSpec) -> Manifest:
    labels = _selector(spec) | {
        "app.kubernetes.io/managed-by": "kmig-operator",
        "kafka-migration.io/migration": spec.migration_name,
        "kafka-migration.io/owner-uid": spec.migration_uid,
        "kafka-migration.io/direction": spec.direction,
    }
    return {"name": spec.name, "namespace": spec.namespace, "labels": labels}


def _selector(spec: WorkerSpec) -> dict[str, str]:
    return {"app.kubernetes.io/name": "kmig-connect", "app.kubernetes.io/instance": spec.name}


def _secret(spec: WorkerSpec, files: Mapping[str, str]) -> Manifest:
    data = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(spec)}
    return head | {"type": "Opaque", "data": data}


def _config_map(spec: WorkerSpec) -> Manifest:
    text = properties(
        worker_settings(
            names.uid8(spec.migration_uid),
            spec.direction,
            {
                "bootstrap.servers": literal(spec.target.bootstrap_servers, "bootstrapServers"),
                **security(spec.target, "target"),
            },
            replication_factor=spec.replication_factor,
            max_request_bytes=spec.max_request_bytes,
        )
    )
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(spec)}
    return head | {"data": {"worker.properties": text}}


def _service(spec: WorkerSpec) -> Manifest:
    ports = [{"name": "rest", "port": REST_PORT, "targetPort": "rest", "protocol": "TCP"}]
    body = {"type": "ClusterIP", "selector": _selector(spec), "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(spec), "spec": body}


def _network_policy(spec: WorkerSpec, operator_namespace: str) -> Manifest:
    label = "kubernetes.io/metadata.name"
    sources = [
        {"namespaceSelector": {"matchLabels": {label: operator_namespace}}},
        {"podSelector": {"matchLabels": _selector(spec)}},
    ]
    ports = [{"port": REST_PORT, "protocol": "TCP"}]
    body = {
        "podSelector": {"matchLabels": _selector(spec)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": sources, "ports": ports}],
    }
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return head | {"metadata": _metadata(spec), "spec": body}


def _deployment(spec: WorkerSpec) -> Manifest:
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 30,
        "securityContext": pod_security(),
        "containers": [_container(spec)],
        "volumes": [
            {"name": "creds", "secret": {"secretName": spec.name, "defaultMode": 0o440}},
            {"name": "config", "configMap": {"name": spec.name}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    metadata = _metadata(spec)
    template = {"metadata": {"labels": dict(metadata["labels"])}, "spec": pod}
    body = {
        "replicas": spec.workers,
        # Old and new workers of one group must not overlap: settings are per cluster.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": _selector(spec)},
        "template": template,
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": body}


def _container(spec: WorkerSpec) -> Manifest:
    command = [
        "java",
        "-Xms128m",
        f"-Xmx{spec.heap_megabytes}m",
        "-XX:+ExitOnOutOfMemoryError",  # a worker that lost a thread looks alive
        f"-Djava.security.auth.login.config={CREDENTIALS}/rest.jaas",
        *("-cp", _LIBRARIES, _MAIN, "/config/worker.properties"),
    ]
    address = {"fieldRef": {"fieldPath": "status.podIP"}}
    return {
        "name": "connect",
        "image": spec.image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "env": [{"name": "POD_IP", "valueFrom": address}],
        "ports": [{"name": "rest", "containerPort": REST_PORT, "protocol": "TCP"}],
        "readinessProbe": {"tcpSocket": {"port": "rest"}, "periodSeconds": 2},
        "securityContext": container_security(),
        "resources": dict(spec.resources) or _DEFAULT_RESOURCES,
        "volumeMounts": [
            {"name": "creds", "mountPath": CREDENTIALS, "readOnly": True},
            {"name": "config", "mountPath": "/config", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own emptyDir
        ],
    }
