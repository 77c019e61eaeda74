"""The two ConfigMaps of a verification Job: the report that it writes, the input that it reads.

Used by `main` and the loop in `run`. They are all that the Job may touch in Kubernetes. Passing
faults of the API server are tolerated for a bounded time and logged, then raised.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from kafka_migration.ports import Clock
from kafka_migration.verifier.report import document, encode
from kafka_migration.verifier.spec import Owner
from kafka_migration.verifier.track import Track

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
REPORT_KEY, INPUT_KEY = "report.json", "input.json"

_CALL_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0
_BYTES_PER_SECOND = 200_000  # progress reports are rarer where they are large
_NOT_FOUND = 404
_PASSING = (408, 409, 429, 500, 502, 503, 504)

_log = logging.getLogger(__name__)


class ConfigMaps(Protocol):
    """Read and write one key of a ConfigMap; a fault that may pass raises OSError."""

    def write(self, name: str, key: str, text: str) -> None:
        """Create or update; other keys stay."""
        ...

    def read(self, name: str, key: str) -> str | None:
        """None = the ConfigMap or the key does not exist."""
        ...


class ClusterConfigMaps:
    """ConfigMaps of one namespace in a real cluster."""

    def __init__(self, api: client.CoreV1Api, namespace: str, owner: Owner) -> None:
        """`owner` becomes the owner of what has to be created, if its kind is known."""
        self._api = api
        self._namespace = namespace
        self._owner = owner

    @classmethod
    def in_pod(cls, owner: Owner) -> ClusterConfigMaps:
        """Use token and namespace of the pod's ServiceAccount; raises outside a pod."""
        config.load_incluster_config()
        namespace = NAMESPACE_FILE.read_text(encoding="utf-8").strip()
        return cls(client.CoreV1Api(), namespace, owner)

    def write(self, name: str, key: str, text: str) -> None:
        """See `ConfigMaps.write`."""
        body = {"data": {key: text}}
        try:
            self._api.patch_namespaced_config_map(
                name, self._namespace, body, _request_timeout=_CALL_SECONDS
            )
        except ApiException as error:
            if error.status != _NOT_FOUND:
                raise _translated(error, f"writing ConfigMap {name}") from error
            self._create(name, {key: text})
        except HTTPError as error:
            raise ConnectionError(f"writing ConfigMap {name}: {error}") from error

    def _create(self, name: str, data: dict[str, str]) -> None:
        owner = self._owner
        references = None
        if owner.kind is not None and owner.api_version is not None:
            references = [
                client.V1OwnerReference(
                    api_version=owner.api_version, kind=owner.kind, name=owner.name, uid=owner.uid
                )
            ]
        metadata = client.V1ObjectMeta(name=name, owner_references=references)
        try:
            self._api.create_namespaced_config_map(
                self._namespace,
                client.V1ConfigMap(data=data, metadata=metadata),
                _request_timeout=_CALL_SECONDS,
            )
        except ApiException as error:
            raise _translated(error, f"creating ConfigMap {name}") from error
        except HTTPError as error:
            raise ConnectionError(f"creating ConfigMap {name}: {error}") from error

    def read(self, name: str, key: str) -> str | None:
        """See `ConfigMaps.read`."""
        try:
            found = self._api.read_namespaced_config_map(
                name, self._namespace, _request_timeout=_CALL_SECONDS
            )
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise _translated(error, f"reading ConfigMap {name}") from error
        except HTTPError as error:
            raise ConnectionError(f"reading ConfigMap {name}: {error}") from error
        text: str | None = (found.data or {}).get(key)
        return text


def _translated(error: ApiException, doing: str) -> Exception:
    text = f"{doing}: {error.status} {error.reason}"
    return ConnectionError(text) if error.status in _PASSING else PermissionError(text)


class JobChannel:
    """Implements `run.Channel` over two ConfigMaps, and writes the final report."""

    def __init__(
        self, maps: ConfigMaps, report: str, input_name: str, mode: str, clock: Clock
    ) -> None:
        """Nothing is written before the first progress."""
        self._maps = maps
        self._report = report
        self._input = input_name
        self._clock = clock
        self._header: Mapping[str, Any] = {"mode": mode, "startedAt": _stamp(clock.now())}
        self._every = 0.5 if mode == "follow" else 1.0
        self._next = 0.0
        self._failing_since: float | None = None

    def progress(self, tracks: Iterable[Track]) -> None:
        """Write a running report if one is due."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        text = encode(document(self._header, tracks, finished=False, now=self._clock.now()))
        self._next = now + max(self._every, len(text) / _BYTES_PER_SECOND)
        try:
            self._maps.write(self._report, REPORT_KEY, text)
        except ConnectionError as error:
            self._tolerate(error)
        else:
            self._failing_since = None

    def input(self) -> Mapping[str, Any] | None:
        """Read the input; a document that is not an object raises ValueError."""
        try:
            text = self._maps.read(self._input, INPUT_KEY)
        except ConnectionError as error:
            self._tolerate(error)
            return None
        self._failing_since = None
        if text is None:
            return None
        found = json.loads(text)
        if not isinstance(found, dict):
            raise TypeError("input.json holds no object")
        return found

    def _tolerate(self, error: ConnectionError) -> None:
        now = self._clock.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since > _PATIENCE_SECONDS:
            raise error
        _log.warning("kubernetes: %s; trying again", error)

    def finish(self, tracks: Iterable[Track], error: str | None) -> str:
        """Write the final report, trying for a bounded time; returns its verdict."""
        found = document(self._header, tracks, finished=True, now=self._clock.now(), error=error)
        deadline = self._clock.monotonic() + _PATIENCE_SECONDS
        pause = threading.Event()
        while True:
            try:
                self._maps.write(self._report, REPORT_KEY, encode(found))
            except ConnectionError as failure:
                if self._clock.monotonic() >= deadline:
                    raise
                _log.warning("kubernetes: %s; trying again", failure)
                pause.wait(0.5)
            else:
                return str(found["verdict"])


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
