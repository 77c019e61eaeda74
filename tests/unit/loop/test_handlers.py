"""kopf as we use it: it rings, and writes nothing (K1, K3, K6, K12, K13)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import kopf
import pytest
from aiohttp import web

from kafka_migration import handlers
from kafka_migration.model.kubernetes import Key

GROUP = "kafka-migration.io"
BASE = f"/apis/{GROUP}/v1alpha1"
KINDS = {"kafkamigrations": "KafkaMigration", "workloadcutovers": "WorkloadCutover"}


def resource(plural: str, kind: str, *, namespaced: bool = True) -> dict[str, Any]:
    verbs = ["get", "list", "watch", "patch", "update"]
    names = {"name": plural, "kind": kind, "singularName": kind.lower()}
    return {**names, "namespaced": namespaced, "verbs": verbs}


def group(name: str, version: str) -> dict[str, Any]:
    served = {"version": version, "groupVersion": f"{name}/{version}"}
    return {"name": name, "versions": [served], "preferredVersion": served}


# kopf does not begin before it knows namespaces and definitions, though it watches neither.
EXTENSIONS = "apiextensions.k8s.io"
DEFINITIONS = resource("customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
DISCOVERY = {
    "/api": {"versions": ["v1"]},
    "/api/v1": {"resources": [resource("namespaces", "Namespace", namespaced=False)]},
    "/apis": {"groups": [group(GROUP, "v1alpha1"), group(EXTENSIONS, "v1")]},
    f"/apis/{EXTENSIONS}/v1": {"resources": [DEFINITIONS]},
    BASE: {"resources": [resource(p, k) for p, k in KINDS.items()]},
}
A = Key("KafkaMigration", "ns", "a")
U = Key("WorkloadCutover", "ns", "u")


def body(key: Key, version: str = "1") -> dict[str, Any]:
    metadata = {"name": key.name, "namespace": key.namespace, "uid": key.name}
    reference = {"migrationRef": {"namespace": "ns", "name": "a"}}
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": key.kind,
        "metadata": {**metadata, "resourceVersion": version},
        "spec": reference if key == U else {},
    }


class FakeApi:
    """Discovery, lists and watches of our two kinds; remembers every request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.objects: dict[str, list[dict[str, Any]]] = {plural: [] for plural in KINDS}
        self.watches: dict[str, asyncio.Queue[dict[str, Any] | None]] = {
            plural: asyncio.Queue() for plural in KINDS
        }
        self.failures = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        if request.path in DISCOVERY:
            return web.json_response(DISCOVERY[request.path])
        plural = request.path.rsplit("/", 1)[-1]
        if plural not in KINDS or request.method != "GET":
            return web.json_response({"kind": "Status", "code": 404}, status=404)
        if "watch" in request.query:
            return await self._watch(request, plural)
        if self.failures:
            self.failures -= 1
            return web.json_response({"kind": "Status", "code": 500}, status=500)
        return web.json_response(
            {
                "kind": f"{KINDS[plural]}List",
                "metadata": {"resourceVersion": "1"},
                "items": [_listed(thing) for thing in self.objects[plural]],
            }
        )

    async def _watch(self, request: web.Request, plural: str) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while (event := await self.watches[plural].get()) is not None:
            await response.write(json.dumps(event).encode() + b"\n")
            if event["type"] == "ERROR":
                break
        return response

    def send(self, plural: str, kind: str, thing: dict[str, Any]) -> None:
        self.watches[plural].put_nowait({"type": kind, "object": thing})


def _listed(thing: dict[str, Any]) -> dict[str, Any]:
    """As in a real list: items do not say what they are."""
    return {key: value for key, value in thing.items() if key not in ("kind", "apiVersion")}


class Doorbell:
    """kopf with our registry and settings, in a thread and a loop of its own."""

    def __init__(self, ring: Any) -> None:
        self.pulses = 0
        self._ring = ring
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await kopf.operator(
            registry=handlers.registry(self._ring, self._pulse),
            settings=handlers.settings(),
            standalone=True,
            clusterwide=True,
            stop_flag=self._stop,
        )

    def _pulse(self) -> None:
        self.pulses += 1

    async def stop(self) -> None:
        assert self._loop is not None
        assert self._stop is not None
        if self.thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        await asyncio.to_thread(self.thread.join, 15)
        assert not self.thread.is_alive()


@pytest.fixture
def rung(tmp_path, monkeypatch) -> Callable[..., FakeApi]:
    """Run kopf against a fake API while `scenario(api)` runs; return the API."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))

    async def running(scenario: Any, ring: Any) -> FakeApi:
        api, doorbell = FakeApi(), Doorbell(ring)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", api.answer)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig(runner.addresses[0][1])))
        doorbell.thread.start()
        try:
            await asyncio.wait_for(scenario(api), timeout=15)
        finally:
            await doorbell.stop()
            for queue in api.watches.values():
                queue.put_nowait(None)
            await runner.cleanup()
        assert doorbell.pulses
        return api

    return lambda scenario, ring: asyncio.run(running(scenario, ring))


def kubeconfig(port: int) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


async def until(condition: Callable[[], bool]) -> None:
    """Wait (the caller sets the deadline)."""
    while not condition():  # noqa: ASYNC110 - kopf's rings come from another thread
        await asyncio.sleep(0.02)


def test_every_event_of_our_kinds_rings_and_nothing_is_ever_written(rung):
    """Not even when the ring raises: K13 stored its words on the object."""
    rings: list[tuple[Key, bool]] = []

    def ring(key, spec, *, gone):
        rings.append((key, gone))
        if key == U:
            raise RuntimeError("password=secret")

    async def scenario(api: FakeApi) -> None:
        api.objects["kafkamigrations"] = [body(A)]
        await until(lambda: (A, False) in rings)
        api.send("workloadcutovers", "ADDED", body(U, "2"))
        await until(lambda: (U, False) in rings)
        api.send("kafkamigrations", "DELETED", body(A, "3"))
        await until(lambda: (A, True) in rings)

    api = rung(scenario, ring)
    assert {method for method, _ in api.requests} == {"GET"}


def test_after_an_expired_watch_everything_is_listed_and_rings_again(rung):
    """K6: 410 means that events were missed."""
    rings: list[Key] = []

    async def scenario(api: FakeApi) -> None:
        api.objects["kafkamigrations"] = [body(A)]
        await until(lambda: rings.count(A) == 1)
        api.objects["kafkamigrations"] = [body(A, "9")]
        api.send("kafkamigrations", "ERROR", {"kind": "Status", "code": 410, "reason": "Expired"})
        await until(lambda: rings.count(A) >= 2)

    rung(scenario, lambda key, _spec, *, gone: rings.append(key))


def test_an_api_that_fails_for_a_while_does_not_end_us(rung):
    """K5: kopf's own list of retries is finite; ours is not."""
    rings: list[Key] = []

    async def scenario(api: FakeApi) -> None:
        api.failures = 2
        api.objects["kafkamigrations"] = [body(A)]
        await until(lambda: A in rings)

    rung(scenario, lambda key, _spec, *, gone: rings.append(key))


def test_the_waits_between_retries_never_end_and_stay_bounded():
    waits = iter(handlers.EndlessBackoffs())
    seen = [next(waits) for _ in range(200)]
    assert 0.5 <= seen[0] <= 1.0
    assert max(seen) <= 30.0
    assert len(set(seen)) > 100


def test_kopf_posts_no_events_and_does_not_watch_definitions():
    settings = handlers.settings()
    assert settings.posting.enabled is False
    assert settings.scanning.disabled is True
