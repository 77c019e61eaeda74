"""ShardStore over the fake API server."""

from __future__ import annotations

import base64
import gzip
import os

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.shards import Shards, digest_of
from kafka_migration.errors import Conflict, Refused, Unavailable
from kafka_migration.model.reasons import Reason

PAYLOAD = b'{"entry": "F"}'


def test_a_shard_is_immutable_without_owner_and_named_by_its_digest(server: FakeApiServer) -> None:
    digest = Shards(server.api()).put("platform", "uid-1", "journal", PAYLOAD)
    body = server.objects[next(iter(server.objects))]
    digits = digest.removeprefix("sha256:")
    assert digest == digest_of(PAYLOAD)
    assert body["immutable"] is True
    assert "ownerReferences" not in body["metadata"]
    assert body["metadata"]["name"].startswith(f"kmig-journal-{digits[:12]}-")
    assert body["metadata"]["annotations"]["kafka-migration.io/digest"] == digest
    assert body["metadata"]["labels"]["kafka-migration.io/owner-uid"] == "uid-1"


def test_a_shard_is_read_by_its_digest(server: FakeApiServer) -> None:
    shards = Shards(server.api())
    digest = shards.put("platform", "uid-1", "journal", PAYLOAD)
    assert shards.get("platform", digest) == PAYLOAD


def test_equal_payloads_pack_to_equal_bytes(server: FakeApiServer) -> None:
    shards = Shards(server.api())
    shards.put("platform", "uid-1", "journal", PAYLOAD)
    shards.put("platform", "uid-1", "journal", PAYLOAD)
    first, second = server.objects.values()
    assert first["binaryData"] == second["binaryData"]
    assert shards.list_digests("platform", "uid-1", "journal") == {digest_of(PAYLOAD): PAYLOAD}


def test_shards_of_other_owners_and_kinds_are_not_listed(server: FakeApiServer) -> None:
    shards = Shards(server.api())
    shards.put("platform", "uid-1", "journal", b"mine")
    shards.put("platform", "uid-2", "journal", b"another owner's")
    shards.put("platform", "uid-1", "plan", b"another kind")
    assert list(shards.list_digests("platform", "uid-1", "journal").values()) == [b"mine"]


def test_a_missing_shard_is_lost_status(server: FakeApiServer) -> None:
    with pytest.raises(Refused) as caught:
        Shards(server.api()).get("platform", digest_of(PAYLOAD))
    assert caught.value.reason is Reason.STATUS_LOST


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", gzip.compress(b"something else", mtime=0), gzip.compress(PAYLOAD)[:-3]],
)
def test_a_damaged_shard_is_lost_status_and_never_absent(
    server: FakeApiServer, packed: bytes
) -> None:
    """A shard that does not hold what its digest says is no evidence of anything."""
    shards = Shards(server.api())
    digest = shards.put("platform", "uid-1", "journal", PAYLOAD)
    body = server.objects[next(iter(server.objects))]
    body["binaryData"]["payload.gz"] = base64.b64encode(packed).decode()
    with pytest.raises(Refused) as caught:
        shards.get("platform", digest)
    assert caught.value.reason is Reason.STATUS_LOST
    with pytest.raises(Refused):
        shards.list_digests("platform", "uid-1", "journal")


def test_a_lost_answer_is_unavailable_and_leaves_at_most_one_shard(server: FakeApiServer) -> None:
    server.lose_answer_to = "POST"
    shards = Shards(server.api())
    with pytest.raises(Unavailable):
        shards.put("platform", "uid-1", "journal", PAYLOAD)
    assert len(server.objects) == 1
    shards.put("platform", "uid-1", "journal", PAYLOAD)
    assert shards.get("platform", digest_of(PAYLOAD)) == PAYLOAD


def test_a_shard_too_large_for_a_config_map_is_refused_by_size(server: FakeApiServer) -> None:
    payload = os.urandom(1_100_000)  # does not compress
    with pytest.raises(Refused, match="does not fit"):
        Shards(server.api()).put("platform", "uid-1", "inventory", payload)
    assert not server.objects


def test_an_existing_name_is_a_conflict(
    server: FakeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafka_migration.adapters.kubernetes.shards.secrets.choice", lambda _: "x")
    shards = Shards(server.api())
    shards.put("platform", "uid-1", "journal", PAYLOAD)
    with pytest.raises(Conflict):
        shards.put("platform", "uid-1", "journal", PAYLOAD)
