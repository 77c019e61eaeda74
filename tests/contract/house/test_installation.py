"""A real API server accepts what `make gen` writes, and means by it what we mean.

The kinds are installed under a group of this test's own, so that an operator that runs in the same
cluster never sees the objects.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kafka_migration.api.crd import Definition, custom_resource_definition
from kafka_migration.api.kinds import KAFKA_MIGRATION, WORKLOAD_CUTOVER
from kafka_migration.permissions import PERMISSIONS, SYSTEM_NAMESPACE, Scope

ROOT = Path(__file__).resolve().parents[3]
NAMESPACE = f"kmig-house-{os.getpid()}"  # a terminating one of the last run is not waited for
GROUP = "contract.kafka-migration.io"
OPERATOR = f"system:serviceaccount:{SYSTEM_NAMESPACE}:kmig"
VERIFIER = f"system:serviceaccount:{NAMESPACE}:kmig-verifier"


def kubectl(
    *args: str, stdin: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run kubectl of the sandbox against the sandbox; a failure shows what it said."""
    result = subprocess.run(
        [os.environ["KUBECTL"], *args],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if check:
        assert result.returncode == 0, f"{' '.join(args)}: {result.stdout}{result.stderr}"
    return result


def copy_of(definition: Definition) -> Definition:
    """The kind under this test's group."""
    return dataclasses.replace(definition, group=GROUP, short_name=f"{definition.short_name}test")


def apply(document: Any, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Apply one object."""
    return kubectl("apply", "-f", "-", *args, stdin=json.dumps(document), check=check)


def merge(kind: str, patch: Any, *args: str) -> subprocess.CompletedProcess[str]:
    """Merge a patch into the object `it`; the answer is the test's to judge."""
    body = json.dumps(patch)
    name = f"{kind}.{GROUP}"
    return kubectl(
        *("-n", NAMESPACE, "patch", name, "it", "--type=merge", "-p", body), *args, check=False
    )


def served(resource: str) -> None:
    """Wait until the server answers for a kind; Established comes a moment earlier."""
    deadline = time.monotonic() + 30
    while (answer := kubectl("get", resource, check=False)).returncode != 0:
        assert time.monotonic() < deadline, f"{resource} is not served: {answer.stderr}"
        threading.Event().wait(0.2)


CREDENTIALS = {
    "authentication": {
        "type": "plain",
        "username": "kmig",
        "passwordSecret": {"secretName": "kafka", "password": "password"},
    }
}
CLUSTER = {"bootstrapServers": "kafka:9092", **CREDENTIALS}
MIGRATION = {
    "source": CLUSTER,
    "target": CLUSTER,
    "scope": {"topics": {"include": ["orders.*"]}},
    "targetTopics": {"replicationFactor": 1},
    "replication": {
        "identities": {"source": CREDENTIALS, "target": CREDENTIALS},
        "mirrorMaker2": {"version": "4.3"},
        "reverse": "Disabled",
    },
    "desiredStage": "InventoryFrozen",
}
UNIT = {
    "migrationRef": {"namespace": "platform", "name": "it"},
    "workloads": [
        {
            "name": "writer",
            "role": "Writer",
            "binding": {"secretName": "b", "source": CREDENTIALS, "target": CREDENTIALS},
        }
    ],
    "topics": {"writes": ["orders"]},
    "pauseBudgetSeconds": 60,
    "wave": 10,
    "desiredCluster": "ByWave",
}


@pytest.fixture(scope="module", autouse=True)
def namespace() -> Iterator[None]:
    """A namespace with the Roles of both scopes; gone at the end."""
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    kubectl("apply", "--server-side", "-f", str(ROOT / "manifests" / "00-namespace.yaml"))
    kubectl("apply", "--server-side", "-f", str(ROOT / "manifests" / "10-rbac.yaml"))
    for scope in ("migration", "application"):
        folder = ROOT / "manifests" / f"{scope}-namespace"
        kubectl("apply", "--server-side", "-n", NAMESPACE, "-f", str(folder))
    yield
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="module", autouse=True)
def kinds(namespace: None) -> Iterator[None]:
    """Copies of both kinds with one object each."""
    copies = [copy_of(KAFKA_MIGRATION), copy_of(WORKLOAD_CUTOVER)]
    for copy in copies:
        apply(custom_resource_definition(copy), "--server-side")
    names = [f"crd/{copy.name}" for copy in copies]
    kubectl("wait", "--for=condition=Established", "--timeout=30s", *names)
    for copy, spec in zip(copies, (MIGRATION, UNIT), strict=True):
        served(f"{copy.plural}.{GROUP}")
        metadata = {"name": "it", "namespace": NAMESPACE}
        header = {"apiVersion": f"{GROUP}/{copy.version}", "kind": copy.kind}
        apply({**header, "metadata": metadata, "spec": spec}, "--validate=strict")
    yield
    kubectl("delete", *names, "--timeout=60s")


@pytest.mark.parametrize("definition", [KAFKA_MIGRATION, WORKLOAD_CUTOVER], ids=lambda d: d.kind)
def test_the_schema_is_structural_for_the_server(definition: Definition) -> None:
    """Established, and no NonStructuralSchema condition."""
    found = json.loads(kubectl("get", "crd", copy_of(definition).name, "-o", "json").stdout)
    conditions = {item["type"]: item["status"] for item in found["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize("definition", [KAFKA_MIGRATION, WORKLOAD_CUTOVER], ids=lambda d: d.kind)
def test_the_committed_crd_is_accepted(definition: Definition) -> None:
    """The file itself, strictly validated, without touching what is installed."""
    path = ROOT / "crds" / f"{definition.name}.yaml"
    kubectl("apply", "--dry-run=server", "--server-side", "--validate=strict", "-f", str(path))


def test_an_explicit_null_is_removed() -> None:
    """So null and absent are the same for CEL and for the reader."""
    answer = merge("kafkamigrations", {"spec": {"approval": None, "slo": None}}, "-o", "json")
    assert "approval" not in json.loads(answer.stdout)["spec"]
    operations = json.dumps([{"op": "add", "path": "/spec/targetTopics/existing", "value": None}])
    stored = kubectl(
        *("-n", NAMESPACE, "patch", f"kafkamigrations.{GROUP}", "it", "--type=json"),
        *("-p", operations, "-o", "json"),
    )
    assert "existing" not in json.loads(stored.stdout)["spec"]["targetTopics"]


def test_the_scope_is_frozen_once_a_stage_is_reached() -> None:
    """A root rule reads status; the message names the alternative."""
    reached = {"status": {"stage": "InventoryFrozen"}}
    assert merge("kafkamigrations", reached, "--subresource=status").returncode == 0
    changed = {"spec": {"scope": {"topics": {"include": ["other"]}}}}
    answer = merge("kafkamigrations", changed)
    assert answer.returncode != 0
    assert "scope is frozen" in answer.stderr
    assert "create another" in answer.stderr


def test_the_way_back_is_frozen_once_a_stage_is_reached() -> None:
    """The approved plan was made with it or without it."""
    reached = {"status": {"stage": "InventoryFrozen"}}
    assert merge("kafkamigrations", reached, "--subresource=status").returncode == 0
    answer = merge("kafkamigrations", {"spec": {"replication": {"reverse": "Enabled"}}})
    assert answer.returncode != 0
    assert "replication.reverse is frozen" in answer.stderr


def test_the_migration_of_a_unit_never_changes() -> None:
    """An immutable reference, refused at admission."""
    answer = merge("workloadcutovers", {"spec": {"migrationRef": {"name": "other"}}})
    assert answer.returncode != 0
    assert "migrationRef is immutable" in answer.stderr


def test_what_is_not_supported_is_refused_with_what_is() -> None:
    """Enums of one value name that value."""
    answer = merge("kafkamigrations", {"spec": {"replication": {"engine": "External"}}})
    assert answer.returncode != 0
    assert "MirrorMaker2" in answer.stderr


def test_no_default_is_stored() -> None:
    """Git and the cluster differ by nothing that nobody wrote."""
    stored = json.loads(
        kubectl("-n", NAMESPACE, "get", f"workloadcutovers.{GROUP}", "it", "-o", "json").stdout
    )
    assert stored["spec"] == UNIT


def can(who: str, verb: str, resource: str, namespace: str) -> bool:
    """Ask the server's authorizer; `resource` is plural.group, with /subresource if any."""
    name, _, subresource = resource.partition("/")
    arguments = ["auth", "can-i", verb, name, "-n", namespace, f"--as={who}", "-q"]
    if subresource:
        arguments.append(f"--subresource={subresource}")
    return kubectl(*arguments, check=False).returncode == 0


@pytest.mark.parametrize(
    "permission",
    [item for item in PERMISSIONS if item.scope in {Scope.MIGRATION, Scope.APPLICATION}],
    ids=lambda item: f"{item.scope}-{item.resources[0]}",
)
def test_the_operator_has_its_rights_where_the_role_is_applied_only(permission: Any) -> None:
    """The Role of a namespace grants there and nowhere else."""
    for verb in permission.verbs:
        for resource in permission.resources:
            plural, slash, subresource = resource.partition("/")
            name = f"{plural}.{permission.group}".rstrip(".") + slash + subresource
            assert can(OPERATOR, verb, name, NAMESPACE), f"{verb} {name}"
            assert not can(OPERATOR, verb, name, "kube-public"), f"{verb} {name}"


def test_nobody_of_ours_lists_secrets() -> None:
    """Not the operator, not the Jobs."""
    for who in (OPERATOR, VERIFIER):
        for verb in ("list", "watch"):
            assert not can(who, verb, "secrets", NAMESPACE)


def test_the_verifier_reaches_the_reports_of_its_own_namespace_only() -> None:
    """A RoleBinding without a subject namespace means its own."""
    assert can(VERIFIER, "patch", "configmaps", NAMESPACE)
    assert not can(VERIFIER, "get", "configmaps", "kube-public")
    assert not can(VERIFIER, "get", "secrets", NAMESPACE)


def test_the_operator_pod_passes_the_restricted_profile() -> None:
    """The namespace enforces it, so a pod of the Deployment's template is admitted or named."""
    text = (ROOT / "manifests" / "20-operator.yaml").read_text(encoding="utf-8")
    deployment = yaml.safe_load(text)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kmig-profile", "namespace": SYSTEM_NAMESPACE},
        "spec": deployment["spec"]["template"]["spec"],
    }
    apply(pod, "--dry-run=server", "--validate=strict")
    apply(deployment, "--dry-run=server", "--validate=strict")
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    refused = apply(pod, "--dry-run=server", check=False)
    assert "violates PodSecurity" in refused.stderr  # the profile is really enforced
