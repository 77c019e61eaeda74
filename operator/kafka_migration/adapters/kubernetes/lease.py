"""One active operator: an own elector over a Lease, on a clock that runs in suspend.

Called by the app; `check` stands before every act (protocol 2.5). It must never believe in a
Lease longer than its duration since the last renewal was *sent*, and never outlive its loss:
the process exits. The official client's elector uses the wall clock and has no request timeout.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json
from kafka_migration.errors import Conflict, KmigError, Unavailable
from kafka_migration.model.reasons import Reason

LOST_EXIT_CODE = 71
_WATCH_SECONDS = 0.25


@dataclass(frozen=True)
class Timings:
    """Seconds: how long a Lease holds, until when it must be renewed, how often we try."""

    duration: float = 15.0
    renew_deadline: float = 10.0
    retry: float = 2.0
    request: float = 5.0  # below renew_deadline, so that a hung call is not the last one


def boottime() -> float:
    """Seconds that run on in suspend, unlike CLOCK_MONOTONIC."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def exit_process() -> None:
    """End at once: another operator may act from now on, so nothing may be finished here."""
    os._exit(LOST_EXIT_CODE)


class Elector:
    """Acquires and renews one Lease in a thread of its own."""

    def __init__(
        self,
        api: Api,
        namespace: str,
        name: str,
        identity: str,  # unique per process: pod name and a random part
        timings: Timings | None = None,
    ) -> None:
        self.timings = timings or Timings()
        self._api = api.within(self.timings.request)
        self._path = paths.of_group("coordination.k8s.io/v1", namespace, "leases")
        self._namespace, self._name = namespace, paths.checked(name)
        self._identity = identity
        self.clock: Callable[[], float] = boottime
        self.on_loss: Callable[[], None] = exit_process
        self.problem = ""  # why the last attempt failed, for readiness and log
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._acquired = threading.Event()
        self._held: Json | None = None  # the Lease as last written by us
        self._renewed = 0.0  # when the last successful renewal was sent
        self._since = 0.0  # when this process acquired it
        self._seen: tuple[str, float] | None = None  # another holder's version, first seen when
        self._threads: list[threading.Thread] = []

    # ---- used by the loop

    def held_until(self) -> float:
        """Time on `clock` until which nobody else can hold the Lease; 0 = not held."""
        with self._lock:
            return self._renewed + self.timings.duration if self._held is not None else 0.0

    def check(self, seconds: float = 0.0) -> None:
        """Raise Unavailable unless the Lease is ours now and for `seconds` more.

        `seconds` is the longest time that the act about to be sent can take.
        """
        left = self.held_until() - self.clock()
        if left <= seconds:
            message = (
                f"the Lease {self._name} is ours for {max(left, 0):.1f} s, {seconds:.1f} s are"
            )
            raise Unavailable(Reason.PROGRESSING, f"{message} needed; nothing was sent")

    def settled(self, request_seconds: float) -> bool:
        """False until an act of the holder before us can no longer arrive (protocol 2.5)."""
        with self._lock:
            if self._held is None:
                return False
            return self.clock() - self._since >= self.timings.duration + request_seconds

    def wait_acquired(self, seconds: float) -> bool:
        """True once the Lease is ours; False after `seconds`."""
        return self._acquired.wait(seconds)

    def start(self) -> None:
        """Start the elector and its watchdog."""
        for target, name in ((self._run, "lease"), (self._watch, "lease-watchdog")):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Release the Lease; call it after the last act has ended."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=self.timings.request + 1)
        with self._lock:
            held, self._held = self._held, None
        if held is None:
            return
        spec = held["spec"] | {"holderIdentity": "", "leaseDurationSeconds": 1}
        try:
            self._api.replace(f"{self._path}/{self._name}", held | {"spec": spec})
        except KmigError:
            return  # it expires by itself; there is nobody left who could do more

    # ---- threads

    def _run(self) -> None:
        while not self._stop.is_set():
            self.step()
            self._stop.wait(self.timings.retry)

    def _watch(self) -> None:
        while not self._stop.wait(_WATCH_SECONDS):
            self.expire()

    def expire(self) -> None:
        """Give up if the renew deadline has passed; apart from the thread that may hang."""
        with self._lock:
            late = self._held is not None and (
                self.clock() - self._renewed > self.timings.renew_deadline
            )
            if late:
                self._held = None
        if late:
            self.on_loss()

    def step(self) -> None:
        """One attempt to acquire or to renew; an API that does not answer is tried again."""
        try:
            if self._held is None:
                self._acquire()
            else:
                self._renew(self._held)
        except KmigError as error:
            # The watchdog ends us if this lasts; before acquisition there is only waiting.
            self.problem = error.message
        else:
            self.problem = ""

    # ---- steps

    def _acquire(self) -> None:
        if self._acquired.is_set():
            return  # lost once: this process never leads again
        path = f"{self._path}/{self._name}"
        current = self._api.get(path)
        sent = self.clock()
        if current is None:
            metadata = {"name": self._name, "namespace": self._namespace}
            body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
            self._hold(self._api.create(self._path, body | {"spec": self._spec(0)}), sent)
        elif self._free(current, sent):
            spec = current.get("spec") or {}
            # Our own name means that the answer to an earlier attempt was lost.
            ours = spec.get("holderIdentity") == self._identity
            transitions = int(spec.get("leaseTransitions") or 0) + (0 if ours else 1)
            written = self._api.replace(path, current | {"spec": self._spec(transitions)})
            self._hold(written, sent)

    def _renew(self, held: Json) -> None:
        path = f"{self._path}/{self._name}"
        sent = self.clock()
        spec = held["spec"] | {"renewTime": _now()}
        try:
            written = self._api.replace(path, held | {"spec": spec})
        except Conflict:
            current = self._api.get(path)
            holder = ((current or {}).get("spec") or {}).get("holderIdentity")
            if current is None or holder != self._identity:
                self._lose()
                return
            written = self._api.replace(path, current | {"spec": spec})
        self._hold(written, sent)

    def _free(self, current: Json, now: float) -> bool:
        """True if nobody else holds it, or its version stood still here for its duration."""
        spec = current.get("spec") or {}
        if spec.get("holderIdentity") in {None, "", self._identity}:
            return True
        version = current["metadata"]["resourceVersion"]
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, now)
            return False
        duration = max(float(spec.get("leaseDurationSeconds") or 0), self.timings.duration)
        return now - self._seen[1] > duration

    def _hold(self, written: Json, sent: float) -> None:
        with self._lock:
            if self._held is None:
                if self._acquired.is_set():
                    return  # the watchdog gave up while this answer was under way
                self._since = sent
            self._held, self._renewed = written, sent
        self._acquired.set()

    def _lose(self) -> None:
        with self._lock:
            self._held = None
        self.on_loss()

    def _spec(self, transitions: int) -> dict[str, Any]:
        now = _now()
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(self.timings.duration),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": transitions,
        }


def _now() -> str:
    """Wall clock for people and other electors' displays; nothing here decides by it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
