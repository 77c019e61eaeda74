"""Removes what an earlier demo left: objects, namespaces, then topics, groups and ACLs.

Called once at the start. The operator gets the time to let go of its objects; after the deadline
their finalizers are removed, which is right only because everything they name is deleted too.
"""

from __future__ import annotations

import json

from kmig_demo.admin import ClusterAdmin
from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl, Object
from kmig_demo.log import Log
from kmig_demo.objects import MIGRATIONS, UNITS
from kmig_demo.waiting import wait_until

KINDS = (("orders", UNITS), ("platform", MIGRATIONS))
NAMESPACES = ("orders", "platform")
PATIENCE_SECONDS = 30.0
NAMESPACE_SECONDS = 120.0


def remove_earlier_demo(kubectl: Kubectl, admins: list[ClusterAdmin], log: Log) -> None:
    """Leave both clusters and the namespaces as if no demo had ever run."""
    migrations: list[str] = []
    present = [name for name in NAMESPACES if kubectl.exists("namespace", name)]
    for namespace, kind in KINDS:
        if namespace in present and kubectl.exists("crd", kind):
            if kind == MIGRATIONS:
                migrations = [_short_uid(found) for found in kubectl.find(namespace, kind)]
            _remove_objects(kubectl, namespace, kind, log)
    if present:
        log.say(f"removing namespaces {', '.join(present)} of an earlier demo")
        kubectl.run("delete", "namespace", *present, "--wait=false")
        wait_until(
            "deletion of the earlier demo's namespaces",
            NAMESPACE_SECONDS,
            lambda: ", ".join(name for name in present if kubectl.exists("namespace", name)),
        )
    for admin in admins:
        removed = admin.remove_demo(migrations)
        if removed:
            log.say(f"removed from {admin.side.name}: {', '.join(removed)}")


def _short_uid(found: Object) -> str:
    """What the names of a migration's own topics carry; other migrations' are left alone."""
    return str(found["metadata"]["uid"]).replace("-", "")[:8]


def _remove_objects(kubectl: Kubectl, namespace: str, kind: str, log: Log) -> None:
    def left() -> str:
        return ", ".join(found["metadata"]["name"] for found in kubectl.find(namespace, kind))

    kubectl.run("-n", namespace, "delete", kind, "--all", "--wait=false")
    _let_go(kubectl, namespace, kind, [f for f in kubectl.find(namespace, kind) if _moved(f)])
    try:
        wait_until(f"deletion of {kind}", PATIENCE_SECONDS, left)
    except DemoError as error:
        log.say(f"{error}; removing finalizers")
        _let_go(kubectl, namespace, kind, kubectl.find(namespace, kind))
        wait_until(f"deletion of {kind} without finalizers", PATIENCE_SECONDS, left)


def _moved(found: Object) -> bool:
    """The operator lets go of a unit on the target only by hand: it could still come back."""
    return bool(found.get("status", {}).get("activeCluster") == "Target")


def _let_go(kubectl: Kubectl, namespace: str, kind: str, doomed: list[Object]) -> None:
    change = json.dumps({"metadata": {"finalizers": None}})
    for found in doomed:
        name = found["metadata"]["name"]
        try:
            kubectl.run("-n", namespace, "patch", kind, name, "--type=merge", "-p", change)
        except DemoError as error:
            if "(NotFound)" not in str(error):  # gone meanwhile is what was wanted
                raise
