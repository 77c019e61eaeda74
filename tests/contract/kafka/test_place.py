"""What `kmig probe-place` finds at a real Kafka: it is let in, or why not, by reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kafka_migration.adapters.kafka import place
from kafka_migration.model.kafka import Acl as Entry
from kafka_migration.model.kafka import Connection, PatternType, Permission, ResourceType


def asked(tmp_path: Path, connection: Connection, **changes: Any) -> tuple[int, dict[str, Any]]:
    question: dict[str, Any] = {
        "bootstrap": connection.bootstrap_servers,
        "mechanism": connection.mechanism,
        "username": connection.username,
        "ca": connection.ca_pem,
        "topics": [],
        "groups": [],
    }
    (tmp_path / "question").write_text(json.dumps({**question, **changes}))
    (tmp_path / "password").write_text(connection.password or "")
    code = place.run(tmp_path / "question", tmp_path / "password", tmp_path / "log")
    said = (tmp_path / "log").read_text()
    assert (connection.password or "-") not in said
    return code, json.loads(said)


def test_a_credential_without_any_right_is_let_in_and_reaches_every_broker(
    side, admin, tmp_path: Path
) -> None:
    """As a writer's on the target before its move."""
    brokers = len(admin.cluster().brokers)
    assert asked(tmp_path, side.connection("intruder")) == (0, {"brokers": brokers})


def test_a_reader_sees_its_topics_and_its_group(side, stage, tmp_path: Path) -> None:
    topic, group = stage.topic(), stage.group()
    read = Entry(
        ResourceType.GROUP,
        group,
        PatternType.LITERAL,
        "User:intruder",
        "*",
        "READ",
        Permission.ALLOW,
    )
    stage.grant(stage.acl("intruder", "READ", topic), read)
    wanted = {"topics": [topic], "groups": [group]}
    assert asked(tmp_path, side.connection("intruder"), **wanted)[0] == 0


def test_a_reader_without_rights_is_named(side, stage, tmp_path: Path) -> None:
    topic, group = stage.topic(), stage.group()
    for wanted in ({"topics": [topic]}, {"groups": [group]}):
        code, said = asked(tmp_path, side.connection("intruder"), **wanted)
        assert (code, said["reason"]) == (1, "NotAuthorized")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"username": "nobody"}, "AuthFailed"),
        ({"bootstrap": "127.0.0.1:1"}, "Unreachable"),
        ({"ca": ""}, "TLSFailed"),
    ],
)
def test_what_stands_in_between_is_told_by_reason(
    side, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    code, said = asked(tmp_path, side.connection("intruder"), **changes)
    assert (code, said["reason"]) == (1, reason)


def test_a_wrong_password_is_told_and_not_shown(side, tmp_path: Path) -> None:
    code, said = asked(tmp_path, side.wrong_password("intruder"))
    assert (code, said["reason"]) == (1, "AuthFailed")
