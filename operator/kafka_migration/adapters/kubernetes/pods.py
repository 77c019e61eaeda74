"""Reads pods and pod templates: pure functions over the API server's JSON.

Called by `workloads`, `jobs` and `replication.workers`. No I/O here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kafka_migration.adapters.kubernetes.client import Json
from kafka_migration.errors import Refused
from kafka_migration.model.kubernetes import Pod
from kafka_migration.model.reasons import Reason

_OPERATORS = {"In": "in", "NotIn": "notin"}


def pod_of(body: Json) -> Pod:
    """The pod as a fact."""
    status = body.get("status") or {}
    ready = _condition(status, "Ready")
    is_ready = ready.get("status") == "True"
    return Pod(
        name=body["metadata"]["name"],
        uid=body["metadata"]["uid"],
        node=(body.get("spec") or {}).get("nodeName"),
        phase=status.get("phase", "Unknown"),
        ready=is_ready,
        deleting=body["metadata"].get("deletionTimestamp") is not None,
        ready_time=ready.get("lastTransitionTime") if is_ready else None,
        waiting_reason=waiting(body)[0],
    )


def waiting(body: Json) -> tuple[str | None, str]:
    """Why the pod does not run yet, and in which words; (None, "") if nothing holds it up."""
    status = body.get("status") or {}
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        return scheduled.get("reason", "Unschedulable"), scheduled.get("message", "")
    kinds = ("initContainerStatuses", "containerStatuses")
    for container in (entry for kind in kinds for entry in status.get(kind) or ()):
        held = (container.get("state") or {}).get("waiting")
        if held:
            return held.get("reason", "Waiting"), _ended(container) or held.get("message", "")
    return None, ""


def selector_text(selector: Mapping[str, Any]) -> str:
    """Label selector in the form that a list takes."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for rule in selector.get("matchExpressions") or ():
        key, operator = rule["key"], rule["operator"]
        if operator in _OPERATORS:
            parts.append(f"{key} {_OPERATORS[operator]} ({','.join(rule['values'])})")
        elif operator == "Exists":
            parts.append(key)
        elif operator == "DoesNotExist":
            parts.append(f"!{key}")
        else:
            message = f"a pod selector uses the unknown operator {operator!r}"
            raise Refused(Reason.NOT_SUPPORTED, message)
    if not parts:
        raise Refused(Reason.NOT_SUPPORTED, "a pod selector without a rule selects every pod")
    return ",".join(parts)


def referenced_secrets(template: Json) -> frozenset[str]:
    """Names of the Secrets that a pod template uses in volumes, env or envFrom."""
    spec = template.get("spec") or {}
    names = {name for volume in spec.get("volumes") or () for name in _of_volume(volume)}
    for kind in ("containers", "initContainers"):
        for container in spec.get(kind) or ():
            names.update(_of_container(container))
    return frozenset(names)


def _of_volume(volume: Json) -> Iterable[str]:
    if "secret" in volume:
        yield volume["secret"]["secretName"]
    for source in (volume.get("projected") or {}).get("sources") or ():
        if "secret" in source:
            yield source["secret"]["name"]


def _of_container(container: Json) -> Iterable[str]:
    for entry in container.get("env") or ():
        reference = (entry.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            yield reference["name"]
    for entry in container.get("envFrom") or ():
        if "secretRef" in entry:
            yield entry["secretRef"]["name"]


def _ended(container: Json) -> str:
    """How the container's last run ended, without its output, which may hold anything."""
    ended = (container.get("lastState") or {}).get("terminated")
    if not ended:
        return ""
    name, reason, code = container.get("name"), ended.get("reason"), ended.get("exitCode")
    return f"container {name} ended with {reason}, exit code {code}; see its log"


def _condition(status: Json, kind: str) -> Json:
    for condition in status.get("conditions") or ():
        if condition.get("type") == kind:
            found: Json = condition
            return found
    return {}
