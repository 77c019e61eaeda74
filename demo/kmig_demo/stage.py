"""The stage before the curtain: clean clusters, namespaces, topics, history, running applications.

Called first by the scenario. Everything here is what a platform and an application team have
before they think of a migration; it must never touch the target's topics or ACLs.
"""

from __future__ import annotations

from dataclasses import dataclass

from confluent_kafka.admin import (
    AclOperation,
    ResourceType,
)

from kmig_demo.admin import GROUP, ClusterAdmin
from kmig_demo.cleanup import remove_earlier_demo
from kmig_demo.environment import Environment
from kmig_demo.errors import DemoError
from kmig_demo.history import INCARNATION, History
from kmig_demo.kubectl import Kubectl
from kmig_demo.log import Log
from kmig_demo.manifests import Manifests, platform_roles
from kmig_demo.objects import MIGRATIONS, UNITS
from kmig_demo.recorder_link import RecorderLink, recorder_link
from kmig_demo.waiting import wait_until

PARTITIONS = 12
ARCHIVE_PARTITIONS = 3
HISTORY = 200_000
ARCHIVE = 5_000
KEYS = 240
RATE = 2_500
READY_SECONDS = 90.0
FLOW_SECONDS = 60.0


@dataclass(frozen=True)
class Cast:
    """What every part of the demo works with."""

    environment: Environment
    kubectl: Kubectl
    manifests: Manifests
    log: Log
    run: str


def prepare(cast: Cast) -> str:
    """Set everything up until records flow; returns the recorder's identity."""
    admins = {name: ClusterAdmin(side) for name, side in cast.environment.sides.items()}
    cast.log.step("clearing the stage")
    for admin in admins.values():
        admin.topics()
    _require_operator(cast.kubectl)
    remove_earlier_demo(cast.kubectl, list(admins.values()), cast.log)
    _namespaces(cast)
    _source(admins["source"])
    cast.log.step("recorder, then history")
    cast.kubectl.apply(cast.manifests.read("recorder.yaml"))
    wait_available(cast.kubectl, "recorder")
    with recorder_link(cast.kubectl) as link:
        _history(cast, link)
        store = str(link.summary()["store"])
        _applications(cast, link)
    return store


def wait_available(kubectl: Kubectl, name: str) -> None:
    """Wait until a Deployment of the applications' namespace is available."""

    def blocker() -> str:
        status = kubectl.get("orders", "deployment", name).get("status", {})
        conditions = {c["type"]: c for c in status.get("conditions", [])}
        available = conditions.get("Available", {})
        if available.get("status") == "True":
            return ""
        return str(available.get("message") or "it has no status yet")

    wait_until(f"Deployment {name} available", READY_SECONDS, blocker)


def _require_operator(kubectl: Kubectl) -> None:
    for kind in (MIGRATIONS, UNITS):
        if not kubectl.exists("crd", kind):
            raise DemoError(f"{kind} is not installed; run `make install` first")
    if not kubectl.exists("-n", "kmig-system", "deployment", "kmig-operator"):
        raise DemoError("the operator is not installed; run `make install` first")


def _namespaces(cast: Cast) -> None:
    cast.kubectl.apply(cast.manifests.read("namespaces.yaml"))
    roles = platform_roles(cast.environment.root)
    for namespace, folder in zip(("platform", "orders"), roles, strict=True):
        cast.kubectl.run("apply", "--server-side", "-n", namespace, "-f", str(folder))
    cast.kubectl.apply(cast.manifests.read("platform-secrets.yaml"))
    cast.kubectl.apply(cast.manifests.read("orders-secrets.yaml"))


def _source(admin: ClusterAdmin) -> None:
    admin.create_topic("orders", PARTITIONS)
    admin.create_topic("orders-archive", ARCHIVE_PARTITIONS)
    topic, group = ResourceType.TOPIC, ResourceType.GROUP
    write, read, describe = AclOperation.WRITE, AclOperation.READ, AclOperation.DESCRIBE
    admin.allow("orders-writer", [(topic, "orders", write), (topic, "orders", describe)])
    grants = [(topic, "orders", read), (topic, "orders", describe), (group, GROUP, read)]
    admin.allow("orders-reader", grants)
    admin.start_group_at_zero(GROUP, "orders", PARTITIONS)


def _history(cast: Cast, link: RecorderLink) -> None:
    writer = History(cast.environment.sides["source"], cast.run)
    lines = writer.write("orders", HISTORY, KEYS, "k")
    link.hand_over(INCARNATION, "source", lines)
    writer.write("orders-archive", ARCHIVE, KEYS, "a")
    cast.log.say(f"{HISTORY:,} records acknowledged on orders, {ARCHIVE:,} on orders-archive")


def _applications(cast: Cast, link: RecorderLink) -> None:
    cast.log.step("writer and reader on the source")
    cast.kubectl.apply(cast.manifests.read("writer.yaml"))
    cast.kubectl.apply(cast.manifests.read("reader.yaml"))
    for name in ("orders-writer", "orders-reader"):
        wait_available(cast.kubectl, name)
    wanted = HISTORY + 2 * RATE

    def blocker() -> str:
        acks, reads = link.lines("acks"), link.lines("reads")
        short = acks < wanted or reads < wanted
        return f"{acks:,} acknowledged, {reads:,} consumed" if short else ""

    wait_until("flow through the source", FLOW_SECONDS, blocker)
    cast.log.say(f"{RATE:,} records/s flow through the source")
