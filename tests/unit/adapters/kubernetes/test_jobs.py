"""JobPort over the fake API server."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.jobs import Jobs
from kafka_migration.errors import Conflict, Refused

CORE = "/api/v1/namespaces/platform"
JOB = "/apis/batch/v1/namespaces/platform/jobs/verify-1"
SPEC = {"owner": {"name": "leave", "uid": "uid-1"}, "mode": "Full"}


@pytest.fixture
def jobs(server: FakeApiServer) -> Jobs:
    jobs = Jobs(server.api(), "kmig.local/operator:dev")
    jobs.start("platform", "verify-1", SPEC, {"source.password": "hunter2"}, "uid-1")
    return jobs


def test_the_specification_and_the_passwords_are_apart(jobs: Jobs, server: FakeApiServer) -> None:
    spec = server.objects[f"{CORE}/configmaps/verify-1-spec"]["data"]["spec.json"]
    assert json.loads(spec) == SPEC
    creds = server.objects[f"{CORE}/secrets/verify-1-creds"]["data"]
    assert base64.b64decode(creds["source.password"]) == b"hunter2"
    elsewhere = [body for path, body in server.objects.items() if "/secrets/" not in path]
    assert "hunter2" not in json.dumps(elsewhere)


def test_every_object_belongs_to_the_migration(jobs: Jobs, server: FakeApiServer) -> None:
    for body in server.objects.values():
        (owner,) = body["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("KafkaMigration", "leave", "uid-1")


def test_the_pod_gets_files_and_the_names_of_its_two_config_maps(
    jobs: Jobs, server: FakeApiServer
) -> None:
    pod = server.objects[JOB]["spec"]["template"]["spec"]
    assert pod["containers"][0]["args"] == [
        "verify",
        *("--spec", "/spec/spec.json", "--credentials", "/creds"),
        *("--report", "verify-1-report", "--input", "verify-1-input"),
    ]
    assert pod["serviceAccountName"] == "kmig-verifier"


def test_a_job_that_exists_is_left_alone_with_its_report(jobs: Jobs, server: FakeApiServer) -> None:
    server.objects[f"{CORE}/configmaps/verify-1-report"]["data"] = {"report.json": '{"a": 1}'}
    with pytest.raises(Conflict):
        jobs.start("platform", "verify-1", SPEC, {}, "uid-1")
    assert jobs.report("platform", "verify-1") == {"a": 1}


def test_a_start_that_was_cut_short_is_finished_by_the_next(
    jobs: Jobs, server: FakeApiServer
) -> None:
    """An old report must not pass for that of the new Job."""
    del server.objects[JOB]
    server.objects[f"{CORE}/configmaps/verify-1-report"]["data"] = {"report.json": '{"a": 1}'}
    jobs.start("platform", "verify-1", SPEC, {}, "uid-1")
    assert jobs.report("platform", "verify-1") is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, (0, 0, 0)),
        ({"active": 1}, (1, 0, 0)),
        ({"active": 1, "failed": 2}, (1, 0, 0)),
        ({"succeeded": 1}, (0, 1, 0)),
        ({"failed": 4, "conditions": [{"type": "Failed", "status": "True"}]}, (0, 0, 4)),
        ({"conditions": [{"type": "Failed", "status": "True"}]}, (0, 0, 1)),
    ],
)
def test_only_a_failed_condition_is_failure(
    jobs: Jobs, server: FakeApiServer, status: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    """Pods that failed are tried again until the limit."""
    server.objects[JOB]["status"] = status
    state = jobs.state("platform", "verify-1")
    assert state is not None
    assert (state.active, state.succeeded, state.failed) == expected


def test_what_holds_a_job_up_is_told(jobs: Jobs, server: FakeApiServer) -> None:
    labels = {"batch.kubernetes.io/job-name": "verify-1"}
    waiting = {"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}
    server.put(
        f"{CORE}/pods/p",
        {"metadata": {"labels": labels}, "status": {"containerStatuses": [waiting]}},
    )
    state = jobs.state("platform", "verify-1")
    assert state is not None
    assert state.message == "ErrImagePull: no such image"


def test_a_job_without_a_pod_says_so(jobs: Jobs) -> None:
    """A missing ServiceAccount shows nowhere else."""
    state = jobs.state("platform", "verify-1")
    assert state is not None
    assert state.message.startswith("no pod yet")


@pytest.mark.parametrize("text", ["{", "[]"])
def test_an_unreadable_report_is_no_missing_report(
    jobs: Jobs, server: FakeApiServer, text: str
) -> None:
    server.objects[f"{CORE}/configmaps/verify-1-report"]["data"] = {"report.json": text}
    with pytest.raises(Refused):
        jobs.report("platform", "verify-1")


def test_instructions_reach_the_input(jobs: Jobs, server: FakeApiServer) -> None:
    jobs.instruct("platform", "verify-1", {"F": 1})
    data = server.objects[f"{CORE}/configmaps/verify-1-input"]["data"]
    assert json.loads(data["input.json"]) == {"F": 1}


def test_deleting_leaves_nothing_and_may_be_repeated(jobs: Jobs, server: FakeApiServer) -> None:
    jobs.delete("platform", "verify-1")
    jobs.delete("platform", "verify-1")
    assert not server.objects
