"""ConnectPort: REST of one Kafka Connect cluster of ours.

Called by observe and act. It must never log or repeat a body, and never take what a worker
leaves out for absent: right after a restart it lists connectors without their status.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from kafka_migration.errors import KmigError, Refused, Unavailable
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason

FENCE_TOPIC = "kmig-fence-none"  # no such topic is ever mirrored; its entry does not exist
_TIMEOUT = httpx.Timeout(15.0, connect=3.0)
_NO_STATUS = "UNASSIGNED"  # Connect's own word for "nobody said anything yet"
_CAUSE = "Caused by: "
_LONGEST = 300
_CREDENTIAL = re.compile(r"(?i)(password|passwd|secret|jaas).*")
_QUOTED = re.compile(r"\\Q([A-Za-z0-9._-]+)\\E")


class ConnectClient:
    """One Connect cluster; safe to share between threads. `transport` is for tests."""

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            auth=httpx.BasicAuth(username, password),
            timeout=_TIMEOUT,
            transport=transport,
            trust_env=False,  # proxies are for the internet, never for a Service of ours
            # A kept connection stays with its pod: after a restart its calls would go nowhere
            # until the read timeout, in the middle of a pause.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ready(self) -> bool:
        """True if the worker answers and its herder accepts requests."""
        try:
            response = self._http.get("/health")
        except httpx.HTTPError:
            return False
        if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise _failure("GET", "/health", response)
        return response.status_code == HTTPStatus.OK

    def connectors(self) -> Mapping[str, Connector]:
        """All connectors with state, tasks and config."""
        names = self._json("GET", "/connectors")
        expanded = self._json("GET", "/connectors?expand=info&expand=status")
        found = {}
        for name in sorted({*names, *expanded}):
            entry = expanded.get(name) or {}
            info = entry.get("info") or self._json("GET", _path(name), absent={})
            if info:
                found[name] = _connector(name, info, entry.get("status") or {})
        return found

    def create(self, name: str, config: Mapping[str, str]) -> None:
        """POST with initial_state STOPPED; an existing name = Refused."""
        body = {"name": name, "config": dict(config), "initial_state": "STOPPED"}
        self._send("POST", "/connectors", body)

    def configure(self, name: str, config: Mapping[str, str]) -> None:
        """PUT the whole config of an existing connector."""
        # PUT would create a connector that does not exist, and start it at once.
        self._json("GET", _path(name))
        self._send("PUT", _path(name, "/config"), dict(config))

    def stop(self, name: str) -> None:
        """PUT stop; returns before tasks have ended."""
        self._send("PUT", _path(name, "/stop"))

    def resume(self, name: str) -> None:
        """PUT resume."""
        self._send("PUT", _path(name, "/resume"))

    def restart_failed(self, name: str) -> None:
        """POST restart of what FAILED, connector and tasks; the others run on."""
        self._send("POST", _path(name, "/restart?includeTasks=true&onlyFailed=true"))

    def delete(self, name: str) -> None:
        """DELETE the connector; a missing one is not an error."""
        self._send("DELETE", _path(name), missing_ok=True)

    def offsets(self, name: str, alias: str) -> ConnectorOffsets:
        """Stored offsets of a mirror whose source.cluster.alias is `alias`."""
        answer = self._json("GET", _path(name, "/offsets"))
        offsets: dict[Partition, int] = {}
        foreign = []
        for entry in answer["offsets"]:
            key = _entry(entry, alias)
            if key is None:
                foreign.append(json.dumps(entry.get("partition"), sort_keys=True))
            else:
                offsets[key[0]] = key[1]
        return ConnectorOffsets(offsets, tuple(foreign))

    def alter_offsets(self, name: str, alias: str, offsets: Mapping[Partition, int | None]) -> None:
        """PATCH offsets of a STOPPED connector; None removes an entry."""
        entries = [
            {
                "partition": {"cluster": alias, "topic": key.topic, "partition": key.number},
                "offset": None if value is None else {"offset": value},
            }
            for key, value in offsets.items()
        ]
        self._send("PATCH", _path(name, "/offsets"), {"offsets": entries})

    def fence_producers(self, name: str, alias: str) -> None:
        """PATCH a non-existent entry with null: ends the last generation's producers (3.6)."""
        self.alter_offsets(name, alias, {Partition(FENCE_TOPIC, 0): None})

    def delete_offsets(self, name: str) -> None:
        """DELETE all stored offsets of a STOPPED connector."""
        self._send("DELETE", _path(name, "/offsets"))

    def _json(self, method: str, path: str, absent: Any = None) -> Any:
        response = self._send(method, path, missing_ok=absent is not None)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return absent
        try:
            return response.json()
        except ValueError:
            message = f"Kafka Connect's answer to {method} {path} is no JSON; tried again later"
            raise Unavailable(Reason.CONNECT_NOT_READY, message) from None

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        missing_ok: bool = False,
    ) -> httpx.Response:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            message = f"no answer from Kafka Connect to {method} {path} ({type(error).__name__})"
            raise Unavailable(Reason.CONNECT_NOT_READY, f"{message}; tried again later") from None
        if missing_ok and response.status_code == HTTPStatus.NOT_FOUND and _words(response):
            return response
        if not response.is_success:
            raise _failure(method, path, response)
        return response


