"""The two Kafkas: certificates, passwords, manifests, and the wait until they serve.

Called by __main__ for every kind of Kubernetes. The same manifests run everywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from string import Template

from kmig_sandbox import certificates, credentials, files, images
from kmig_sandbox.kubectl import Kubectl
from kmig_sandbox.places import SOURCES, Places
from kmig_sandbox.waiting import until

NODE_PORTS = {"source": 30092, "target": 30093}
_MANIFESTS = SOURCES / "manifests"
_READY_SECONDS = 180.0


@dataclass(frozen=True)
class Kafka:
    """One of the two, as others reach it."""

    side: str
    host: str
    ca: Path
    passwords: dict[str, str]

    @property
    def namespace(self) -> str:
        """Where its pod runs."""
        return f"kafka-{self.side}"

    @property
    def bootstrap(self) -> str:
        """Its address for this machine."""
        return f"{self.host}:{NODE_PORTS[self.side]}"

    @property
    def bootstrap_in_cluster(self) -> str:
        """Its address for pods."""
        return f"kafka.{self.namespace}.svc.cluster.local:9092"


def both(places: Places, host: str) -> list[Kafka]:
    """The two Kafkas of a clone, with certificates and passwords that stay the same for ever."""
    passwords = credentials.ensure(credentials_file(places))
    return [
        Kafka(side, host, _authority(places, side).certificate, passwords[side])
        for side in credentials.SIDES
    ]


def credentials_file(places: Places) -> Path:
    """The file with all passwords."""
    return places.secrets / "credentials.json"


def manifest(places: Places, kafka: Kafka) -> str:
    """Everything of one Kafka, ready to apply."""
    certificate, key = _authority(places, kafka.side).sign(
        "broker", f"/CN=kafka-{kafka.side}", *_names(kafka)
    )
    ca = kafka.ca.read_text(encoding="utf-8")
    keystore = key.read_text(encoding="utf-8") + certificate.read_text(encoding="utf-8")
    properties = Template(
        (_MANIFESTS / "server.properties").read_text(encoding="utf-8")
    ).substitute(
        namespace=kafka.namespace,
        host=kafka.host,
        node_port=NODE_PORTS[kafka.side],
        plain_jaas=_plain_jaas(kafka.passwords),
    )
    digest = hashlib.sha256((properties + keystore + ca).encode()).hexdigest()[:16]
    return Template((_MANIFESTS / "kafka.yaml").read_text(encoding="utf-8")).substitute(
        namespace=kafka.namespace,
        image=images.KAFKA,
        node_port=NODE_PORTS[kafka.side],
        server_properties=json.dumps(properties),
        keystore=json.dumps(keystore),
        ca=json.dumps(ca),
        configuration_digest=digest,
        cluster_id=_cluster_id(places, kafka.side),
    )


def wait(kubectl: Kubectl, kafka: Kafka) -> None:
    """Returns when the broker's pod is ready."""
    until(f"Kafka {kafka.side}", _READY_SECONDS, lambda: _unready(kubectl, kafka), every=0.3)


def _unready(kubectl: Kubectl, kafka: Kafka) -> str:
    answer = kubectl.attempt("get", "pod", "kafka-0", "-n", kafka.namespace, "-o", "json")
    if answer.returncode != 0:
        return "its pod is not there yet"
    status = json.loads(answer.stdout).get("status", {})
    conditions = {c["type"]: c["status"] for c in status.get("conditions", [])}
    if conditions.get("Ready") == "True":
        return ""
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    waiting = [c["state"]["waiting"] for c in containers if "waiting" in c.get("state", {})]
    said = "; ".join(f"{w.get('reason')} {w.get('message', '')}".strip() for w in waiting)
    return f"its pod is {status.get('phase', 'unknown')}: {said or 'its port does not answer yet'}"


def _authority(places: Places, side: str) -> certificates.Authority:
    return certificates.authority(places.secrets / side, f"kmig-sandbox-{side}")


def _names(kafka: Kafka) -> list[str]:
    inside = [
        "localhost",
        f"kafka.{kafka.namespace}.svc",
        f"kafka.{kafka.namespace}.svc.cluster.local",
        f"*.kafka-headless.{kafka.namespace}.svc.cluster.local",
    ]
    return [*(f"DNS:{name}" for name in inside), f"IP:{kafka.host}", "IP:127.0.0.1"]


def _plain_jaas(passwords: dict[str, str]) -> str:
    users = " ".join(f'user_{user}="{password}"' for user, password in passwords.items())
    admin = passwords["admin"]
    module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    return f'{module} username="admin" password="{admin}" {users};'


def _cluster_id(places: Places, side: str) -> str:
    """A Kafka cluster id: 16 random bytes in URL-safe base64; the same for the clone's life."""
    path = places.secrets / side / "cluster-id"
    if not path.exists():
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        files.write(path, text.replace("-", "A").replace("_", "B"))
    return path.read_text(encoding="utf-8").strip()
