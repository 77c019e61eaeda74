"""Remembers what librdkafka's background threads complain about.

Held by every client of this package: a wrong password, a foreign CA or a dead address never
reaches the caller of a request, which only times out. Must never raise: it runs in callbacks.
"""

from __future__ import annotations

import threading

from kafka_migration.adapters.kafka.rdkafka import KafkaError, Local

# The most telling first: a broker that refuses our password is reachable and trusted.
_RANK: tuple[int, ...] = (
    Local.AUTHENTICATION,
    Local.SSL,
    Local.RESOLVE,
    Local.TRANSPORT,
    Local.ALL_BROKERS_DOWN,
)
_DECISIVE = frozenset(_RANK[:2])


class FaultLog:
    """The last fault of each kind since the last success. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[int, KafkaError] = {}

    def record(self, error: KafkaError) -> None:
        """The client's error_cb."""
        with self._lock:
            self._last[error.code()] = error

    def clear(self) -> None:
        """Forget everything: a request was answered."""
        with self._lock:
            self._last.clear()

    def worst(self) -> KafkaError | None:
        """The most telling fault, or None."""
        with self._lock:
            for code in _RANK:
                if code in self._last:
                    return self._last[code]
            return None

    def decisive(self) -> KafkaError | None:
        """A fault that waiting cannot heal: refused password or certificate."""
        worst = self.worst()
        return worst if worst is not None and worst.code() in _DECISIVE else None

    def all_down(self) -> bool:
        """True if no broker could be reached so far."""
        with self._lock:
            return Local.ALL_BROKERS_DOWN in self._last
