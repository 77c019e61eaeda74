"""ShardStore: immutable, gzip-packed ConfigMaps named by the digest of what they hold.

Called by journal, inventory and plan code. It must never change or own a shard: history stays
when its object goes (protocol 2.1), and a shard that cannot be read is StatusLost, never absent.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import re
import secrets
import string
import zlib
from collections.abc import Mapping

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason

OWNER_LABEL = "kafka-migration.io/owner-uid"
KIND_LABEL = "kafka-migration.io/kind"
DIGEST_LABEL = "kafka-migration.io/digest-start"  # a label holds 63 characters, a digest has 64
DIGEST_ANNOTATION = "kafka-migration.io/digest"
MANAGED = {"app.kubernetes.io/managed-by": "kmig-operator"}

_KEY = "payload.gz"
_LABEL_DIGITS = 40
_LARGEST_PACKED = 1_000_000  # bytes; a ConfigMap holds 1 MiB with its names
_RANDOM = string.ascii_lowercase + string.digits


def digest_of(payload: bytes) -> str:
    """Digest that names a payload."""
    return "sha256:" + hashlib.sha256(payload).hexdigest()


class Shards:
    """Shards in ConfigMaps of the migration's namespace."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def put(self, namespace: str, owner_uid: str, kind: str, payload: bytes) -> str:
        """Write one shard, read it back, return its digest."""
        digest = digest_of(payload)
        body = _shard(namespace, owner_uid, kind, payload)
        self._api.create(paths.core(namespace, "configmaps"), body)
        name = body["metadata"]["name"]
        stored = self._api.get(paths.core(namespace, "configmaps", name))
        if stored is None or _payload(stored) != payload:
            message = f"ConfigMap {namespace}/{name} does not hold what was just written"
            raise Refused(Reason.STATUS_LOST, f"{message}; find out who changes it")
        return digest

    def get(self, namespace: str, digest: str) -> bytes:
        """Payload of the shard with this digest; missing or damaged = Refused(STATUS_LOST)."""
        start = digest.removeprefix("sha256:")[:_LABEL_DIGITS]
        if not re.fullmatch(r"[0-9a-f]{40}", start):
            raise Refused(Reason.STATUS_LOST, f"{digest[:80]!r} is no digest of a shard")
        path = paths.core(namespace, "configmaps")
        for body in self._api.items(path, labelSelector=f"{DIGEST_LABEL}={start}"):
            payload = _payload(body)
            if digest_of(payload) == digest:
                return payload
        message = f"no ConfigMap in {namespace} holds the shard {digest}; restore it from a backup"
        raise Refused(Reason.STATUS_LOST, message)

    def list_digests(self, namespace: str, owner_uid: str, kind: str) -> Mapping[str, bytes]:
        """All shards of one owner and kind: digest -> payload; damaged = Refused(STATUS_LOST)."""
        selector = f"{OWNER_LABEL}={owner_uid},{KIND_LABEL}={kind}"
        path = paths.core(namespace, "configmaps")
        payloads = map(_payload, self._api.items(path, labelSelector=selector))
        return {digest_of(payload): payload for payload in payloads}


def _shard(namespace: str, owner_uid: str, kind: str, payload: bytes) -> Json:
    # mtime=0 packs equal payloads into equal bytes, wherever and whenever it is done.
    packed = gzip.compress(payload, mtime=0)
    if len(packed) > _LARGEST_PACKED:
        message = f"a {kind} shard of {len(packed)} bytes does not fit into a ConfigMap"
        raise Refused(Reason.NOT_SUPPORTED, f"{message}; reduce the scope of the migration")
    digest = digest_of(payload)
    digits = digest.removeprefix("sha256:")
    random = "".join(secrets.choice(_RANDOM) for _ in range(5))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": paths.checked(f"kmig-{kind}-{digits[:12]}-{random}"),
            "namespace": namespace,
            "labels": {
                OWNER_LABEL: owner_uid,
                KIND_LABEL: kind,
                DIGEST_LABEL: digits[:_LABEL_DIGITS],
            }
            | MANAGED,
            "annotations": {DIGEST_ANNOTATION: digest},
        },
        "immutable": True,
        "binaryData": {_KEY: base64.b64encode(packed).decode()},
    }


def _payload(body: Json) -> bytes:
    """Unpacked payload, proven by the digest in its annotation."""
    name = f"{body['metadata'].get('namespace')}/{body['metadata']['name']}"
    try:
        packed = base64.b64decode(body["binaryData"][_KEY], validate=True)
        payload = gzip.decompress(packed)
        claimed = body["metadata"]["annotations"][DIGEST_ANNOTATION]
    except (KeyError, TypeError, binascii.Error, OSError, EOFError, zlib.error) as error:
        message = f"ConfigMap {name} cannot be unpacked ({type(error).__name__})"
        raise Refused(Reason.STATUS_LOST, f"{message}; restore it from a backup") from None
    if digest_of(payload) != claimed:
        message = f"ConfigMap {name} does not hold what its digest says; restore it from a backup"
        raise Refused(Reason.STATUS_LOST, message)
    return payload
