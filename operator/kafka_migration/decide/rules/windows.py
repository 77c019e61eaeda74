"""How long ends must stay still before they count (protocol 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# What the pause holds besides windows and waiting: pods' end and start, catch-up, proofs.
FORECAST_BASE_SECONDS = 10.0
ABORT_SECONDS = 0.6  # to end what one transactional id left open (measured: design 9)
SETTLE_DEADLINE_SECONDS = 120.0
SESSION_MARGIN_SECONDS = 30.0  # in which brokers find that a session has ended
REPLICA_LAG_SECONDS = 30.0  # replica.lag.time.max.ms when it cannot be read
SHORTEST_SECONDS = 0.5


def settle_seconds(
    propagation: float, replication_factor: int, settings: Mapping[str, str | None]
) -> float:
    """The longest of 3 x measured propagation and, unless RF is 1, replica.lag.time.max.ms."""
    window = max(SHORTEST_SECONDS, 3.0 * propagation)
    if replication_factor <= 1:
        return window
    lag = settings.get("replica.lag.time.max.ms")
    return max(window, float(lag) / 1000.0 if lag else REPLICA_LAG_SECONDS)


def settle_deadline(sessions: Iterable[int | None]) -> float:
    """Seconds for Settle: the usual, or until the longest declared session has surely ended."""
    longest = max((seconds for seconds in sessions if seconds is not None), default=0)
    return max(SETTLE_DEADLINE_SECONDS, longest + SESSION_MARGIN_SECONDS)
