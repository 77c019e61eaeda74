"""Sends what happened to the recorder, in numbered batches over one kept connection.

Used by the producer (kinds `acks` and `failures`) and the consumer (`reads`). A batch counts only
when the recorder has answered; it must never be dropped silently: what cannot be delivered ends
the application with an error.
"""

from __future__ import annotations

import http.client
import threading
import time
from http import HTTPStatus
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 5.0
PATIENCE_SECONDS = 8.0
PAUSE = threading.Event()  # never set: it only waits


class RecorderUnreachableError(Exception):
    """The recorder did not take a batch in time, or refused it."""


class Recording:
    """One sender of one kind; batches are numbered from 1 so that a repeated one is recognised."""

    def __init__(self, url: str, kind: str, sender: str, cluster: str) -> None:
        self._host = urlsplit(url).netloc
        self._kind, self._sender, self._cluster = kind, sender, cluster
        self._number = 0
        self._lines: list[str] = []
        self._connection: http.client.HTTPConnection | None = None

    def add(self, line: str) -> None:
        """Keep one line for the next batch."""
        self._lines.append(line)

    def send(self, *, last: bool = False) -> None:
        """Deliver what was added; `last` says that this sender ends here, complete.

        Raises RecorderUnreachableError after about 8 s without an answer, or when refused.
        """
        if not self._lines and not last:
            return
        self._number += 1
        end = "end" if last else "more"
        head = f"#{self._sender} {self._number} {self._cluster} {len(self._lines)} {end}"
        body = "\n".join([head, *self._lines, ""]).encode()
        self._deliver(body)
        self._lines.clear()

    def _deliver(self, body: bytes) -> None:
        # Repeating is safe: the recorder knows the number. A kept connection may have died idle.
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                status = request(self._connected(), "POST", f"/v1/{self._kind}", body)[0]
            except (OSError, http.client.HTTPException) as error:
                self._connection = None
                if time.monotonic() > deadline:
                    raise RecorderUnreachableError(f"{self._host}: {error}") from error
                PAUSE.wait(0.1)
                continue
            if status != HTTPStatus.OK:
                raise RecorderUnreachableError(f"{self._host} refused {self._kind} with {status}")
            return

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)
        return self._connection


def last_sequences(url: str, patience: float = 30.0) -> dict[str, int]:
    """The last acknowledged sequence of each key. Waits for the recorder up to `patience` s."""
    host = urlsplit(url).netloc
    deadline = time.monotonic() + patience
    while True:
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
        try:
            status, body = request(connection, "GET", "/v1/last-sequences")
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > deadline:
                raise RecorderUnreachableError(f"{host}: {error}") from error
            PAUSE.wait(0.1)
            continue
        finally:
            connection.close()
        if status != HTTPStatus.OK:
            raise RecorderUnreachableError(f"{host} refused last-sequences with {status}")
        pairs = (line.split() for line in body.decode().splitlines())
        return {key: int(sequence) for key, sequence in pairs}


def request(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b""
) -> tuple[int, bytes]:
    """One HTTP exchange on a kept connection: (status, answer)."""
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read()
