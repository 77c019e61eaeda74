"""A small API server in memory, behind httpx.MockTransport: objects, versions, subresources.

It enforces what the adapters rely on: resourceVersion and uid conflicts, immutability, 404 and
409 Status bodies, label selectors with equality. Anything else it does not know fails the test.
"""

from __future__ import annotations

import json
from typing import Any

import httpx

from kafka_migration.adapters.kubernetes.client import Api

Json = dict[str, Any]


class FakeApiServer:
    """Objects by path; `calls` holds (method, path); `fail_next` answers once with a status."""

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.calls: list[tuple[str, str]] = []
        self.requests: list[httpx.Request] = []
        self.fail_next: list[int | Exception] = []
        self.lose_answer_to: str | None = None
        self._version = 100

    def api(self) -> Api:
        http = httpx.Client(transport=httpx.MockTransport(self.handle), base_url="https://fake")
        return Api(http, lambda: "Bearer token")

    def put(self, path: str, body: Json) -> Json:
        """Place an object as somebody else's write."""
        metadata = dict(body.get("metadata") or {})
        parts = path.split("/namespaces/")[1].split("/")
        metadata.setdefault("namespace", parts[0])
        metadata.setdefault("name", parts[2])
        metadata.setdefault("uid", f"uid-of-{parts[2]}")
        metadata["resourceVersion"] = self._next()
        self.objects[path] = body | {"metadata": metadata}
        return self.objects[path]

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.calls.append((request.method, path))
        self.requests.append(request)
        if self.fail_next:
            failure = self.fail_next.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return status(failure, "InternalError", "the fake was told to fail")
        answer: httpx.Response = getattr(self, f"_{request.method.lower()}")(request, path)
        if self.lose_answer_to == request.method:
            self.lose_answer_to = None
            raise httpx.ReadTimeout("lost", request=request)
        return answer

    def _get(self, request: httpx.Request, path: str) -> httpx.Response:
        if path in self.objects:
            return httpx.Response(200, json=self.objects[path])
        if is_collection(path):
            wanted = parse_selector(request.url.params.get("labelSelector", ""))
            return httpx.Response(200, json={"items": self._listed(path, wanted)})
        return not_found(path)

    def _listed(self, path: str, wanted: dict[str, str]) -> list[Json]:
        plural = path.rsplit("/", 1)[1]
        root = path if "/namespaces/" in path else path.rsplit("/", 1)[0]
        return [
            body
            for key, body in self.objects.items()
            if key.startswith(root + "/")
            and key.split("/")[-2] == plural
            and wanted.items() <= (body["metadata"].get("labels") or {}).items()
        ]

    def _post(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(request.content)
        target = f"{path}/{body['metadata']['name']}"
        if target in self.objects:
            return status(409, "AlreadyExists", "already exists")
        return httpx.Response(201, json=self.put(target, body))

    def _put(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(request.content)
        target = path.removesuffix("/status")
        if target not in self.objects:
            return not_found(path)
        current = self.objects[target]
        if conflicts(current, body):
            return status(409, "Conflict", "the object has been modified")
        if target != path:
            return httpx.Response(200, json=self.put(target, current | {"status": body["status"]}))
        return httpx.Response(200, json=self.put(path, body))

    def _patch(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(request.content)
        if request.headers["Content-Type"] == "application/apply-patch+yaml":
            return httpx.Response(200, json=self.put(path, body))
        target = path.removesuffix("/scale")
        if target not in self.objects:
            return not_found(path)
        if conflicts(self.objects[target], body):
            return status(409, "Conflict", "the object has been modified")
        return httpx.Response(200, json=self.put(target, merged(self.objects[target], body)))

    def _delete(self, _request: httpx.Request, path: str) -> httpx.Response:
        if self.objects.pop(path, None) is None:
            return not_found(path)
        return httpx.Response(200, json={"kind": "Status", "status": "Success"})

    def _next(self) -> str:
        self._version += 1
        return str(self._version)


def is_collection(path: str) -> bool:
    parts = path.split("/namespaces/")
    return len(parts) == 1 or parts[1].count("/") == 1


def parse_selector(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(",") if part)


def conflicts(current: Json, body: Json) -> bool:
    sent = body.get("metadata") or {}
    return any(
        key in sent and sent[key] != current["metadata"][key] for key in ("resourceVersion", "uid")
    )


def merged(current: Json, patch: Json) -> Json:
    result = dict(current)
    for key, value in patch.items():
        old = result.get(key)
        both = isinstance(value, dict) and isinstance(old, dict)
        result[key] = merged(old, value) if both and isinstance(old, dict) else value
    return result


def status(code: int, reason: str, message: str) -> httpx.Response:
    body = {"kind": "Status", "reason": reason, "message": message, "code": code}
    return httpx.Response(code, json=body)


def not_found(path: str) -> httpx.Response:
    return status(404, "NotFound", f"{path} not found")
