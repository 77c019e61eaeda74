"""One AdminClient with named faults and bounded waits.

Called by the modules that ask a cluster something. Must never wait without a deadline and never
report a time-out whose cause the background threads have told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import wait
from typing import Any, TypeVar

from kafka_migration.adapters.kafka.config import client_config
from kafka_migration.adapters.kafka.errors import (
    refused_configuration,
    translate,
    translate_exception,
)
from kafka_migration.adapters.kafka.faults import FaultLog
from kafka_migration.adapters.kafka.rdkafka import (
    AdminClient,
    AnyFuture,
    KafkaError,
    KafkaException,
    Local,
)
from kafka_migration.errors import KmigError, Unavailable
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

REQUEST_TIMEOUT = 10.0  # seconds a broker may take; the library's own answer comes then
_FUTURE_TIMEOUT = REQUEST_TIMEOUT + 2.0  # if the library itself should fail to answer
_CONNECT_TIMEOUT = 9.0
_ALL_DOWN_GRACE = 3.0  # a name may resolve to several addresses, tried one after the other
_TURN = 0.05  # how often background faults are collected while waiting

Key = TypeVar("Key")


class Admin:
    """An AdminClient of one connection; thread-safe. Invalid if the connection cannot work."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.faults = FaultLog()
        self._config = client_config(connection)
        self._proving = threading.Lock()
        self._proven: AdminClient | None = None

    def client(self, doing: str) -> AdminClient:
        """The client, once a broker has answered it; raises by name what stands between."""
        with self._proving:
            if self._proven is None:
                self._proven = self._prove(doing)
            return self._proven

    def close(self) -> None:
        """Let go of the client; a later call opens a new one."""
        with self._proving:
            self._proven = None

    def one(self, doing: str, start: Callable[[AdminClient], AnyFuture]) -> Any:
        """Send one request and return its answer; `doing` completes "cannot ..."."""
        result = self._outcomes(doing, lambda client: {"": start(client)})[""]
        if isinstance(result, KafkaException):
            raise self.error(result, doing)
        return result

    def each(
        self, doing: str, start: Callable[[AdminClient], Mapping[Key, AnyFuture]]
    ) -> dict[Key, Any]:
        """Send one request with many items; every item must succeed."""
        outcomes = self._outcomes(doing, start)
        for key, outcome in outcomes.items():
            if isinstance(outcome, KafkaException):
                raise self.error(outcome, f"{doing} ({key})")
        return outcomes

    def each_outcome(
        self, doing: str, start: Callable[[AdminClient], Mapping[Key, AnyFuture]]
    ) -> dict[Key, Any]:
        """The same; a failed item's value is its KafkaException, judged by the caller."""
        return self._outcomes(doing, start)

    def error(self, error: KafkaException | KafkaError, doing: str) -> KmigError:
        """The project's error for a failure of this client."""
        return translate_exception(error, self._at(doing), self.faults.worst())

    def _at(self, doing: str) -> str:
        return f"{doing} at {self.connection.bootstrap_servers}"

    def _outcomes(
        self, doing: str, start: Callable[[AdminClient], Mapping[Key, AnyFuture]]
    ) -> dict[Key, Any]:
        client = self.client(doing)
        try:
            futures = dict(start(client))
        except KafkaException as error:
            raise self.error(error, doing) from None
        deadline = time.monotonic() + _FUTURE_TIMEOUT
        while wait(futures.values(), timeout=_TURN).not_done:
            client.poll(0)
            if time.monotonic() > deadline:
                raise Unavailable(
                    Reason.UNREACHABLE,
                    f"cannot {self._at(doing)}: no answer within {_FUTURE_TIMEOUT:.0f} s;"
                    " its effect is unknown; it is tried again",
                )
        client.poll(0)
        outcomes = {key: _outcome(future) for key, future in futures.items()}
        if not all(isinstance(outcome, KafkaException) for outcome in outcomes.values()):
            self.faults.clear()
        return outcomes

    def _prove(self, doing: str) -> AdminClient:
        """A client that a broker has answered; refused password or CA ends the wait at once.

        One that failed is dropped: left alone it would repeat a refused password every second.
        """
        self.faults.clear()
        client = self._open()
        future = client.describe_cluster(request_timeout=_CONNECT_TIMEOUT)
        began = time.monotonic()
        while wait([future], timeout=_TURN).not_done:
            client.poll(0)
            waited = time.monotonic() - began
            fault = self.faults.decisive()
            if fault is None and self.faults.all_down() and waited > _ALL_DOWN_GRACE:
                fault = self.faults.worst()
            if fault is not None:
                raise translate(fault, self._at(doing))
            if waited > _FUTURE_TIMEOUT:
                break
        outcome = _outcome(future) if future.done() else _no_answer()
        if isinstance(outcome, KafkaException):
            raise self.error(outcome, doing)
        self.faults.clear()
        return client

    def _open(self) -> AdminClient:
        try:
            config: dict[str, Any] = {**self._config, "error_cb": self.faults.record}
            return AdminClient(config)
        except (KafkaException, ValueError, TypeError) as error:
            raise refused_configuration(error, self.connection) from None


def _outcome(future: AnyFuture) -> Any:
    try:
        return future.result(timeout=0)
    except KafkaException as error:
        return error


def _no_answer() -> KafkaException:
    return KafkaException(KafkaError(Local.TIMED_OUT))
