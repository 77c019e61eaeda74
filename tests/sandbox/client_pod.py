"""The pod with which the smoke test looks at both Kafkas from inside the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SIDES = ("source", "target")


def client_secret(
    env: dict[str, str], passwords: dict[str, dict[str, str]], namespace: str
) -> dict[str, Any]:
    """Kafka client settings and CA of both sides, as a Secret."""
    data = {}
    for side in SIDES:
        data[f"{side}.crt"] = Path(env[f"KMIG_{side.upper()}_CA"]).read_text(encoding="utf-8")
        login = f'username="orders-reader" password="{passwords[side]["orders-reader"]}"'
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        data[f"{side}.properties"] = "\n".join(
            (
                "security.protocol=SASL_SSL",
                "sasl.mechanism=PLAIN",
                f"sasl.jaas.config={module} required {login};",
                "ssl.truststore.type=PEM",
                f"ssl.truststore.location=/client/{side}.crt",
            )
        )
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "client", "namespace": namespace},
        "stringData": data,
    }


def client_pod(env: dict[str, str], namespace: str) -> dict[str, Any]:
    """A restricted pod that asks both Kafkas for their versions, by name and with a login."""
    tool = "java -Xmx96m -cp '/opt/kafka/libs/*' org.apache.kafka.tools.BrokerApiVersionsCommand"
    lines = [
        f"getent hosts {env[f'KMIG_{side.upper()}_BOOTSTRAP_IN_CLUSTER'].split(':')[0]} && {tool} "
        f"--bootstrap-server {env[f'KMIG_{side.upper()}_BOOTSTRAP_IN_CLUSTER']} "
        f"--command-config /client/{side}.properties"
        for side in SIDES
    ]
    container = {
        "name": "client",
        "image": "kmig.local/kafka:4.3.1",
        "imagePullPolicy": "IfNotPresent",
        "command": ["bash", "-euc", "\n".join(lines)],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in ("client", "tmp")],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "client", "namespace": namespace},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [
                {"name": "client", "secret": {"secretName": "client"}},
                {"name": "tmp", "emptyDir": {}},
            ],
        },
    }
