"""The recorder: keeps what was acknowledged, what failed and what was consumed.

Run in the Deployment `recorder`. The applications POST numbered batches, the checker GETs whole
files. A batch is in the file before it is answered; a repeated one is recognised by its number, a
gap is refused. It must never invent, merge or forget a line.

    POST /v1/{acks,failures,reads}    `#sender number cluster count more|end`, then count lines
    GET  /v1/{acks,failures,reads}    the file, batches in the order of arrival
    GET  /v1/last-sequences           `key sequence` per line, from the acknowledgements
    GET  /v1/summary                  JSON: identity of this store and lines per kind
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KINDS = ("acks", "failures", "reads")
HEAD = re.compile(rb"#(\S+) ([1-9]\d*) (\S+) (\d+) (more|end)")
MAX_BODY = 64 * 1024 * 1024


class BatchRefusedError(Exception):
    """The batch is malformed or does not follow the sender's last one."""


class Store:
    """Append-only files in one directory, and what must be known of them in memory."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._numbers: dict[tuple[str, bytes], int] = {}
        self._lines = dict.fromkeys(KINDS, 0)
        self._last: dict[bytes, int] = {}
        self._paths = {kind: directory / kind for kind in KINDS}
        name = directory / "store"
        if not name.exists():
            name.write_text(uuid.uuid4().hex, encoding="ascii")
        self._name = name.read_text(encoding="ascii")
        for kind, path in self._paths.items():
            self._restore(kind, path)

    def append(self, kind: str, body: bytes) -> None:
        """Keep one batch. Raises BatchRefusedError for a malformed batch or a gap in the numbers."""
        head, lines = _parsed(body)
        sender, number = head
        with self._lock:
            known = self._numbers.get((kind, sender), 0)
            if number == known:
                return
            if number != known + 1:
                raise BatchRefusedError(f"batch {number} follows {known}")
            with self._paths[kind].open("ab") as file:
                file.write(body)
                file.flush()
                os.fdatasync(file.fileno())
            self._note(kind, sender, number, lines)

    def last_sequences(self) -> bytes:
        """`key sequence` per line."""
        with self._lock:
            rows = [b"%s %d\n" % pair for pair in sorted(self._last.items())]
        return b"".join(rows)

    def summary(self) -> bytes:
        """JSON: the store's own name, and lines per kind."""
        with self._lock:
            return json.dumps({"store": self._name, **self._lines}).encode()

    def path(self, kind: str) -> tuple[Path, int]:
        """The file of one kind and its length at this moment, between two batches."""
        with self._lock:
            return self._paths[kind], self._paths[kind].stat().st_size

    def _note(self, kind: str, sender: bytes, number: int, lines: list[bytes]) -> None:
        self._numbers[kind, sender] = number
        self._lines[kind] += len(lines)
        if kind == "acks":
            for line in lines:
                _, _, key, sequence, _ = line.split(b" ", 4)
                if int(sequence) > self._last.get(key, 0):
                    self._last[key] = int(sequence)

    def _restore(self, kind: str, path: Path) -> None:
        path.touch()
        whole = path.read_bytes()
        kept = 0
        while kept < len(whole):
            head = HEAD.match(whole, kept)
            end = _end_of_batch(whole, kept, int(head[4])) if head else None
            if end is None:
                break
            (sender, number), lines = _parsed(whole[kept:end])
            self._note(kind, sender, number, lines)
            kept = end
        # A torn last batch was never answered: its sender sends it again.
        os.truncate(path, kept)


def _end_of_batch(whole: bytes, start: int, count: int) -> int | None:
    end = start
    for _ in range(count + 1):
        end = whole.find(b"\n", end) + 1
        if end == 0:
            return None
    return end


def _parsed(body: bytes) -> tuple[tuple[bytes, int], list[bytes]]:
    lines = body.split(b"\n")
    head = HEAD.fullmatch(lines[0])
    if head is None or lines.pop() != b"" or len(lines) - 1 != int(head[4]):
        raise BatchRefusedError("malformed batch")
    return (head[1], int(head[2])), lines[1:]


class Server(ThreadingHTTPServer):
    """The HTTP server over one store."""

    daemon_threads = True

    def __init__(self, store: Store, port: int = 8080) -> None:
        super().__init__(("", port), Handler)
        self.store = store


class Handler(BaseHTTPRequestHandler):
    """One kept connection of an application, or one question of the checker."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    # A small answer must not wait for the acknowledgement of the one before.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Keep one batch."""
        kind = self.path.removeprefix("/v1/")
        length = int(self.headers.get("Content-Length", "-1"))
        if kind not in KINDS or not 0 < length <= MAX_BODY:
            self.close_connection = True
            return self._answer(404, b"")
        try:
            self.server.store.append(kind, self.rfile.read(length))
        except BatchRefusedError as error:
            return self._answer(409, str(error).encode())
        return self._answer(200, b"")

    def do_GET(self) -> None:
        """Answer one of the questions in the module's docstring."""
        kind = self.path.removeprefix("/v1/")
        if kind == "last-sequences":
            return self._answer(200, self.server.store.last_sequences())
        if kind == "summary":
            return self._answer(200, self.server.store.summary())
        if kind in KINDS:
            return self._file(kind)
        return self._answer(200 if self.path == "/ready" else 404, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, kind: str) -> None:
        path, length = self.server.store.path(kind)
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        with path.open("rb") as file:
            while length and (piece := file.read(min(length, 1 << 20))):
                self.wfile.write(piece)
                length -= len(piece)

    def log_message(self, *_args: object) -> None:
        """One line per batch would be most of the log."""


def main() -> int:
    """Serve until SIGTERM."""
    store = Store(Path(os.environ["STORE"]))
    server = Server(store)

    def stop(_signum: int, _frame: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    print(f"recorder keeps {store.summary().decode()}", flush=True)
    server.serve_forever()
    return 0
