"""spec.json: what is refused, what is defaulted, and that secrets stay hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kafka_migration.verifier.spec import Spec, load

SIDE = {
    "bootstrap": "kafka:9092",
    "mechanism": "PLAIN",
    "username": "kmig",
    "passwordFile": "source-password",
    "caFile": "source-ca.crt",
}


def spec(*partitions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "mode": "bounded",
        "owner": {"name": "m", "uid": "u"},
        "source": SIDE,
        "target": SIDE,
        "partitions": partitions,
        **more,
    }


ONE = {"topic": "t", "partition": 0, "sourceFrom": 0, "sourceTo": 5, "targetFrom": 0}


def test_a_spec_is_read_from_its_file(tmp_path: Path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec(ONE, report="ignored")))
    found = load(path)
    assert (found.partitions[0].source_to, found.stall_seconds) == (5, 60.0)


def test_credentials_come_from_files_exactly_as_they_are(tmp_path: Path):
    (tmp_path / "source-password").write_text("secret ")
    (tmp_path / "source-ca.crt").write_text("PEM\n")
    connection = Spec.model_validate(spec(ONE)).source.connection(tmp_path)
    assert (connection.password, connection.ca_pem) == ("secret ", "PEM\n")
    assert "secret" not in repr(connection)


def test_a_missing_credential_file_is_named(tmp_path: Path):
    with pytest.raises(OSError, match="source-password"):
        Spec.model_validate(spec(ONE)).source.connection(tmp_path)


@pytest.mark.parametrize(
    ("partitions", "message"),
    [
        ([], "at least 1 item"),
        ([ONE, ONE], "t-0 is listed twice"),
        ([{**ONE, "sourceTo": None}], "t-0 has no sourceTo"),
        ([{**ONE, "sourceFrom": 6}], "sourceTo lies before sourceFrom"),
        ([{**ONE, "targetFrom": -1}], "targetFrom"),
    ],
)
def test_a_spec_that_cannot_be_carried_out_is_refused(
    partitions: list[dict[str, Any]], message: str
):
    with pytest.raises(ValidationError, match=message):
        Spec.model_validate(spec(*partitions))


def test_following_needs_no_source_end():
    found = Spec.model_validate(spec({**ONE, "sourceTo": None}, mode="follow"))
    assert found.partitions[0].source_to is None


@pytest.mark.parametrize(
    ("partition", "topics", "compared"),
    [
        ({}, {}, True),
        ({}, {"t": "ignore"}, False),
        ({"timestamps": "ignore"}, {}, False),
        ({"timestamps": "compare"}, {"t": "ignore"}, True),
    ],
)
def test_timestamps_are_compared_unless_topic_or_partition_says_otherwise(
    partition: dict[str, str], topics: dict[str, str], compared: bool
):
    found = Spec.model_validate(spec({**ONE, **partition}, timestamps=topics))
    assert found.compares_timestamps(found.partitions[0]) is compared
