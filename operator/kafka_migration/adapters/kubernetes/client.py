"""JSON over HTTPS to the API server: few verbs, a timeout on every call, one error mapping.

Called by the adapters of this package. The official client only tells where the server is and
who we are: its generated methods have no default timeout and retry reads behind our back.
It must never retry: a tick decides again from what it reads.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from kafka_migration.adapters.kubernetes.errors import failure, unanswered
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason

Json = dict[str, Any]

FIELD_MANAGER = "kmig-operator"
CONNECT_SECONDS = 3.0
REQUEST_SECONDS = 10.0
_LIST_SECONDS = 30.0
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


class Api:
    """The API server as one identity; safe to share between threads."""

    def __init__(
        self,
        http: httpx.Client,
        authorization: Callable[[], str | None],
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        self._http = http
        self._authorization = authorization
        self._seconds = seconds

    def within(self, seconds: float) -> Api:
        """Same connection, another limit for each call; the Lease needs a short one."""
        return Api(self._http, self._authorization, seconds)

    def close(self) -> None:
        """Close the connections, also those of `within`."""
        self._http.close()

    def get(self, path: str) -> Json | None:
        """Consistent read of one object; None = it does not exist."""
        response = self._send("GET", path)
        if response.status_code == HTTPStatus.NOT_FOUND:
            _absent("GET", path, response)
            return None
        return _object(response)

    def items(self, path: str, **query: str) -> list[Json]:
        """Consistent list (no resourceVersion): everything that matches, never a part."""
        response = self._send("GET", path, query=query, seconds=max(self._seconds, _LIST_SECONDS))
        if response.status_code == HTTPStatus.NOT_FOUND:
            message = f"the Kubernetes API does not serve {path}; install the CRDs first"
            raise Refused(Reason.INTERNAL_ERROR, message)
        listed = _object(response)["items"]
        if not isinstance(listed, list):
            raise unanswered("GET", path, TypeError("items"))
        return listed

    def create(self, path: str, body: Mapping[str, Any], **query: str) -> Json:
        """POST; an existing object = Conflict."""
        return self._write("POST", path, body, query)

    def replace(self, path: str, body: Mapping[str, Any], **query: str) -> Json:
        """PUT with the resourceVersion in `body`; another version or no object = Conflict."""
        return self._write("PUT", path, body, query)

    def merge(self, path: str, body: Mapping[str, Any], **query: str) -> Json:
        """Merge patch; with metadata.resourceVersion in `body` another version = Conflict."""
        kind = "application/merge-patch+json"
        return self._write("PATCH", path, body, query, content_type=kind)

    def apply(self, path: str, body: Mapping[str, Any]) -> Json:
        """Server-side apply as our field manager; fields of ours are taken back."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        kind = "application/apply-patch+yaml"
        return self._write("PATCH", path, body, query, content_type=kind)

    def delete(self, path: str) -> bool:
        """Delete, dependants in the background; False = it did not exist."""
        response = self._send("DELETE", path, body={"propagationPolicy": "Background"})
        if response.status_code == HTTPStatus.NOT_FOUND:
            _absent("DELETE", path, response)
            return False
        return True

    def _write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        query: Mapping[str, str],
        *,
        content_type: str = "application/json",
    ) -> Json:
        response = self._send(method, path, query=query, body=body, content_type=content_type)
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise failure(method, path, 404, response.content)
        return _object(response)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        seconds: float | None = None,
    ) -> httpx.Response:
        """Answer with status below 400, or 404; anything else is raised."""
        headers = {"Accept": "application/json"}
        authorization = self._authorization()
        if authorization:
            headers["Authorization"] = authorization
        if body is not None:
            headers["Content-Type"] = content_type
        limit = self._seconds if seconds is None else seconds
        try:
            response = self._http.request(
                method,
                path,
                params=dict(query or {}),
                content=None if body is None else json.dumps(body),
                headers=headers,
                timeout=httpx.Timeout(limit, connect=min(limit, CONNECT_SECONDS)),
            )
        except httpx.HTTPError as error:
            raise unanswered(method, path, error) from None
        if response.is_error and response.status_code != HTTPStatus.NOT_FOUND:
            raise failure(method, path, response.status_code, response.content)
        return response


def connect(kubeconfig: str | None = None) -> Api:
    """Api from the pod's service account, else from `kubeconfig` or KUBECONFIG.

    Raises Refused if neither is usable.
    """
    from kubernetes import client
    from kubernetes import config as kubernetes_config

    config: Any = kubernetes_config  # its functions carry no types
    settings = client.Configuration()
    try:
        if kubeconfig is None and _SERVICE_ACCOUNT.exists():
            config.load_incluster_config(client_configuration=settings)
        else:
            path = kubeconfig or os.environ.get("KUBECONFIG") or None
            config.load_kube_config(config_file=path, client_configuration=settings)
    except (config.ConfigException, OSError) as error:
        message = f"no way to the Kubernetes API ({error}); set KUBECONFIG or run in a pod"
        raise Refused(Reason.UNREACHABLE, message) from None
    return _client(settings)


def _client(settings: Any) -> Api:
    http = httpx.Client(
        base_url=settings.host,
        verify=_tls(settings),
        # Proxy variables are meant for the internet; the API server's proxy is in the kubeconfig.
        trust_env=False,
        proxy=getattr(settings, "proxy", None) or None,
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
        headers={"User-Agent": FIELD_MANAGER},
    )

    def authorization() -> str | None:
        # auth_settings() also renews a service account token that was rotated on disk.
        bearer = settings.auth_settings().get("BearerToken")
        return None if bearer is None else bearer["value"]

    return Api(http, authorization)


def _tls(settings: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ssl_ca_cert or None)
    if not settings.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context


def _absent(method: str, path: str, response: httpx.Response) -> None:
    """Accept a 404 only if it speaks of the object: an unserved kind is not an empty answer."""
    try:
        status = response.json()
    except ValueError:
        status = {}
    if not isinstance(status, dict) or status.get("reason") != "NotFound":
        raise failure(method, path, 404, response.content)


def _object(response: httpx.Response) -> Json:
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise failure(response.request.method, response.request.url.path, 404, response.content)
    try:
        value = response.json()
    except ValueError as error:
        raise unanswered(response.request.method, response.request.url.path, error) from None
    if not isinstance(value, dict):
        raise unanswered(response.request.method, response.request.url.path, TypeError("body"))
    return value
