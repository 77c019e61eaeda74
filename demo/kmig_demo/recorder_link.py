"""The way from this machine to the recorder in the cluster: a port-forward, then plain HTTP.

Called by the scenario to hand over the history and by `collection` to fetch the dumps. It ends the
port-forward that it started, and must never take an unanswered question for an empty answer.
"""

from __future__ import annotations

import http.client
import json
import re
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus

from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl

START_SECONDS = 20.0
TIMEOUT = 60.0
BATCH = 20_000


class RecorderLink:
    """The recorder's HTTP interface on a local port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def hand_over(self, sender: str, cluster: str, lines: Sequence[str]) -> None:
        """Record acknowledgements as one sender, complete."""
        starts = range(0, len(lines), BATCH)
        for number, start in enumerate(starts, 1):
            batch = lines[start : start + BATCH]
            state = "end" if number == len(starts) else "more"
            head = f"#{sender} {number} {cluster} {len(batch)} {state}"
            self._ask("POST", "/v1/acks", "\n".join([head, *batch, ""]).encode())

    def summary(self) -> dict[str, int | str]:
        """The store's identity (`store`) and its lines per kind."""
        found: dict[str, int | str] = json.loads(self._ask("GET", "/v1/summary"))
        return found

    def lines(self, kind: str) -> int:
        """How many lines of a kind the recorder holds."""
        return int(self.summary()[kind])

    def dump(self, kind: str) -> str:
        """Everything of one kind."""
        return self._ask("GET", f"/v1/{kind}").decode()

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise DemoError(f"the recorder does not answer {method} {path}: {error}") from None
        finally:
            connection.close()
        if answer.status != HTTPStatus.OK:
            raise DemoError(f"the recorder answers {answer.status} to {method} {path}")
        return content


@contextmanager
def recorder_link(kubectl: Kubectl) -> Iterator[RecorderLink]:
    """A port-forward to the recorder's Service for the length of a block."""
    arguments = ["-n", "orders", "port-forward", "service/recorder", ":8080"]
    process = subprocess.Popen(
        [kubectl.program, *arguments, "--address", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=kubectl.variables,
    )
    try:
        yield RecorderLink(_port(process))
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


def _port(process: subprocess.Popen[str]) -> int:
    stream = process.stdout
    ready = select.select([stream], [], [], START_SECONDS)[0] if stream else []
    line = stream.readline() if stream and ready else ""
    found = re.search(r":(\d+) ->", line)
    if found is None:
        raise DemoError("kubectl port-forward to the recorder did not start within 20 s")
    return int(found[1])
