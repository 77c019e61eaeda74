"""`kmig probe-place`: what it says of a place, and what it never says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kafka_migration.adapters.kafka import place
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

QUESTION = {
    "bootstrap": "kafka:9093",
    "mechanism": "PLAIN",
    "username": "app",
    "ca": "PEM",
    "topics": [],
    "groups": [],
}
PASSWORD = "very-secret"


def answer(tmp_path: Path, question: str = json.dumps(QUESTION)) -> tuple[int, dict[str, object]]:
    (tmp_path / "question").write_text(question)
    (tmp_path / "password").write_text(PASSWORD)
    log = tmp_path / "log"
    code = place.run(tmp_path / "question", tmp_path / "password", log)
    assert PASSWORD not in log.read_text()
    return code, json.loads(log.read_text())


def test_a_success_tells_how_many_brokers_were_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Connection] = []

    def ask(connection: Connection, question: object) -> int:
        asked.append(connection)
        return 3

    monkeypatch.setattr(place, "ask", ask)
    assert answer(tmp_path) == (0, {"brokers": 3})
    assert asked == [Connection("kafka:9093", "PLAIN", "app", PASSWORD, "PEM")]


@pytest.mark.parametrize("kind", [Refused, Unavailable])
def test_a_fault_is_told_by_reason_and_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Refused | Unavailable]
) -> None:
    def ask(*_: object) -> int:
        raise kind(Reason.AUTH_FAILED, f"refused with {PASSWORD}; check it " + "x" * 9000)

    monkeypatch.setattr(place, "ask", ask)
    code, said = answer(tmp_path)
    assert (code, said["reason"]) == (1, "AuthFailed")
    assert str(said["message"]).startswith("refused with ***; check it")
    assert len(json.dumps(said)) < 4096


@pytest.mark.parametrize("question", ["", "no json", "{}", "[]"])
def test_a_question_that_cannot_be_read_is_no_success(tmp_path: Path, question: str) -> None:
    code, said = answer(tmp_path, question)
    assert (code, said["reason"]) == (1, "InternalError")


def test_nobody_answers_on_a_closed_port(tmp_path: Path) -> None:
    """The real client, without any Kafka."""
    closed = {**QUESTION, "bootstrap": "127.0.0.1:1", "ca": None}
    code, said = answer(tmp_path, json.dumps(closed))
    assert (code, said["reason"]) == (1, "Unreachable")
    assert "127.0.0.1:1" in str(said["message"])
