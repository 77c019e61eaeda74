"""The pods that ask from a workload's place: what they mount, and what they must not carry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.probe_pods import QUESTION
from kafka_migration.adapters.kubernetes.workloads import Workloads
from kafka_migration.errors import Conflict
from kafka_migration.model.kubernetes import Key, Loaded, PlaceProbe

CORE = "/api/v1/namespaces/orders"
OWNER = Loaded(Key("WorkloadCutover", "orders", "writer"), "u-1", 1, "1", False, (), {}, {})
PROBE = PlaceProbe("place-1", "node-1", "app", OWNER, "app-target", "secret-key", '{"ca": "x"}')


@pytest.fixture
def pod(server: FakeApiServer) -> dict[str, Any]:
    Workloads(server.api(), "kmig.local/operator:dev").start_place_probe("orders", PROBE)
    found: dict[str, Any] = server.objects[f"{CORE}/pods/place-1"]
    return found


def test_only_the_password_is_mounted_and_nothing_of_it_stands_in_the_pod(
    pod: dict[str, Any],
) -> None:
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert volumes["credentials"]["secret"] == {
        "secretName": "app-target",
        "items": [{"key": "secret-key", "path": "password"}],
    }
    assert set(volumes) == {"credentials", "place"}
    assert "env" not in pod["spec"]["containers"][0]
    assert pod["metadata"]["annotations"] == {QUESTION: PROBE.question}


def test_it_runs_where_the_workload_runs_and_is_taken_for_no_pod_of_it(
    pod: dict[str, Any],
) -> None:
    spec = pod["spec"]
    assert (spec["nodeName"], spec["serviceAccountName"]) == ("node-1", "app")
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["automountServiceAccountToken"] is False
    assert spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    assert pod["metadata"]["labels"] == {"kafka-migration.io/probe": "place"}


def test_it_goes_with_its_unit(pod: dict[str, Any]) -> None:
    (owner,) = pod["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("WorkloadCutover", "writer", "u-1")


def test_the_arguments_name_the_files_that_are_mounted(pod: dict[str, Any]) -> None:
    container = pod["spec"]["containers"][0]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert container["args"] == [
        "probe-place",
        "--place",
        f"{mounts['place']}/question",
        "--password",
        f"{mounts['credentials']}/password",
    ]
    assert json.loads(PROBE.question)


def test_one_that_exists_is_not_taken_for_a_new_one(server: FakeApiServer) -> None:
    workloads = Workloads(server.api(), "kmig.local/operator:dev")
    workloads.start_place_probe("orders", PROBE)
    with pytest.raises(Conflict):
        workloads.start_place_probe("orders", PROBE)


@pytest.mark.parametrize(
    ("status", "ended", "reason"),
    [
        (
            {
                "phase": "Failed",
                "containerStatuses": [{"state": {"terminated": {"finishedAt": "T2"}}}],
            },
            "T2",
            None,
        ),
        ({"phase": "Failed", "reason": "OutOfcpu"}, "T1", None),
        (
            {
                "phase": "Pending",
                "containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}],
            },
            None,
            "ErrImagePull",
        ),
    ],
)
def test_when_a_probe_ended_and_what_holds_it_up(
    server: FakeApiServer, status: dict[str, Any], ended: str | None, reason: str | None
) -> None:
    metadata = {"name": "place-1", "creationTimestamp": "T1"}
    server.put(f"{CORE}/pods/place-1", {"metadata": metadata, "status": status})
    found = Workloads(server.api(), "image").probe("orders", "place-1")
    assert found is not None
    assert (found.ended, found.waiting_reason) == (ended, reason)