def literal_topics(config: Mapping[str, str]) -> frozenset[str]:
    r"""Topic names of a `topics` list in our form, `\Qname\E|...`; another form = Refused."""
    names = [_QUOTED.fullmatch(part) for part in config.get("topics", "").split("|")]
    if None in names:
        message = "a connector lists topics in a form that is not ours; find out who changed it"
        raise Refused(Reason.NOT_SUPPORTED, message)
    return frozenset(match.group(1) for match in names if match is not None)


def _connector(name: str, info: Mapping[str, Any], status: Mapping[str, Any]) -> Connector:
    # The list of configured tasks is the truth; one without a status has merely not spoken yet.
    tasks = {int(task["task"]): _NO_STATUS for task in info.get("tasks") or ()}
    traces = [str((status.get("connector") or {}).get("trace") or "")]
    for task in status.get("tasks") or ():
        tasks[int(task["id"])] = task["state"]
        traces.append(str(task.get("trace") or ""))
    return Connector(
        name=name,
        state=(status.get("connector") or {}).get("state") or _NO_STATUS,
        tasks=tasks,
        config=info["config"],
        trace=next((_fault(trace) for trace in traces if trace), ""),
        topics=literal_topics(info["config"]),
    )


def _entry(entry: Mapping[str, Any], alias: str) -> tuple[Partition, int] | None:
    """One stored offset; None if it belongs to another source cluster than `alias`."""
    try:
        key, value = entry["partition"], entry["offset"]
        if key["cluster"] != alias:
            return None
        return Partition(str(key["topic"]), int(key["partition"])), int(value["offset"])
    except (KeyError, TypeError, ValueError):
        message = "Kafka Connect stores an offset that is none of a mirror; delete it by name"
        raise Refused(Reason.NOT_SUPPORTED, message) from None


def _failure(method: str, path: str, response: httpx.Response) -> KmigError:
    status = response.status_code
    words = _words(response)
    said = f"{method} {path}: HTTP {status} {words}".rstrip()
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Refused(Reason.AUTH_FAILED, f"Kafka Connect does not accept our password: {said}")
    exists = status == HTTPStatus.CONFLICT and "already exists" in words
    # A 409 is a rebalance; a 500 that speaks of time is the worker's own 90 s limit.
    passing = status in {HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE} and not exists
    # While it starts, a worker answers 404 to everything, in HTML: nothing is absent because of it.
    starting = status == HTTPStatus.NOT_FOUND and not words
    if passing or starting or "timed out" in words.lower() or status == HTTPStatus.BAD_GATEWAY:
        message = f"Kafka Connect cannot answer now; tried again later: {said}"
        return Unavailable(Reason.CONNECT_NOT_READY, message)
    return Refused(Reason.INTERNAL_ERROR, f"Kafka Connect refuses it: {said}")


def _words(response: httpx.Response) -> str:
    """Connect's own error message; "" if it was not Connect that answered."""
    try:
        return _said(str(response.json()["message"]))
    except (ValueError, KeyError, TypeError):
        return ""


def _fault(trace: str) -> str:
    """What failed, and the cause behind all others, which is what somebody has to mend."""
    causes = [line for line in trace.splitlines() if line.startswith(_CAUSE)]
    return "; ".join(_said(line) for line in (trace, *causes[-1:]))


def _said(text: str) -> str:
    """First line, bounded, cut before anything that may be a credential."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    return _CREDENTIAL.sub("[redacted]", first)[:_LONGEST]


def _path(name: str, rest: str = "") -> str:
    return f"/connectors/{quote(name, safe='')}{rest}"
