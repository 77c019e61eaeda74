"""The JSON client: what each answer becomes."""

from __future__ import annotations

import httpx
import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api
from kafka_migration.adapters.kubernetes.errors import failure
from kafka_migration.errors import Conflict, Invalid, KmigError, Refused, Unavailable
from kafka_migration.model.reasons import Reason

PATH = "/api/v1/namespaces/a/configmaps/b"


def answering(response: httpx.Response) -> Api:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: response), base_url="https://fake")
    return Api(http, lambda: None)


@pytest.mark.parametrize(
    ("method", "code", "kind", "reason"),
    [
        ("GET", 401, Refused, Reason.AUTH_FAILED),
        ("GET", 403, Refused, Reason.NOT_AUTHORIZED),
        ("PUT", 404, Conflict, Reason.PROGRESSING),
        ("PUT", 409, Conflict, Reason.PROGRESSING),
        ("PUT", 422, Refused, Reason.INTERNAL_ERROR),
        ("GET", 429, Unavailable, Reason.UNREACHABLE),
        ("GET", 500, Unavailable, Reason.UNREACHABLE),
        ("GET", 503, Unavailable, Reason.UNREACHABLE),
    ],
)
def test_each_status_becomes_one_kind_of_error(
    method: str, code: int, kind: type[KmigError], reason: Reason
) -> None:
    """The loop decides by the kind of error alone."""
    error = failure(method, PATH, code, b'{"message": "words"}')
    assert type(error) is kind
    assert error.reason is reason
    assert "words" in error.message


def test_the_servers_words_about_a_secret_are_not_repeated() -> None:
    """A refusal may quote the value that it refuses."""
    error = failure("PUT", "/api/v1/namespaces/a/secrets/b", 422, b'{"message": "hunter2"}')
    assert "hunter2" not in str(error)


def test_a_timeout_is_unavailable(server: FakeApiServer) -> None:
    server.fail_next = [httpx.ReadTimeout("slow")]
    with pytest.raises(Unavailable, match="ReadTimeout"):
        server.api().get(PATH)


def test_an_object_that_does_not_exist_is_none(server: FakeApiServer) -> None:
    assert server.api().get(PATH) is None


def test_a_kind_that_is_not_served_is_no_missing_object() -> None:
    """Without its CRD every KafkaMigration would look deleted."""
    api = answering(httpx.Response(404, text="404 page not found"))
    with pytest.raises(Refused):
        api.get(PATH)
    with pytest.raises(Refused, match="install the CRDs"):
        api.items("/apis/kafka-migration.io/v1alpha1/kafkamigrations")


def test_an_answer_that_is_no_object_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        answering(httpx.Response(200, text="<html>")).get(PATH)


def test_every_request_carries_a_timeout_and_the_token(server: FakeApiServer) -> None:
    """httpx passes the limits to the transport, where they can be seen."""
    server.api().within(3).get(PATH)
    request = server.requests[0]
    assert request.extensions["timeout"] == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert request.headers["Authorization"] == "Bearer token"


def test_deleting_what_is_gone_is_false(server: FakeApiServer) -> None:
    server.put(PATH, {})
    assert server.api().delete(PATH) is True
    assert server.api().delete(PATH) is False


@pytest.mark.parametrize("name", ["../../kube-system", "a/b", "", "A", "a..b", "a" * 254])
def test_a_name_cannot_become_another_path(name: str) -> None:
    """Names come from specs that users write."""
    with pytest.raises(Invalid):
        paths.core("namespace", "secrets", name)
