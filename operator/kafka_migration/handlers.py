"""kopf as the doorbell: it watches our two kinds and rings; it never acts, patches or posts.

Called by app, in the main thread. The only module that imports kopf. A change handler, a timer,
a daemon, a `patch` argument or a return value here would lose or repeat work (K1-K15).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import kopf

from kafka_migration.api.base import GROUP, VERSION
from kafka_migration.model.kubernetes import Key

PLURALS = ("kafkamigrations", "workloadcutovers")
PULSE_SECONDS = 1.0


class Ring(Protocol):
    """What is told of each event of our kinds."""

    def __call__(self, key: Key, spec: Mapping[str, Any], *, gone: bool) -> None:
        """The object was seen with this spec, or is gone."""


class EndlessBackoffs:
    """Seconds between retries of kopf's own requests: an API outage must not end the process."""

    def __iter__(self) -> Iterator[float]:
        """Begin again with one second."""
        seconds = 1.0
        while True:
            yield seconds * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, no secret
            seconds = min(seconds * 2, 30.0)


def settings() -> kopf.OperatorSettings:
    """kopf reduced to watching."""
    wanted = kopf.OperatorSettings()
    wanted.posting.enabled = False
    wanted.scanning.disabled = True
    wanted.networking.request_timeout = 30
    wanted.networking.connect_timeout = 5
    wanted.networking.error_backoffs = EndlessBackoffs()
    wanted.watching.server_timeout = 300
    wanted.watching.connect_timeout = 5
    return wanted


def registry(ring: Ring, pulse: Callable[[], None]) -> kopf.OperatorRegistry:
    """Handlers that ring, and a pulse that shows that the event loop turns."""
    handlers = kopf.OperatorRegistry()
    beating: list[asyncio.Task[None]] = []

    @kopf.on.login(registry=handlers)
    def login(**arguments: Any) -> kopf.ConnectionInfo | None:
        in_pod = kopf.login_with_service_account(**arguments)
        return in_pod or kopf.login_with_kubeconfig(**arguments)

    @kopf.on.startup(registry=handlers)
    async def start(**_: Any) -> None:
        beating.append(asyncio.create_task(_beat(pulse), name="pulse"))

    @kopf.on.cleanup(registry=handlers)
    async def stop(**_: Any) -> None:
        for task in beating:
            task.cancel()

    async def rung(type: str | None, body: kopf.Body, **_: Any) -> None:  # noqa: A002 - kopf's name
        metadata = body["metadata"]
        key = Key(body["kind"], metadata["namespace"], metadata["name"])
        ring(key, dict(body.get("spec") or {}), gone=type == "DELETED")

    for plural in PLURALS:
        kopf.on.event(GROUP, VERSION, plural, registry=handlers)(rung)
    return handlers


async def _beat(pulse: Callable[[], None]) -> None:
    while True:
        pulse()
        await asyncio.sleep(PULSE_SECONDS)


def watch(ring: Ring, pulse: Callable[[], None]) -> None:
    """Watch until SIGTERM or SIGINT; raises what ends kopf otherwise."""
    kopf.run(registry=registry(ring, pulse), settings=settings(), standalone=True, clusterwide=True)
