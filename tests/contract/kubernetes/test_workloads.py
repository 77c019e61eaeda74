"""Workloads, probe pods, Jobs and the Lease in a real cluster, under the restricted profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from tests.contract.kubernetes.waiting import until

from kafka_migration.adapters.kubernetes import jobs as job_adapter
from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.adapters.kubernetes.jobs import Jobs
from kafka_migration.adapters.kubernetes.lease import Elector
from kafka_migration.adapters.kubernetes.probe_pods import place_pod
from kafka_migration.adapters.kubernetes.workloads import Workloads
from kafka_migration.errors import Invalid
from kafka_migration.model.kubernetes import Key, Loaded, PlaceProbe, ProbePod, Workload
from kafka_migration.pod_security import container_security, pod_security

IMAGE = "kmig.local/kafka:4.3.1"  # the sandbox always has it


@pytest.fixture(scope="module")
def workloads(api: Api, namespace: str) -> Iterator[Workloads]:
    """A Deployment that sleeps with its binding mounted."""
    made = Workloads(api, IMAGE)
    made.write_secret(namespace, "sleeper-kafka", {"cluster": "source"}, {"by": "contract"})
    container = {
        "name": "sleep",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "600"],
        "securityContext": container_security(),
        "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}},
        "volumeMounts": [{"name": "binding", "mountPath": "/bindings/kafka"}],
    }
    pod = {
        "terminationGracePeriodSeconds": 1,
        "securityContext": pod_security(),
        "containers": [container],
        "volumes": [{"name": "binding", "secret": {"secretName": "sleeper-kafka"}}],
    }
    labels = {"app": "sleeper"}
    body: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "sleeper", "namespace": namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    api.create(paths.apps(namespace, "deployments"), body)
    yield made
    api.delete(paths.apps(namespace, "deployments", "sleeper"))


def read(workloads: Workloads, namespace: str) -> Workload:
    found = workloads.read(namespace, "sleeper")
    assert found is not None
    return found


def one_ready(workloads: Workloads, namespace: str) -> Workload | None:
    found = read(workloads, namespace)
    return found if [pod.ready for pod in found.pods] == [True] else None


def test_a_running_workload_is_told_with_its_pod_and_binding(
    workloads: Workloads, namespace: str
) -> None:
    found = until("the pod is ready", lambda: one_ready(workloads, namespace))
    assert found.secrets == {"sleeper-kafka"}
    assert found.pods[0].node
    assert found.pods[0].ready_time is not None
    assert found.autoscaler is None


def test_pods_of_a_drained_workload_are_seen_until_they_are_gone(
    workloads: Workloads, namespace: str
) -> None:
    until("the pod is ready", lambda: one_ready(workloads, namespace))
    workloads.scale(namespace, "sleeper", 0)
    assert read(workloads, namespace).replicas == 0
    until("its pods are gone", lambda: not read(workloads, namespace).pods)
    workloads.scale(namespace, "sleeper", 1)
    until("the pod is ready again", lambda: one_ready(workloads, namespace))


def test_a_binding_is_replaced_whole_and_keeps_its_type(
    workloads: Workloads, api: Api, namespace: str
) -> None:
    workloads.write_secret(namespace, "flipped", {"cluster": "source", "old": "x"}, {})
    workloads.write_secret(namespace, "flipped", {"cluster": "target"}, {})
    assert workloads.secret(namespace, "flipped") == {"cluster": "target"}
    body = api.get(paths.core(namespace, "secrets", "flipped"))
    assert body is not None
    assert body["type"] == "servicebinding.io/kafka"


def test_a_deployment_that_does_not_exist_cannot_be_scaled(
    workloads: Workloads, namespace: str
) -> None:
    assert workloads.read(namespace, "nobody") is None


def test_a_probe_pod_runs_on_its_node_under_the_restricted_profile(
    workloads: Workloads, namespace: str
) -> None:
    """This image has no `kmig probe`; that it is admitted, placed and ends is what is asked."""
    found = until("the pod is ready", lambda: one_ready(workloads, namespace))
    node = found.pods[0].node
    workloads.start_probe(namespace, "probe-1", "sleeper-kafka", node)

    def ended() -> bool:
        probe = workloads.probe(namespace, "probe-1")
        return probe is not None and probe.phase in {"Failed", "Succeeded"}

    until("the probe pod ended", ended)
    probe = workloads.probe(namespace, "probe-1")
    assert probe is not None
    assert probe.node == node
    workloads.remove_probe(namespace, "probe-1")
    until("the probe pod is gone", lambda: workloads.probe(namespace, "probe-1") is None)
    workloads.remove_probe(namespace, "probe-1")


# As `kmig probe-place` would find them; this image has a shell instead.
LOOK = """
test "$(wc -c < /place/question)" -gt 200000
test "$(ls /credentials) $(cat /credentials/password)" = "password x"
printf '{"brokers": 1}' > /dev/termination-log
"""


def place_probe(workloads: Workloads, namespace: str) -> PlaceProbe:
    found = until("the pod is ready", lambda: one_ready(workloads, namespace))
    node = found.pods[0].node
    assert node is not None
    key = Key("WorkloadCutover", namespace, "gone")
    owner = Loaded(key, str(uuid4()), 1, "1", False, (), {}, {})
    question = '{"ca": "' + "x" * 200_000 + '"}'  # a whole trust store
    return PlaceProbe("place-1", node, "default", owner, "target-user", "password", question)


def test_a_place_probe_gets_its_question_and_only_the_password(
    workloads: Workloads, api: Api, namespace: str
) -> None:
    """Under the restricted profile; nothing else of the Secret is mounted."""
    workloads.write_secret(namespace, "target-user", {"password": "x", "other": "y"}, {})
    probe = place_probe(workloads, namespace)
    manifest = place_pod(namespace, probe, IMAGE)
    del manifest["metadata"]["ownerReferences"]  # that owner is not there
    del manifest["spec"]["containers"][0]["args"]
    manifest["spec"]["containers"][0]["command"] = ["sh", "-ec", LOOK]
    api.create(paths.core(namespace, "pods"), manifest)

    def ended() -> ProbePod | None:
        seen = workloads.probe(namespace, probe.name)
        return seen if seen is not None and seen.phase in {"Failed", "Succeeded"} else None

    found = until("the place probe ended", ended)
    assert (found.node, found.message) == (probe.node, '{"brokers": 1}')
    assert found.ended is not None
    workloads.remove_probe(namespace, probe.name)
    until("it is gone", lambda: workloads.probe(namespace, probe.name) is None)


def test_a_place_probe_goes_with_its_unit(workloads: Workloads, namespace: str) -> None:
    """Its owner does not exist any more: the garbage collector sees to it."""
    probe = place_probe(workloads, namespace)
    workloads.start_place_probe(namespace, probe)
    until("it is gone", lambda: workloads.probe(namespace, probe.name) is None)


def test_a_job_says_why_it_does_not_start_and_is_deleted_whole(
    api: Api, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The namespace has no ServiceAccount kmig-verifier, so no pod can be made."""
    config_map = {"apiVersion": "v1", "kind": "ConfigMap"}
    metadata = {"name": "owner", "namespace": namespace}
    made = api.create(paths.core(namespace, "configmaps"), config_map | {"metadata": metadata})
    owner = {"name": "owner", "uid": made["metadata"]["uid"]}
    # Objects of an owner that does not exist are collected at once; a KafkaMigration does.
    monkeypatch.setattr(job_adapter, "_owner", lambda *_: config_map | owner)
    jobs = Jobs(api, IMAGE)
    spec = {"owner": owner, "mode": "Full"}
    jobs.start(namespace, "verify-1", spec, {"source.password": "x"}, owner["uid"])
    state = jobs.state(namespace, "verify-1")
    assert state is not None
    assert state.message.startswith("no pod yet")
    jobs.instruct(namespace, "verify-1", {"F": 1})
    assert jobs.report(namespace, "verify-1") is None
    jobs.delete(namespace, "verify-1")
    until("the Job is gone", lambda: jobs.state(namespace, "verify-1") is None)


def test_one_elector_leads_and_hands_over_when_it_stops(api: Api, namespace: str) -> None:
    first = Elector(api, namespace, "contract", "first")
    second = Elector(api, namespace, "contract", "second")
    first.start()
    assert first.wait_acquired(10)
    second.start()
    assert not second.wait_acquired(5)
    first.check(5)
    first.stop()
    assert second.wait_acquired(10)
    second.check(5)
    second.stop()


def test_a_name_of_a_users_cannot_reach_another_namespace(
    workloads: Workloads, namespace: str
) -> None:
    with pytest.raises(Invalid):
        workloads.secret(namespace, "../../kube-system/secrets/x")
