"""ConnectPort over httpx.MockTransport: what is sent, and what each answer becomes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kafka_migration.adapters.connect import ConnectClient, literal_topics
from kafka_migration.errors import KmigError, Refused, Unavailable
from kafka_migration.model.connect import OFFSET_RESET
from kafka_migration.model.kafka import Partition

TOPICS = r"\Qorders\E|\Qpay.ments\E"


class Connect:
    """Answers by (method, path with query); records what was sent."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], httpx.Response | Exception] = {}
        self.sent: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        body = json.loads(request.content) if request.content else None
        self.sent.append((request.method, path, body))
        answer = self.answers[request.method, path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self) -> ConnectClient:
        return ConnectClient("http://connect", "operator", "pw", httpx.MockTransport(self))

    def says(self, method: str, path: str, code: int, body: Any = None) -> None:
        self.answers[method, path] = httpx.Response(code, json=body)


@pytest.fixture
def connect() -> Connect:
    return Connect()


def listed(connect: Connect, names: list[str], expanded: dict[str, Any]) -> None:
    connect.says("GET", "/connectors", 200, names)
    connect.says("GET", "/connectors?expand=info&expand=status", 200, expanded)


def info(*tasks: int, topics: str = TOPICS) -> dict[str, Any]:
    return {"config": {"topics": topics}, "tasks": [{"connector": "m", "task": n} for n in tasks]}


def test_a_connector_is_told_with_state_tasks_and_topics(connect: Connect) -> None:
    status = {
        "connector": {"state": "RUNNING"},
        "tasks": [{"id": 0, "state": "FAILED", "trace": "java.X: boom\n at y"}],
    }
    listed(connect, ["m"], {"m": {"info": info(0), "status": status}})
    found = connect.client().connectors()["m"]
    assert (found.state, found.tasks, found.trace) == ("RUNNING", {0: "FAILED"}, "java.X: boom")
    assert found.topics == {"orders", "pay.ments"}


def test_a_failure_is_told_with_the_cause_behind_all_others(connect: Connect) -> None:
    trace = (
        "java.X: flush failed\n\tat y\nCaused by: java.Y: in error state\n\tat z\n"
        "Caused by: java.Z: larger than the max message size\n\t... 3 more"
    )
    failed = [{"id": 0, "state": "FAILED", "trace": trace}]
    status = {"connector": {"state": "RUNNING"}, "tasks": failed}
    listed(connect, ["m"], {"m": {"info": info(0), "status": status}})
    said = connect.client().connectors()["m"].trace
    assert said == "java.X: flush failed; Caused by: java.Z: larger than the max message size"


def test_a_connector_left_out_of_the_expanded_list_is_not_absent(connect: Connect) -> None:
    """Right after a restart a worker knows its configuration before its status."""
    listed(connect, ["m"], {})
    connect.says("GET", "/connectors/m", 200, info(0, 1))
    found = connect.client().connectors()["m"]
    assert (found.state, found.tasks) == ("UNASSIGNED", {0: "UNASSIGNED", 1: "UNASSIGNED"})


def test_a_configured_task_without_status_still_counts(connect: Connect) -> None:
    """STOPPED with tasks is not stopped."""
    status = {"connector": {"state": "STOPPED"}, "tasks": []}
    listed(connect, ["m"], {"m": {"info": info(0), "status": status}})
    assert connect.client().connectors()["m"].tasks == {0: "UNASSIGNED"}


def test_a_connector_deleted_in_between_is_absent(connect: Connect) -> None:
    listed(connect, ["m"], {})
    connect.says("GET", "/connectors/m", 404, {"message": "not found"})
    assert connect.client().connectors() == {}


@pytest.mark.parametrize("topics", ["", "orders.*", r"\Qa\E|b", r"\Q\E"])
def test_topics_in_another_form_are_refused(topics: str) -> None:
    """An absent or foreign list may mean every topic there is."""
    with pytest.raises(Refused):
        literal_topics({"topics": topics})


def test_a_connector_is_created_stopped(connect: Connect) -> None:
    connect.says("POST", "/connectors", 201, {})
    connect.client().create("m", {"a": "b"})
    body = {"name": "m", "config": {"a": "b"}, "initial_state": "STOPPED"}
    assert connect.sent == [("POST", "/connectors", body)]


def test_an_existing_name_is_refused_and_a_rebalance_is_not(connect: Connect) -> None:
    """Both are answered with 409."""
    connect.says("POST", "/connectors", 409, {"message": "Connector m already exists"})
    with pytest.raises(Refused):
        connect.client().create("m", {})
    connect.says("POST", "/connectors", 409, {"message": "rebalance in process"})
    with pytest.raises(Unavailable):
        connect.client().create("m", {})


def test_configuring_never_creates(connect: Connect) -> None:
    """PUT on a missing connector would create it, running."""
    connect.says("GET", "/connectors/m", 404, {"message": "Connector m not found"})
    with pytest.raises(Refused):
        connect.client().configure("m", {})
    assert [method for method, _, _ in connect.sent] == ["GET"]


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (lambda c: c.stop("m"), "PUT", "/connectors/m/stop"),
        (lambda c: c.resume("m"), "PUT", "/connectors/m/resume"),
        (lambda c: c.delete("m"), "DELETE", "/connectors/m"),
        (lambda c: c.delete_offsets("m"), "DELETE", "/connectors/m/offsets"),
    ],
)
def test_verbs_reach_their_path(
    connect: Connect, call: Callable[[ConnectClient], None], method: str, path: str
) -> None:
    connect.says(method, path, 204)
    call(connect.client())
    assert connect.sent == [(method, path, None)]


def test_deleting_a_missing_connector_is_no_error(connect: Connect) -> None:
    connect.says("DELETE", "/connectors/m", 404, {"message": "not found"})
    connect.client().delete("m")


