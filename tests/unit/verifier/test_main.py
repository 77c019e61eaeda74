"""`kmig verify` from the outside: exit codes, and what a failure leaves behind."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kafka_migration.model.kafka import Connection
from kafka_migration.verifier.main import run, verify
from kafka_migration.verifier.reading import Log
from kafka_migration.verifier.spec import Spec

SIDE = {"bootstrap": "127.0.0.1:1"}
SPEC = Spec.model_validate(
    {
        "mode": "follow",
        "owner": {"name": "m", "uid": "u"},
        "source": SIDE,
        "target": SIDE,
        "partitions": [{"topic": "t", "partition": 0, "sourceFrom": 0, "targetFrom": 0}],
    }
)


@dataclass
class Maps:
    written: list[str] = field(default_factory=list)
    refused: bool = False

    def write(self, name: str, key: str, text: str) -> None:
        if self.refused:
            raise PermissionError("403 Forbidden")
        self.written.append(text)

    def read(self, name: str, key: str) -> str | None:
        return None


def bad() -> dict[Log, Connection]:
    """Connections whose certificate authority is no certificate."""
    return {log: Connection("127.0.0.1:1", "PLAIN", "u", "s3cret", "no PEM s3cret") for log in Log}


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """`run` answers SIGTERM; the test process must not go on doing so."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_a_connection_that_cannot_be_made_is_a_finished_incomplete_report():
    maps = Maps()
    assert verify(SPEC, bad(), maps, ("report", "input")) == 0
    report = json.loads(maps.written[-1])
    assert (report["state"], report["verdict"]) == ("finished", "INCOMPLETE")
    assert report["error"]
    assert "s3cret" not in maps.written[-1]


def test_a_report_that_cannot_be_written_is_exit_code_1():
    assert verify(SPEC, bad(), Maps(refused=True), ("report", "input")) == 1


@pytest.mark.parametrize("text", ["no json", "{}"])
def test_a_spec_that_cannot_be_read_is_exit_code_2(tmp_path: Path, text: str):
    path = tmp_path / "spec.json"
    path.write_text(text)
    assert run(path, tmp_path, "report", "input") == 2


def test_a_missing_spec_is_exit_code_2(tmp_path: Path):
    assert run(tmp_path / "spec.json", tmp_path, "report", "input") == 2
