"""The process: settings, Lease, workers that run ticks, resync, health, and kopf as doorbell.

Called by the CLI (`kmig run`). Ticks run only while this process holds the Lease; when the Lease
is lost the process ends at once. One place catches what a tick raises.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any

from kafka_migration import handlers, metrics
from kafka_migration.errors import Conflict, KmigError
from kafka_migration.health import HealthServer
from kafka_migration.logs import configure, describe, log, where
from kafka_migration.model.kubernetes import Key
from kafka_migration.relations import Relations
from kafka_migration.settings import read_settings
from kafka_migration.wiring import Leadership, assemble
from kafka_migration.work_queue import WorkQueue
from kafka_migration.world import World

CONFLICT_SECONDS = 0.2  # until a tick that met another version reads again
URGENT_SECONDS = 1.0  # who wants to be back sooner than this is in a cutover
LOOP_LAG_SECONDS = 30.0
_RESYNC_RETRY_SECONDS = 5.0
_TAKE_SECONDS = 1.0
_STOP_SECONDS = 20.0  # for ticks to end; below the pod's termination grace period

Tick = Callable[["App", Key], float | None]


@dataclass
class App:
    """Everything that lives as long as the process. `world` is the long-lived template."""

    lasting: World
    queue: WorkQueue
    tick: Tick
    relations: Relations = field(default_factory=Relations)
    chance: Callable[[], float] = random.random
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _ticking: dict[int, tuple[Key, float]] = field(default_factory=dict)
    _pulse: float | None = None
    _listed: float | None = None

    def world(self) -> World:
        """The world for one tick."""
        return self.lasting.for_tick()

    def related(self, key: Key) -> tuple[Key, ...]:
        """A migration's units, or a unit's migration, as last seen."""
        return self.relations.of(key)

    def enqueue(self, key: Key, *, urgent: bool = False, delay: float = 0.0) -> None:
        """Have the object ticked."""
        self.queue.add(key, urgent=urgent, delay=delay)

    # ---- the doorbell

    def ring(self, key: Key, spec: Mapping[str, Any], *, gone: bool) -> None:
        """kopf saw the object: tick it, and those it is related to before or now."""
        before = self.related(key)
        if gone:
            self.relations.forget(key)
        else:
            self.relations.learn(key, spec)
        for other in {key, *before, *self.related(key)}:
            self.enqueue(other)

    def pulse(self) -> None:
        """The event loop turned."""
        self._pulse = self.lasting.clock.monotonic()

    def resync(self) -> None:
        """List everything consistently and tick it: repairs lost events."""
        everything = self.lasting.store.list_keys()
        self.relations.replace(everything)
        for loaded in everything:
            self.enqueue(loaded.key)
        self._listed = self.lasting.clock.monotonic()
        metrics.RESYNC_TIME.set(self.lasting.clock.now().timestamp())

    # ---- workers

    def work_once(self, worker: int, timeout: float) -> bool:
        """Take one key and tick it; False if none was due in time."""
        key = self.queue.take(timeout)
        if key is None:
            return False
        began = self.lasting.clock.monotonic()
        self._ticking[worker] = (key, began)
        try:
            self._tick_safely(key)
        finally:
            del self._ticking[worker]
            seconds = self.lasting.clock.monotonic() - began
            metrics.RECONCILE_SECONDS.labels(key.kind).observe(seconds)
        return True

    def _tick_safely(self, key: Key) -> None:
        """The one place where what a tick raises ends."""
        try:
            again = self.tick(self, key)
        except Conflict as error:
            self._count(key, error.reason.value)
            log.info("read again", object=str(key), why=error.message)
            self.queue.done(key, CONFLICT_SECONDS, urgent=True)
        except KmigError as error:
            self._count(key, error.reason.value)
            seconds = self.queue.failed(key)
            known = {"reason": error.reason.value, "why": error.message}
            log.warning("tick failed", object=str(key), again_in=round(seconds, 1), **known)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one object stops no other
            self._count(key, type(error).__name__)
            seconds = self.queue.failed(key)
            said, trace = describe(error), where(error)
            log.error(
                "tick broke", object=str(key), again_in=round(seconds, 1), error=said, trace=trace
            )
        else:
            if again is None:
                metrics.forget(key)
            urgent = again is not None and again < URGENT_SECONDS
            self.queue.done(key, again, urgent=urgent)

    def _count(self, key: Key, reason: str) -> None:
        metrics.RECONCILE_ERRORS.labels(key.kind, reason).inc()

    def _work(self, worker: int) -> None:
        while not self._stop.is_set():
            self.work_once(worker, _TAKE_SECONDS)

    def _resync_for_ever(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            interval = self.lasting.settings.resync_seconds
            try:
                self.resync()
            except KmigError as error:
                log.warning("resync failed", reason=error.reason.value, why=error.message)
                interval = min(interval, _RESYNC_RETRY_SECONDS)
            except Exception as error:  # noqa: BLE001 - the thread that repairs must not die
                log.error("resync broke", error=describe(error), trace=where(error))
                interval = min(interval, _RESYNC_RETRY_SECONDS)
            wait = interval * (0.9 + 0.2 * self.chance())

    def start(self) -> None:
        """Start the workers and the resync; the Lease must be ours."""
        metrics.QUEUE_DEPTH.set_function(self.queue.depth)
        self._spawn("resync", self._resync_for_ever)
        for number in range(self.lasting.settings.worker_threads):
            self._spawn(f"worker-{number}", partial(self._work, number))

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> bool:
        """Let running ticks end; True if all did in time."""
        self._stop.set()
        self.queue.close()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    # ---- health

    def ailments(self) -> list[str]:
        """Why this process should be restarted; nothing that a restart cannot heal."""
        now = self.lasting.clock.monotonic()
        found = []
        if self._pulse is not None and now - self._pulse > LOOP_LAG_SECONDS:
            found.append(f"the event loop has not turned for {now - self._pulse:.0f} s")
        limit = self.lasting.settings.tick_deadline_seconds
        for key, began in tuple(self._ticking.values()):
            if now - began > limit:
                found.append(f"the tick of {key} has taken {now - began:.0f} s")
        found += [f"thread {t.name} died" for t in self._threads if not self._alive(t)]
        return found

    def _alive(self, thread: threading.Thread) -> bool:
        return thread.is_alive() or self._stop.is_set()

    def unreadiness(self) -> list[str]:
        """Why this process does no good now: what ails it, or a list that is too old."""
        if not self._threads:
            return []  # standing by is ready
        found = self.ailments()
        now = self.lasting.clock.monotonic()
        if self._listed is None:
            found.append("the objects were not listed yet")
        elif now - self._listed > 3 * self.lasting.settings.resync_seconds:
            found.append(f"the objects were last listed {now - self._listed:.0f} s ago")
        return found


def run() -> None:
    """Run the operator until it is told to stop; raises KmigError if it cannot start."""
    from kafka_migration.reconcile import tick

    settings = read_settings(os.environ)
    configure(settings.log_level)
    metrics.BUILD.labels(version("kafka-migration-operator")).set(1)
    # As process 1 of a container nothing ends us by default.
    signal.signal(signal.SIGTERM, _exit)
    world, leadership = assemble(settings)
    app = App(world, WorkQueue(world.clock), tick)
    health = HealthServer(
        settings.health_port, {"/healthz": app.ailments, "/readyz": app.unreadiness}
    )
    health.start()
    leadership.start()
    try:
        _await_lease(leadership)
        _await_kinds(app)
        app.start()
        handlers.watch(app.ring, app.pulse)
    except Exception as error:  # noqa: BLE001 - logged, and the process ends
        # Not left to the interpreter: the words of a library may hold anything.
        log.error("ended", error=describe(error), trace=where(error))
        raise SystemExit(1) from None
    finally:
        ended = app.stop()
        if ended:
            leadership.stop()  # else it expires: an act may still be under way
        log.info("stopped", every_tick_ended=ended)
        health.close()


def _exit(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _await_lease(leadership: Leadership) -> None:
    waited = 0
    while not leadership.wait_acquired(1.0):
        if waited % 60 == 0:
            log.info("standing by", why="another operator holds the Lease, or the API is silent")
        waited += 1
    metrics.LEADER.set(1)
    log.info("leading")


def _await_kinds(app: App) -> None:
    """kopf looks for our kinds once, when it starts: they must be served by then."""
    pause = threading.Event()
    while True:
        try:
            app.resync()
        except KmigError as error:
            log.warning("not started yet", reason=error.reason.value, why=error.message)
            pause.wait(_RESYNC_RETRY_SECONDS)
        else:
            return
