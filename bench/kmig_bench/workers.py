"""Connect workers of the bench: the product's own manifests, and the same pod with plain settings.

Called by the figures. Both run at once and are measured in turn, so neither is favoured by a
quieter hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from kafka_migration.adapters.connect import ConnectClient
from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.workers import ConnectWorkers
from kafka_migration.adapters.replication import manifests
from kafka_migration.adapters.replication.settings import MirrorConnection, properties
from kafka_migration.adapters.replication.worker_settings import REST_PORT
from kmig_bench.configs import plain_worker
from kmig_bench.errors import BenchError
from kmig_bench.ground import Ground
from kmig_bench.waiting import wait_until

IMAGE = "kmig.local/kafka:4.3.1"  # that the sandbox runs its brokers from
_READY_SECONDS = 300.0
_STOP_SECONDS = 120.0
Manifest = dict[str, Any]


@contextmanager
def workers(ground: Ground, *, product: bool) -> Iterator[ConnectClient]:
    """One worker pod for the length of a block."""
    name = worker_name(ground, product=product)
    password = uuid4().hex
    built = _manifests(ground, name, password, product=product)
    kept = ConnectWorkers(ground.api)
    kept.apply(ground.names.namespace, name, built)
    client = ConnectClient(_url(ground, name), manifests.REST_USER, password)
    try:
        wait_until(
            f"Connect worker {name}",
            _READY_SECONDS,
            lambda: "" if client.ready() else _state(kept, ground, name),
        )
        yield client
    finally:
        client.close()
        kept.remove(ground.names.namespace, name)


def worker_name(ground: Ground, *, product: bool) -> str:
    """Name of the Deployment, and of the label by which its pod is found."""
    return f"kmig-{ground.names.uid}-forward" if product else ground.names.plain_worker


def started(client: ConnectClient, name: str, config: dict[str, str]) -> None:
    """Create a connector, and begin when it rests."""
    client.create(name, config)
    wait_until(f"{name} created", _STOP_SECONDS, lambda: _not_stopped(client, name))
    client.resume(name)


def removed(client: ConnectClient, name: str) -> None:
    """Stop and delete a connector; returns when its tasks have ended."""
    client.stop(name)
    wait_until(f"{name} stopped", _STOP_SECONDS, lambda: _not_stopped(client, name))
    client.delete_offsets(name)
    client.delete(name)


def failure(client: ConnectClient, name: str) -> str:
    """Why a connector or one of its tasks FAILED; "" if none did."""
    found = client.connectors().get(name)
    if found is None:
        return "it does not exist"
    return found.trace if "FAILED" in {found.state, *found.tasks.values()} else ""


def _not_stopped(client: ConnectClient, name: str) -> str:
    found = client.connectors().get(name)
    if found is None:
        return "it is not listed"
    return "" if found.state == "STOPPED" and not found.tasks else f"{found.state} {found.tasks}"


def _state(kept: ConnectWorkers, ground: Ground, name: str) -> str:
    return kept.read(ground.names.namespace, name).problem or "it does not answer yet"


def _manifests(ground: Ground, name: str, password: str, *, product: bool) -> list[Manifest]:
    ends = ground.place.mirror_in_cluster if product else ground.place.admin_in_cluster
    spec = manifests.WorkerSpec(
        migration_uid=f"{ground.names.uid}-0000-4000-8000-{uuid4().hex[:12]}",
        migration_name="bench",
        namespace=ground.names.namespace,
        name=name,
        image=IMAGE,
        direction="forward",
        target=MirrorConnection.of(ends.target),
    )
    built = manifests.worker_manifests(
        spec, manifests.WorkerSecrets(ends.source, ends.target, password)
    )
    if not product:
        for manifest in built:
            if manifest["kind"] == "ConfigMap":
                settings = plain_worker(ground.names, ends)
                manifest["data"]["worker.properties"] = properties(settings)
    return built


def _url(ground: Ground, name: str) -> str:
    """REST address that this machine reaches: the Service's cluster IP."""
    body = ground.api.get(paths.core(ground.names.namespace, "services", name))
    if body is None:
        raise BenchError(f"Service {name} was applied and is not there; run the bench again")
    return f"http://{body['spec']['clusterIP']}:{REST_PORT}"
