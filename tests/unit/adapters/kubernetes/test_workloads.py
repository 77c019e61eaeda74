"""WorkloadPort over the fake API server."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.workloads import Workloads
from kafka_migration.errors import Conflict, Refused

APPS = "/apis/apps/v1/namespaces/orders/deployments/writer"
CORE = "/api/v1/namespaces/orders"
HPA = "/apis/autoscaling/v2/namespaces/orders/horizontalpodautoscalers"


def deployment(replicas: int = 2) -> dict[str, Any]:
    container = {
        "name": "app",
        "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "by-env", "key": "a"}}}],
        "envFrom": [{"secretRef": {"name": "by-env-from"}}, {"configMapRef": {"name": "no"}}],
    }
    volumes = [
        {"name": "binding", "secret": {"secretName": "by-volume"}},
        {"name": "all", "projected": {"sources": [{"secret": {"name": "by-projection"}}]}},
        {"name": "tmp", "emptyDir": {}},
    ]
    return {
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "writer"}},
            "template": {"spec": {"containers": [container], "volumes": volumes}},
        }
    }


def pod(name: str, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"app": "writer"}},
        "spec": {"nodeName": "node-1"},
        "status": status,
    }


@pytest.fixture
def workloads(server: FakeApiServer) -> Workloads:
    server.put(APPS, deployment())
    return Workloads(server.api(), "kmig.local/operator:dev")


def test_a_deployment_that_does_not_exist_is_none(workloads: Workloads) -> None:
    assert workloads.read("orders", "other") is None


def test_every_way_to_reference_a_secret_is_seen(workloads: Workloads) -> None:
    found = workloads.read("orders", "writer")
    assert found is not None
    assert found.secrets == {"by-volume", "by-projection", "by-env", "by-env-from"}
    assert (found.replicas, found.selector, found.autoscaler) == (2, "app=writer", None)


def test_pods_of_every_phase_are_counted_until_they_are_gone(
    workloads: Workloads, server: FakeApiServer
) -> None:
    """A pod that is being deleted may still write."""
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}
    server.put(f"{CORE}/pods/a", pod("a", phase="Running", conditions=[ready]))
    dying = pod("b", phase="Running")
    dying["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    server.put(f"{CORE}/pods/b", dying)
    server.put(f"{CORE}/pods/c", pod("c", phase="Failed"))
    server.put(f"{CORE}/pods/d", {"metadata": {"name": "d", "labels": {"app": "other"}}})
    found = workloads.read("orders", "writer")
    assert found is not None
    assert [(p.name, p.ready, p.deleting, p.phase) for p in found.pods] == [
        ("a", True, False, "Running"),
        ("b", False, True, "Running"),
        ("c", False, False, "Failed"),
    ]
    assert found.pods[0].ready_time == "2026-01-02T03:04:05Z"
    assert found.pods[0].node == "node-1"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]},
            "ImagePullBackOff",
        ),
        (
            {"initContainerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            "CrashLoopBackOff",
        ),
        (
            {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
                ]
            },
            "Unschedulable",
        ),
        ({"containerStatuses": [{"state": {"running": {}}}]}, None),
    ],
)
def test_what_holds_a_pod_up_is_told(
    workloads: Workloads, server: FakeApiServer, status: dict[str, Any], reason: str | None
) -> None:
    server.put(f"{CORE}/pods/a", pod("a", phase="Pending", **status))
    found = workloads.read("orders", "writer")
    assert found is not None
    assert found.pods[0].waiting_reason == reason


def test_an_autoscaler_of_the_deployment_is_named(
    workloads: Workloads, server: FakeApiServer
) -> None:
    for name, target in (("other", "reader"), ("mine", "writer")):
        reference = {"kind": "Deployment", "name": target}
        server.put(f"{HPA}/{name}", {"spec": {"scaleTargetRef": reference}})
    found = workloads.read("orders", "writer")
    assert found is not None
    assert found.autoscaler == "mine"


def test_scaling_changes_nothing_but_the_replicas(
    workloads: Workloads, server: FakeApiServer
) -> None:
    workloads.scale("orders", "writer", 0)
    assert server.calls[-1] == ("PATCH", APPS + "/scale")
    assert server.objects[APPS]["spec"]["replicas"] == 0
    assert server.objects[APPS]["spec"]["template"] == deployment()["spec"]["template"]


def test_scaling_a_missing_deployment_is_a_conflict(workloads: Workloads) -> None:
    with pytest.raises(Conflict):
        workloads.scale("orders", "other", 0)


def test_a_new_binding_has_the_binding_type(workloads: Workloads, server: FakeApiServer) -> None:
    workloads.write_secret("orders", "orders-kafka", {"username": "u"}, {"l": "1"})
    body = server.objects[f"{CORE}/secrets/orders-kafka"]
    assert body["type"] == "servicebinding.io/kafka"
    assert "ownerReferences" not in body["metadata"]
    assert workloads.secret("orders", "orders-kafka") == {"username": "u"}


def test_an_existing_binding_keeps_its_type_and_loses_old_keys(
    workloads: Workloads, server: FakeApiServer
) -> None:
    """The type of a Secret cannot be changed."""
    old = {"type": "Opaque", "data": {"gone": "eA=="}, "metadata": {"labels": {"theirs": "1"}}}
    server.put(f"{CORE}/secrets/orders-kafka", old)
    workloads.write_secret("orders", "orders-kafka", {"username": "u"}, {"ours": "1"})
    body = server.objects[f"{CORE}/secrets/orders-kafka"]
    assert (body["type"], body["metadata"]["labels"]) == ("Opaque", {"theirs": "1", "ours": "1"})
    assert workloads.secret("orders", "orders-kafka") == {"username": "u"}


def test_an_immutable_binding_is_refused_by_name(
    workloads: Workloads, server: FakeApiServer
) -> None:
    server.put(f"{CORE}/secrets/orders-kafka", {"immutable": True})
    with pytest.raises(Refused, match="orders/orders-kafka is immutable"):
        workloads.write_secret("orders", "orders-kafka", {}, {})


def test_a_binding_that_another_writer_changes_at_once_is_refused(
    workloads: Workloads, server: FakeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read-back decides, not the answer to the write."""
    monkeypatch.setattr(workloads, "secret", lambda *_: {"username": "theirs"})
    with pytest.raises(Refused, match="does not hold"):
        workloads.write_secret("orders", "orders-kafka", {"username": "ours"}, {})


