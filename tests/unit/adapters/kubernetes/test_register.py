"""RegisterPort over the fake API server."""

from __future__ import annotations

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.register import Register
from kafka_migration.errors import Conflict, Refused

PATH = "/api/v1/namespaces/platform/configmaps/kmig-fences"


@pytest.fixture
def register(server: FakeApiServer) -> Register:
    return Register(server.api())


def test_an_absent_register_is_empty_and_without_version(register: Register) -> None:
    assert register.read("platform", "kmig-fences") == ({}, "")


def test_a_document_comes_back_with_the_version_that_writing_returned(register: Register) -> None:
    version = register.write("platform", "kmig-fences", {"entries": []}, "")
    assert register.read("platform", "kmig-fences") == ({"entries": []}, version)
    newer = register.write("platform", "kmig-fences", {"entries": [1]}, version)
    assert register.read("platform", "kmig-fences") == ({"entries": [1]}, newer)


def test_a_write_against_an_older_version_is_a_conflict(register: Register) -> None:
    version = register.write("platform", "kmig-fences", {"a": 1}, "")
    register.write("platform", "kmig-fences", {"a": 2}, version)
    with pytest.raises(Conflict):
        register.write("platform", "kmig-fences", {"a": 3}, version)


def test_creating_over_an_existing_register_is_a_conflict(register: Register) -> None:
    register.write("platform", "kmig-fences", {"a": 1}, "")
    with pytest.raises(Conflict):
        register.write("platform", "kmig-fences", {}, "")


def test_a_register_that_vanished_is_a_conflict(register: Register) -> None:
    version = register.write("platform", "kmig-fences", {"a": 1}, "")
    register.delete("platform", "kmig-fences")
    with pytest.raises(Conflict):
        register.write("platform", "kmig-fences", {"a": 2}, version)


@pytest.mark.parametrize("data", [{}, {"register.json": "{"}, {"register.json": "[]"}])
def test_an_unreadable_register_is_never_empty(
    register: Register, server: FakeApiServer, data: dict[str, str]
) -> None:
    """Empty would mean that no fence stands."""
    server.put(PATH, {"data": data})
    with pytest.raises(Refused):
        register.read("platform", "kmig-fences")


def test_the_register_has_no_owner(register: Register, server: FakeApiServer) -> None:
    register.write("platform", "kmig-fences", {}, "")
    assert "ownerReferences" not in server.objects[PATH]["metadata"]
