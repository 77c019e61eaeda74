"""`kmig` against an API server in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer
from typer.testing import CliRunner, Result

from kafka_migration import cli
from kafka_migration.adapters.kubernetes import paths
from kafka_migration.cli import reading

Kmig = Callable[..., Result]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeApiServer:
    """What `kmig` finds behind the kubeconfig, in the context's namespace `platform`."""
    fake = FakeApiServer()
    monkeypatch.setattr(reading, "connect", fake.api)
    monkeypatch.setattr(reading, "default_namespace", lambda: "platform")
    return fake


@pytest.fixture
def kmig(server: FakeApiServer) -> Kmig:
    """Run a command."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli.app, list(arguments))

    return run


def place(server: FakeApiServer, *bodies: dict[str, Any]) -> None:
    """Put objects of our kinds on the server."""
    for body in bodies:
        kind = "WorkloadCutover" if "workloads" in body["spec"] else "KafkaMigration"
        metadata = body["metadata"]
        server.put(paths.own(kind, metadata["namespace"], metadata["name"]), body)


def forbid(server: FakeApiServer, monkeypatch: pytest.MonkeyPatch, listed: Sequence[str]) -> None:
    """Lists of these paths are answered with 403."""
    from tests.unit.adapters.kubernetes.fake_api_server import status

    handle = server.handle

    def guarded(request: Any) -> Any:
        if request.url.path in listed:
            return status(403, "Forbidden", "not for you")
        return handle(request)

    monkeypatch.setattr(server, "handle", guarded)
