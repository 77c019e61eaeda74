"""Our own health and metrics endpoint: kopf's says 200 whatever happens.

Started by app. It must never need the event loop, the API server or a lock that a tick holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kafka_migration import metrics

Ailments = Callable[[], list[str]]
_SOCKET_SECONDS = 10.0


class HealthServer:
    """Serves GET /healthz, /readyz (200 or 503 with what ails us) and /metrics."""

    def __init__(self, port: int, checks: Mapping[str, Ailments]) -> None:
        self._server = ThreadingHTTPServer(("", port), _handler(checks))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def _handler(checks: Mapping[str, Ailments]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SOCKET_SECONDS

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(HTTPStatus.OK, metrics.exposition(), "text/plain; version=0.0.4")
                return
            check = checks.get(self.path)
            if check is None:
                self._answer(HTTPStatus.NOT_FOUND, b"not found\n", "text/plain")
                return
            ailments = check()
            status = HTTPStatus.SERVICE_UNAVAILABLE if ailments else HTTPStatus.OK
            body = "\n".join(ailments or ["ok"]) + "\n"
            self._answer(status, body.encode(), "text/plain")

        def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited name
            """A line per probe would drown the log."""

    return Handler
