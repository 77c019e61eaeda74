"""JobPort: verifier Jobs, their input and their reports, in the migration's namespace.

Called by observe and act. It must never put a password anywhere but into the Job's Secret.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json
from kafka_migration.adapters.kubernetes.job_manifest import job_manifest
from kafka_migration.adapters.kubernetes.pods import waiting
from kafka_migration.adapters.kubernetes.shards import MANAGED
from kafka_migration.errors import Conflict, Refused
from kafka_migration.model.kubernetes import JobState
from kafka_migration.model.reasons import Reason

REPORT_KEY = "report.json"
INPUT_KEY = "input.json"
SPEC_KEY = "spec.json"


class Jobs:
    """Verifier Jobs; `image` is the operator's own."""

    def __init__(self, api: Api, image: str) -> None:
        self._api = api
        self._image = image

    def start(
        self,
        namespace: str,
        name: str,
        spec: Mapping[str, Any],
        passwords: Mapping[str, str],
        owner_uid: str,
    ) -> None:
        """Start a `kmig verify` Job; a Job of this name = Conflict, nothing is changed.

        `spec["owner"]["name"]` names the KafkaMigration that owns the objects. The report and
        the input are created empty, so that the Job needs no right to create anything.
        """
        if self.state(namespace, name) is not None:
            message = f"Job {namespace}/{name} exists already; its state is read first"
            raise Conflict(Reason.PROGRESSING, message)
        owners = [_owner(spec, owner_uid)]
        documents = {"spec": {SPEC_KEY: json.dumps(spec)}, "report": {}, "input": {}}
        for suffix, data in documents.items():
            metadata = _metadata(namespace, f"{name}-{suffix}", owners)
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
            self._put("configmaps", body)
        metadata = _metadata(namespace, f"{name}-creds", owners)
        files = {key: base64.b64encode(value.encode()).decode() for key, value in passwords.items()}
        secret = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": files}
        self._put("secrets", secret | {"metadata": metadata})
        manifest = job_manifest(_metadata(namespace, name, owners), self._image)
        self._api.create(paths.batch(namespace, "jobs"), manifest)

    def state(self, namespace: str, name: str) -> JobState | None:
        """The Job's state; None = it does not exist."""
        body = self._api.get(paths.batch(namespace, "jobs", name))
        if body is None:
            return None
        status = body.get("status") or {}
        active, succeeded = int(status.get("active", 0)), int(status.get("succeeded", 0))
        words = _failed(status)
        if words is not None:
            failed = max(1, int(status.get("failed", 0)))
            return JobState(name, active, succeeded, failed, words)
        # A Job that will try again has not failed yet: failures of its pods are no verdict.
        held_up = "" if succeeded else self._held_up(namespace, name)
        return JobState(name, active, succeeded, 0, held_up)

    def report(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        """The report that the Job wrote; None = none yet; unreadable = Refused."""
        body = self._api.get(paths.core(namespace, "configmaps", f"{name}-report"))
        text = ((body or {}).get("data") or {}).get(REPORT_KEY)
        if not text:
            return None
        try:
            report = json.loads(text)
        except ValueError:
            report = None
        if not isinstance(report, dict):
            message = f"ConfigMap {namespace}/{name}-report holds no readable {REPORT_KEY}"
            raise Refused(Reason.COMPARISON_INCOMPLETE, f"{message}; delete the Job to run it anew")
        return report

    def instruct(self, namespace: str, name: str, document: Mapping[str, Any]) -> None:
        """Write ConfigMap `<name>-input`; no such ConfigMap (no such Job) = Conflict."""
        path = paths.core(namespace, "configmaps", f"{name}-input")
        self._api.merge(path, {"data": {INPUT_KEY: json.dumps(document, sort_keys=True)}})

    def delete(self, namespace: str, name: str) -> None:
        """Delete the Job, its spec, Secret, input and report; missing ones are not errors."""
        self._api.delete(paths.batch(namespace, "jobs", name))
        self._api.delete(paths.core(namespace, "secrets", f"{name}-creds"))
        for suffix in ("spec", "input", "report"):
            self._api.delete(paths.core(namespace, "configmaps", f"{name}-{suffix}"))

    def _put(self, plural: str, body: Json) -> None:
        """Create, or replace what a start that never came to its Job left behind."""
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        path = paths.core(namespace, plural, name)
        existing = self._api.get(path)
        if existing is None:
            self._api.create(paths.core(namespace, plural), body)
        else:
            version = {"resourceVersion": existing["metadata"]["resourceVersion"]}
            self._api.replace(path, body | {"metadata": body["metadata"] | version})

    def _held_up(self, namespace: str, name: str) -> str:
        selector = f"batch.kubernetes.io/job-name={name}"
        pods = self._api.items(paths.core(namespace, "pods"), labelSelector=selector)
        if not pods:
            return f"no pod yet; see kubectl describe job {name} -n {namespace}"
        for pod in pods:
            reason, words = waiting(pod)
            if reason not in {None, "ContainerCreating", "PodInitializing"}:
                return f"{reason}: {words}" if words else str(reason)
        return ""


def _metadata(namespace: str, name: str, owners: list[Json]) -> Json:
    return {
        "name": paths.checked(name),
        "namespace": namespace,
        "labels": dict(MANAGED),
        "ownerReferences": owners,
    }


def _owner(spec: Mapping[str, Any], uid: str) -> Json:
    return {
        "apiVersion": f"{paths.GROUP}/{paths.VERSION}",
        "kind": "KafkaMigration",
        "name": spec["owner"]["name"],
        "uid": uid,
    }


def _failed(status: Json) -> str | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Failed" and condition.get("status") == "True":
            return f"{condition.get('reason')}: {condition.get('message')}"
    return None
