"""WorkersPort over the fake API server."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.workers import ConnectWorkers
from kafka_migration.errors import Refused

PATH = "/apis/apps/v1/namespaces/platform/deployments/connect"

STAMPS = {"kafka-migration.io/spec-hash": "abc", "kafka-migration.io/credentials": "def"}


def deployment(**status: Any) -> dict[str, Any]:
    labels = {"app": "connect"}
    return {
        "metadata": {"generation": 2, "annotations": dict(STAMPS)},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"spec": {"containers": [{"image": "kafka:4.3.1"}]}},
        },
        "status": status,
    }


def test_workers_that_do_not_exist(server: FakeApiServer) -> None:
    assert ConnectWorkers(server.api()).read("platform", "connect").exists is False


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({"observedGeneration": 2, "readyReplicas": 1, "updatedReplicas": 1}, 1),
        ({"observedGeneration": 1, "readyReplicas": 1, "updatedReplicas": 1}, 0),
        ({"observedGeneration": 2, "readyReplicas": 1}, 0),
    ],
)
def test_pods_of_an_older_template_are_not_ready(
    server: FakeApiServer, status: dict[str, int], ready: int
) -> None:
    server.put(PATH, deployment(**status))
    workers = ConnectWorkers(server.api()).read("platform", "connect")
    assert (workers.ready, workers.wanted) == (ready, 1)
    assert (workers.spec_hash, workers.credentials) == ("abc", "def")


def test_a_pod_that_cannot_start_is_told_without_its_output(server: FakeApiServer) -> None:
    server.put(PATH, deployment())
    ended = {"reason": "Error", "exitCode": 1, "message": "sasl.jaas.config=hunter2"}
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    container = {"name": "connect", "state": waiting, "lastState": {"terminated": ended}}
    pod = {
        "metadata": {"labels": {"app": "connect"}},
        "status": {"containerStatuses": [container]},
    }
    server.put("/api/v1/namespaces/platform/pods/connect-0", pod)
    problem = ConnectWorkers(server.api()).read("platform", "connect").problem
    assert problem is not None
    assert problem.startswith("pod connect-0 CrashLoopBackOff: container connect ended with Error")
    assert "hunter2" not in problem


def test_the_deployment_is_applied_after_what_it_mounts(server: FakeApiServer) -> None:
    metadata = {"name": "connect", "namespace": "platform"}
    manifests = [{"kind": kind, "metadata": metadata} for kind in ("Deployment", "Secret")]
    ConnectWorkers(server.api()).apply("platform", "connect", manifests)
    assert [path.split("/")[-2] for _, path in server.calls] == ["secrets", "deployments"]
    assert server.requests[0].url.params["fieldManager"] == "kmig-operator"


def test_an_object_of_another_namespace_is_not_applied(server: FakeApiServer) -> None:
    manifest = {"kind": "Secret", "metadata": {"name": "connect", "namespace": "kube-system"}}
    with pytest.raises(Refused):
        ConnectWorkers(server.api()).apply("platform", "connect", [manifest])
    assert not server.calls


def test_a_restart_changes_the_template_each_time(server: FakeApiServer) -> None:
    server.put(PATH, deployment())
    stamps = []
    for _ in range(2):
        ConnectWorkers(server.api()).restart("platform", "connect")
        template = server.objects[PATH]["spec"]["template"]
        stamps.append(template["metadata"]["annotations"]["kafka-migration.io/restarted-at"])
    assert len(set(stamps)) == 2
    assert template["spec"] == {"containers": [{"image": "kafka:4.3.1"}]}


def test_what_is_removed_is_gone_also_when_it_was_gone_before(server: FakeApiServer) -> None:
    server.put(PATH, deployment())
    for _ in range(2):
        ConnectWorkers(server.api()).remove("platform", "connect")
    assert PATH not in server.objects
    removed = {path.split("/")[-2] for method, path in server.calls if method == "DELETE"}
    assert {"deployments", "services", "secrets", "configmaps"} <= removed
