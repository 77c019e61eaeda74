"""One fresh producer that sends oversized records and tells who answered.

Called by `probe` alone. Must never be kept between probes: a producer remembers refusals.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kafka_migration.adapters.kafka.config import producer_config
from kafka_migration.adapters.kafka.errors import refused_configuration, translate
from kafka_migration.adapters.kafka.faults import FaultLog
from kafka_migration.adapters.kafka.rdkafka import KafkaError, KafkaException, Producer
from kafka_migration.errors import Unavailable
from kafka_migration.model.kafka import Connection, Partition
from kafka_migration.model.reasons import Reason

_TIMEOUT = 8.0  # seconds for an ordinary probe ...
_SLOWEST = 2 * 1024 * 1024  # ... plus what the value needs at this many bytes per second
_TURN = 0.02


@dataclass(frozen=True)
class Answer:
    """What came back for one record, and which brokers (by id) were asked for it."""

    code: int = KafkaError.NO_ERROR
    text: str = ""
    local: str | None = None  # produce() itself refused
    produced_at: frozenset[int] = frozenset()
    metadata_at: frozenset[int] = frozenset()
    addresses: Mapping[int, str] = field(default_factory=dict)  # as this client learned them

    @property
    def refused_unsent(self) -> bool:
        """True if the client answered from metadata: nothing was sent to the leader."""
        return self.code == KafkaError.TOPIC_AUTHORIZATION_FAILED and not self.produced_at


class ProbeSession:
    """A producer for one leader; Invalid if the connection cannot work."""

    def __init__(self, connection: Connection, size: int) -> None:
        self._timeout = _TIMEOUT + size / _SLOWEST
        self._faults = FaultLog()
        self._stats: list[dict[str, Any]] = []
        self._produced: dict[int, int] = {}
        config: dict[str, Any] = {
            **producer_config(connection, size + 65_536, int(self._timeout * 1000)),
            "error_cb": self._faults.record,
            "stats_cb": self._take_stats,
        }
        try:
            self._producer = Producer(config)
        except (KafkaException, ValueError, TypeError) as error:
            raise refused_configuration(error, connection) from None

    def send(self, partition: Partition, size: int) -> Answer:
        """Send one record of `size` random bytes; Unavailable if no broker can be asked."""
        reports: list[KafkaError | None] = []
        try:
            self._producer.produce(
                partition.topic,
                value=os.urandom(size),  # nothing could make it smaller on the way
                key=b"kmig-probe",  # a compacted topic would refuse a record without key
                partition=partition.number,
                on_delivery=lambda error, _message: reports.append(error),
            )
        except (KafkaException, BufferError) as error:
            return Answer(local=str(error))
        self._await_report(reports, partition)
        report = reports[0]
        stats = self._next_stats(partition)
        produced = _requests(stats, "Produce")
        answer = Answer(
            code=KafkaError.NO_ERROR if report is None else report.code(),
            text="the record was written; report this" if report is None else report.str(),
            produced_at=frozenset(
                node for node, sent in produced.items() if sent > self._produced.get(node, 0)
            ),
            metadata_at=frozenset(
                node for node, sent in _requests(stats, "Metadata").items() if sent
            ),
            addresses=_addresses(stats),
        )
        self._produced = produced
        return answer

    def _await_report(self, reports: list[KafkaError | None], partition: Partition) -> None:
        deadline = time.monotonic() + self._timeout + 2
        while not reports:
            self._producer.poll(_TURN)
            fault = self._faults.decisive()
            if fault is not None:
                raise translate(fault, f"probe {partition}")
            if time.monotonic() > deadline:
                raise Unavailable(
                    Reason.UNREACHABLE, f"no delivery report for {partition}; it is tried again"
                )

    def _next_stats(self, partition: Partition) -> dict[str, Any]:
        """Statistics made after the report, so they count every request sent for it."""
        self._stats.clear()
        deadline = time.monotonic() + 2
        while not self._stats:
            self._producer.poll(_TURN)
            if time.monotonic() > deadline:
                raise Unavailable(
                    Reason.UNKNOWN, f"the client told no statistics for {partition}; tried again"
                )
        return self._stats[-1]

    def _take_stats(self, text: str) -> None:
        self._stats.append(json.loads(text))


def _requests(stats: Mapping[str, Any], kind: str) -> dict[int, int]:
    """Requests of a kind sent so far, by broker id; bootstrap handles have none."""
    return {
        broker["nodeid"]: broker["req"].get(kind, 0)
        for broker in stats["brokers"].values()
        if broker["nodeid"] >= 0
    }


def _addresses(stats: Mapping[str, Any]) -> dict[int, str]:
    return {
        broker["nodeid"]: broker["nodename"]
        for broker in stats["brokers"].values()
        if broker["nodeid"] >= 0
    }
