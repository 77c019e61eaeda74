"""Values of Secrets that a spec names."""

from __future__ import annotations

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.secrets import Secrets
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason

PATH = "/api/v1/namespaces/platform/secrets/cc"


def test_a_value_is_decoded(server: FakeApiServer) -> None:
    server.put(PATH, {"data": {"password": "aHVudGVyMg=="}})
    assert Secrets(server.api()).value("platform", "cc", "password") == "hunter2"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "platform/cc does not exist"),
        ({"other": "eA=="}, "platform/cc has no key 'password'"),
        ({"password": ""}, "is empty"),
        ({"password": "/w=="}, "is not UTF-8 text"),
        ({"password": "%%"}, "is not UTF-8 text"),
    ],
)
def test_what_is_missing_is_named(
    server: FakeApiServer, data: dict[str, str] | None, words: str
) -> None:
    if data is not None:
        server.put(PATH, {"data": data})
    with pytest.raises(Refused, match=words) as caught:
        Secrets(server.api()).value("platform", "cc", "password")
    assert caught.value.reason is Reason.SECRET_MISSING
