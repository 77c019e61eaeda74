"""Turns answers of the API server into our exception tree.

Called by `client`. It must never repeat the server's words about a Secret.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from kafka_migration.errors import Conflict, KmigError, Refused, Unavailable
from kafka_migration.model.reasons import Reason

_LONGEST = 400
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS}


def failure(method: str, path: str, status: int, body: bytes) -> KmigError:
    """Exception for an HTTP status of 400 or more; `body` is a Kubernetes Status or text."""
    what = f"{method} {path}: HTTP {status}"
    words = "" if "/secrets" in path else _words(body)
    said = f"{what}: {words}" if words else what
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(Reason.UNREACHABLE, f"the Kubernetes API did not answer {said}")
    if status == HTTPStatus.CONFLICT:
        return Conflict(Reason.PROGRESSING, f"{said}; it is read again")
    if status == HTTPStatus.NOT_FOUND and method in {"PUT", "PATCH"}:
        return Conflict(Reason.PROGRESSING, f"{said}; it is gone, and is read again")
    if status == HTTPStatus.UNAUTHORIZED:
        message = f"the Kubernetes API does not accept our token: {said}"
        return Refused(Reason.AUTH_FAILED, message)
    if status == HTTPStatus.FORBIDDEN:
        message = f"the Kubernetes API forbids it; grant it by RBAC or lift the policy: {said}"
        return Refused(Reason.NOT_AUTHORIZED, message)
    return Refused(Reason.INTERNAL_ERROR, f"the Kubernetes API refuses it: {said}")


def unanswered(method: str, path: str, error: Exception) -> Unavailable:
    """Exception for a call without an answer; a write may have happened or still happen."""
    name = type(error).__name__
    message = f"no answer from the Kubernetes API to {method} {path} ({name}); tried again later"
    return Unavailable(Reason.UNREACHABLE, message)


def _words(body: bytes) -> str:
    try:
        status = json.loads(body)
        text = str(status["message"])
    except (ValueError, KeyError, TypeError):
        text = body.decode("utf-8", errors="replace")
    return " ".join(text.split())[:_LONGEST]
