"""Requests about groups, carried out by a process of their own that may die.

Called by `client`. librdkafka 2.16.1 takes its process with it when a group's coordinator answers
"not coordinator" to a reading of offsets (segmentation fault) or comes back after a request to it
was lost (abort; librdkafka#4605): both happen when brokers restart. Here that is an Unavailable.
Must never put the connection into arguments or environment: it goes through the pipe.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from typing import Any

from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

WORKER = "kafka_migration.adapters.kafka.group_worker"
_TIMEOUT = 45.0  # seconds for a call; the requests inside it end sooner by their own time-outs


class GroupProcess:
    """A worker process for one connection, started at the first call; thread-safe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Any = None
        self._end_process: Callable[[], object] | None = None

    def call(self, name: str, *args: Any) -> Any:
        """Carry out a call of `group_worker.CALLS`; raises what it raised.

        Unavailable if the worker died or did not answer: the effect of the call is unknown.
        """
        with self._held(name):
            try:
                self._started().send((name, args))
                if not self._pipe.poll(_TIMEOUT):
                    raise self._lost(name, f"no answer within {_TIMEOUT:.0f} s")
                failed, answer = self._pipe.recv()
            except (EOFError, OSError):
                raise self._lost(name, "the Kafka client library crashed") from None
        if failed is not None:
            kind, reason, message = failed
            raise kind(reason, message)
        return answer

    def close(self) -> None:
        """End the worker; a later call starts a new one."""
        with self._held("close"):
            self._end()

    @contextmanager
    def _held(self, name: str) -> Iterator[None]:
        if not self._lock.acquire(timeout=_TIMEOUT):
            raise Unavailable(
                Reason.UNREACHABLE,
                f"cannot {name.replace('_', ' ')}: another call has been waiting for this cluster"
                f" for {_TIMEOUT:.0f} s; check that all brokers are up",
            )
        try:
            yield
        finally:
            self._lock.release()

    def _started(self) -> Any:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._pipe, theirs = Pipe()
            self._process = subprocess.Popen(
                [sys.executable, "-m", WORKER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
            self._end_process = weakref.finalize(self, _kill, self._process, self._pipe)
            theirs.close()
            self._pipe.send(self._connection)
        return self._pipe

    def _lost(self, name: str, why: str) -> Unavailable:
        self._end()
        return Unavailable(
            Reason.UNKNOWN,
            f"cannot {name.replace('_', ' ')} at {self._connection.bootstrap_servers}: {why}; its"
            " effect is unknown; it is tried again with a new process",
        )

    def _end(self) -> None:
        self._process = None
        self._pipe = None
        if self._end_process is not None:
            self._end_process()


def _kill(process: subprocess.Popen[bytes], pipe: Any) -> None:
    """End a worker without asking: a client with a lost request never finishes its own ending."""
    process.kill()
    process.wait()
    pipe.close()
