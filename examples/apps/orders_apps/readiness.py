"""`GET /ready`: 200 once the application has done its first real work, 503 before.

Started as a daemon thread by the producer and the consumer; the kubelet asks. It must never say
ready because the process merely runs.
"""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Readiness:
    """The one bit that the readiness probe reads."""

    def __init__(self) -> None:
        port = int(os.environ.get("PORT", "8080"))
        self._ready = threading.Event()
        flag = self._ready

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if flag.is_set() and self.path == "/ready" else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Probes are not news."""

        server = ThreadingHTTPServer(("", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def set(self) -> None:
        """Say ready from now on."""
        self._ready.set()
