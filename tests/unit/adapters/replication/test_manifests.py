"""Objects of the Connect workers."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from kafka_migration.adapters.replication.manifests import (
    CREDENTIALS_STAMP,
    WorkerSecrets,
    WorkerSpec,
    credentials_digest,
    rest_url,
    spec_hash,
    worker_manifests,
)
from kafka_migration.adapters.replication.settings import MirrorConnection
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Connection

SOURCE = Connection("source:9092", "PLAIN", "mirror", "source-password", "source pem")
TARGET = Connection("target:9092", "PLAIN", "mirror", "target-password", "target pem")
SPEC = WorkerSpec(
    migration_uid="1a2b3c4d-0000-4000-8000-000000000000",
    migration_name="leave",
    namespace="platform",
    name="kmig-1a2b3c4d-forward",
    image="kafka:4.3.1",
    direction="forward",
    target=MirrorConnection.of(TARGET),
    operator_namespace="kmig-system",
)
SECRETS = WorkerSecrets(SOURCE, TARGET, "rest-pw")


def by_kind(spec: WorkerSpec = SPEC, secrets: WorkerSecrets = SECRETS) -> dict[str, Any]:
    return {manifest["kind"]: manifest for manifest in worker_manifests(spec, secrets)}


def settings(spec: WorkerSpec = SPEC) -> dict[str, str]:
    text = by_kind(spec)["ConfigMap"]["data"]["worker.properties"]
    return dict(line.split("=", 1) for line in text.splitlines())


def test_credentials_are_in_the_secret_and_nowhere_else() -> None:
    kinds = by_kind()
    files = kinds.pop("Secret")["data"]
    assert b"source-password" in base64.b64decode(files["source.jaas"])
    assert b"target-password" in base64.b64decode(files["target.jaas"])
    elsewhere = json.dumps(kinds)
    for secret in ("source-password", "target-password", "rest-pw"):
        assert secret not in elsewhere


def test_secrets_do_not_show_in_repr() -> None:
    assert "password" not in repr(SECRETS)


def test_workers_are_exactly_once_and_closed() -> None:
    expected = {
        "exactly.once.source.support": "enabled",
        "connector.client.config.override.policy": "None",
        "scheduled.rebalance.max.delay.ms": "10000",
        "group.id": "kmig-1a2b3c4d-forward",
        "config.providers.dir.param.allowed.paths": "/creds",
        "rest.advertised.host.name": "${env:POD_IP}",
    }
    assert expected.items() <= settings().items()


def test_every_client_of_the_worker_has_the_credentials() -> None:
    """None inherits what stands without a prefix."""
    for prefix in ("", "producer.", "consumer.", "admin."):
        assert settings()[f"{prefix}sasl.jaas.config"] == "${dir:/creds:target.jaas}"
        assert settings()[f"{prefix}bootstrap.servers"] == "target:9092"


def test_the_producer_takes_the_largest_record() -> None:
    large = replace(SPEC, max_request_bytes=64 * 1024 * 1024)
    assert settings(large)["producer.max.request.size"] == str(64 * 1024 * 1024)
    assert int(settings(large)["producer.buffer.memory"]) > 64 * 1024 * 1024


def test_pods_are_restricted_and_replaced_never_overlapping() -> None:
    spec = by_kind()["Deployment"]["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    assert spec["strategy"] == {"type": "Recreate"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsUser"] == 10001
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert "-Xmx512m" in container["command"]


def test_only_the_operator_and_the_workers_reach_rest() -> None:
    policy = by_kind()["NetworkPolicy"]["spec"]
    sources = policy["ingress"][0]["from"]
    label = {"kubernetes.io/metadata.name": "kmig-system"}
    assert sources[0] == {"namespaceSelector": {"matchLabels": label}}
    assert "NetworkPolicy" not in by_kind(replace(SPEC, operator_namespace=None))


@pytest.mark.parametrize(
    "secrets",
    [
        replace(SECRETS, source=replace(SOURCE, password="new")),
        replace(SECRETS, target=replace(TARGET, ca_pem="new")),
    ],
)
def test_a_changed_credential_replaces_the_pods(secrets: WorkerSecrets) -> None:
    before, after = by_kind()["Deployment"], by_kind(secrets=secrets)["Deployment"]
    assert before["spec"]["template"] != after["spec"]["template"]
    stamps = [d["metadata"]["annotations"][CREDENTIALS_STAMP] for d in (before, after)]
    assert stamps == [credentials_digest(SECRETS), credentials_digest(secrets)]
    assert stamps[0] != stamps[1]


def test_the_stamp_of_the_credentials_is_keyed_with_what_only_the_secret_holds() -> None:
    """The digest of a weak password alone could be guessed from outside."""
    another = replace(SECRETS, rest_password="another")
    assert credentials_digest(another) != credentials_digest(SECRETS)


def test_the_hash_is_stable_and_found_on_the_deployment() -> None:
    first, second = worker_manifests(SPEC, SECRETS), worker_manifests(SPEC, SECRETS)
    assert spec_hash(first) == spec_hash(second)
    assert spec_hash(first) != spec_hash(worker_manifests(replace(SPEC, workers=2), SECRETS))


def test_no_object_has_an_owner() -> None:
    for manifest in worker_manifests(SPEC, SECRETS):
        assert "ownerReferences" not in manifest["metadata"]
        assert manifest["metadata"]["name"] == SPEC.name


def test_a_placeholder_in_bootstrap_servers_is_refused() -> None:
    target = replace(SPEC.target, bootstrap_servers="${env:HOME}:9092")
    with pytest.raises(Invalid):
        worker_manifests(replace(SPEC, target=target), SECRETS)


def test_rest_is_addressed_by_its_service() -> None:
    assert rest_url("platform", "connect") == "http://connect.platform.svc:8083"