def test_stored_offsets_are_told_apart_by_alias(connect: Connect) -> None:
    """An entry under a wrong alias is accepted by Connect and used by nothing."""
    entries = [
        {"partition": {"cluster": c, "topic": "t", "partition": p}, "offset": {"offset": o}}
        for c, p, o in (("s1", 0, 41), ("s1", 1, 7), ("other", 0, 3))
    ]
    connect.says("GET", "/connectors/m/offsets", 200, {"offsets": entries})
    stored = connect.client().offsets("m", "s1")
    assert stored.offsets == {Partition("t", 0): 41, Partition("t", 1): 7}
    assert len(stored.foreign) == 1
    assert "other" in stored.foreign[0]


@pytest.mark.parametrize("entry", [{}, {"partition": {"file": "x"}, "offset": {}}])
def test_an_offset_that_is_none_of_a_mirror_is_refused(
    connect: Connect, entry: dict[str, Any]
) -> None:
    connect.says("GET", "/connectors/m/offsets", 200, {"offsets": [entry]})
    with pytest.raises(Refused):
        connect.client().offsets("m", "s1")


def test_offsets_are_altered_and_removed_by_key(connect: Connect) -> None:
    connect.says("PATCH", "/connectors/m/offsets", 200, {"message": "done"})
    wanted = {Partition("t", 0): 41, Partition("t", 1): None}
    connect.client().alter_offsets("m", "s1", wanted)
    assert connect.sent[0][2] == {
        "offsets": [
            {
                "partition": {"cluster": "s1", "topic": "t", "partition": 0},
                "offset": {"offset": 41},
            },
            {"partition": {"cluster": "s1", "topic": "t", "partition": 1}, "offset": None},
        ]
    }


def test_fencing_removes_an_entry_that_does_not_exist(connect: Connect) -> None:
    connect.says("PATCH", "/connectors/m/offsets", 200, {"message": "done"})
    connect.client().fence_producers("m", "s1")
    key = {"cluster": "s1", "topic": "kmig-fence-none", "partition": 0}
    assert connect.sent[0][2] == {"offsets": [{"partition": key, "offset": None}]}


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (400, "Connectors must be in the STOPPED state", Refused),
        (404, "Connector m not found", Refused),
        (409, "rebalance", Unavailable),
        (422, "invalid", Refused),
        (500, "Failed to fence", Refused),
        (500, "Request timed out", Unavailable),
        (503, "starting", Unavailable),
    ],
)
def test_only_200_proves_that_producers_are_fenced(
    connect: Connect, code: int, message: str, kind: type[KmigError]
) -> None:
    connect.says("PATCH", "/connectors/m/offsets", code, {"message": message})
    with pytest.raises(kind) as caught:
        connect.client().fence_producers("m", "s1")
    assert message in str(caught.value)


def test_a_lost_answer_is_unavailable(connect: Connect) -> None:
    connect.answers["PUT", "/connectors/m/stop"] = httpx.ReadTimeout("slow")
    with pytest.raises(Unavailable):
        connect.client().stop("m")


@pytest.mark.parametrize(
    "words",
    [
        'Invalid value X required password="hunter2"; for sasl.jaas.config',
        "sasl.jaas.config=hunter2",
        "fine\nhunter2",
    ],
)
def test_no_credential_is_repeated(connect: Connect, words: str) -> None:
    connect.says("POST", "/connectors", 400, {"message": words})
    with pytest.raises(Refused) as caught:
        connect.client().create("m", {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (httpx.Response(200, json={}), True),
        (httpx.Response(503, json={}), False),
        (httpx.ConnectError("refused"), False),
    ],
)
def test_a_worker_is_ready_when_its_herder_answers(
    connect: Connect, answer: httpx.Response | Exception, *, ready: bool
) -> None:
    connect.answers["GET", "/health"] = answer
    assert connect.client().ready() is ready


def test_a_wrong_rest_password_is_not_merely_not_ready(connect: Connect) -> None:
    connect.says("GET", "/health", 401, {})
    with pytest.raises(Refused, match="password"):
        connect.client().ready()


def test_a_name_is_one_segment_of_the_path(connect: Connect) -> None:
    connect.says("PUT", "/connectors/a%2Fb%20c/stop", 204)
    connect.client().stop("a/b c")


def test_a_worker_that_still_starts_makes_nothing_absent(connect: Connect) -> None:
    """It answers 404 to every path, in HTML; a connector would look deleted."""
    page = httpx.Response(404, text="<html>Not Found</html>")
    for method, path in (
        ("GET", "/connectors"),
        ("GET", "/connectors/m/offsets"),
        ("DELETE", "/connectors/m"),
    ):
        connect.answers[method, path] = page
    client = connect.client()
    for call in (
        client.connectors,
        lambda: client.offsets("m", "s1"),
        lambda: client.delete("m"),
    ):
        with pytest.raises(Unavailable):
            call()


def test_only_what_failed_is_restarted(connect: Connect) -> None:
    path = "/connectors/m/restart?includeTasks=true&onlyFailed=true"
    connect.says("POST", path, 202, {})
    connect.client().restart_failed("m")
    assert connect.sent == [("POST", path, None)]


@pytest.mark.parametrize(("said", "reset"), [({}, "earliest"), ({OFFSET_RESET: "none"}, "none")])
def test_what_a_mirror_does_without_an_offset_is_read_back(
    connect: Connect, said: dict[str, str], reset: str
) -> None:
    known = info(0)
    known["config"] |= said
    listed(connect, ["m"], {"m": {"info": known, "status": {"connector": {"state": "RUNNING"}}}})
    assert connect.client().connectors()["m"].offset_reset == reset