def test_bytes_that_are_no_text_survive(workloads: Workloads, server: FakeApiServer) -> None:
    raw = base64.b64encode(b"\xff\x00keystore").decode()
    server.put(f"{CORE}/secrets/orders-kafka", {"data": {"store.p12": raw}})
    read = workloads.secret("orders", "orders-kafka")
    assert read is not None
    workloads.write_secret("orders", "orders-kafka", read, {})
    assert server.objects[f"{CORE}/secrets/orders-kafka"]["data"]["store.p12"] == raw


def test_a_probe_pod_is_pinned_restricted_and_carries_no_token(
    workloads: Workloads, server: FakeApiServer
) -> None:
    workloads.start_probe("orders", "probe-1", "orders-kafka", "node-1")
    spec = server.objects[f"{CORE}/pods/probe-1"]["spec"]
    assert spec["nodeName"] == "node-1"
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["volumes"][0]["secret"]["secretName"] == "orders-kafka"


def test_a_probe_pod_that_exists_is_not_taken_for_a_new_one(workloads: Workloads) -> None:
    """Its answer may be older than the switch."""
    workloads.start_probe("orders", "probe-1", "orders-kafka", None)
    with pytest.raises(Conflict):
        workloads.start_probe("orders", "probe-1", "orders-kafka", None)
    workloads.remove_probe("orders", "probe-1")
    assert workloads.probe("orders", "probe-1") is None


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"phase": "Pending"}, None),
        (
            {
                "phase": "Succeeded",
                "containerStatuses": [{"state": {"terminated": {"message": "{}"}}}],
            },
            "{}",
        ),
        ({"phase": "Failed", "reason": "DeadlineExceeded"}, "DeadlineExceeded"),
    ],
)
def test_the_words_of_a_probe_pod(
    workloads: Workloads, server: FakeApiServer, status: dict[str, Any], message: str | None
) -> None:
    server.put(f"{CORE}/pods/probe-1", {"status": status})
    probe = workloads.probe("orders", "probe-1")
    assert probe is not None
    assert (probe.phase, probe.message) == (status["phase"], message)
