"""The objects that the rows apply, as plain values: Secrets, both kinds, applications.

Called by rows and by the pairs. Pure; what holds a password goes to kubectl's standard input only.
"""

from __future__ import annotations

from typing import Any

from tests.e2e.ground import Ground

Manifest = dict[str, Any]
SIDES = ("source", "target")
MECHANISM = "SCRAM-SHA-512"
IMAGE = "kmig.local/example:dev"
API = "kafka-migration.io/v1alpha1"
ACKNOWLEDGED = "the sandbox's only super users are admin and the controller's listener"


def secret(namespace: str, name: str, **values: str) -> Manifest:
    """An Opaque Secret."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}


def platform_secrets(ground: Ground, namespace: str) -> list[Manifest]:
    """What a migration's spec names: the operator's and the mirrors' passwords, and the CAs."""
    made = []
    for name, side in ground.environment.sides.items():
        made += [
            secret(namespace, f"kafka-{name}", password=side.passwords["kmig"]),
            secret(namespace, f"kafka-{name}-mirror", password=side.passwords["kmig-mirror"]),
            secret(namespace, f"kafka-{name}-ca", **{"ca.crt": side.ca}),
        ]
    return made


def migration(ground: Ground, namespace: str, name: str, topics: str) -> Manifest:
    """A KafkaMigration that rests at InventoryFrozen; `topics` is its one pattern."""
    sides = ground.environment.sides
    spec = {
        **{side: _cluster(side, sides[side].bootstrap_in_cluster) for side in SIDES},
        "scope": {
            "topics": {"include": [topics], "exclude": []},
            "consumerGroups": {"include": [topics], "exclude": []},
        },
        "targetTopics": {"replicationFactor": 1, "existing": "Refuse"},
        "replication": {
            "engine": "MirrorMaker2",
            "identities": {
                side: {"authentication": _plain("kmig-mirror", f"kafka-{side}-mirror")}
                for side in SIDES
            },
            "mirrorMaker2": {"version": "4.3", "tasksMax": 1},
            "reverse": "Disabled",
            "maxLagSeconds": 5,
        },
        "validation": {"content": {"mode": "Full"}},
        "cutover": {"throughWave": 0, "maxParallel": 1},
        "slo": {"onFailure": "Hold"},
        "allowedCutovers": {"namespaces": []},
        "acknowledgements": [
            {
                "problem": "WritersNotListable",
                "subject": f"cluster/{side}",
                "reason": ACKNOWLEDGED,
            }
            for side in SIDES
        ],
        "desiredStage": "InventoryFrozen",
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API, "kind": "KafkaMigration", "metadata": metadata, "spec": spec}


def _plain(user: str, secret_name: str) -> Manifest:
    reference = {"secretName": secret_name, "password": "password"}
    return {"type": "plain", "username": user, "passwordSecret": reference}


def _cluster(side: str, bootstrap: str) -> Manifest:
    authorities = [{"secretName": f"kafka-{side}-ca", "certificate": "ca.crt"}]
    return {
        "bootstrapServers": bootstrap,
        "authentication": _plain("kmig", f"kafka-{side}"),
        "tls": {"trustedCertificates": authorities},
    }


def unit(namespace: str, name: str, reference: tuple[str, str], role: str, user: str) -> Manifest:
    """A WorkloadCutover of one Deployment of the same name; topics and wave are the caller's."""
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": name,
        "role": role,
        "drain": {"method": "ScaleToZero", "timeoutSeconds": 90},
        "switch": {"strategy": "Binding"},
        "binding": {
            "secretName": f"{name}-kafka",
            **{
                side: {
                    "authentication": {
                        "type": "scram-sha-512",
                        "username": user,
                        "passwordSecret": {"secretName": f"{name}-{side}", "password": "password"},
                    }
                }
                for side in SIDES
            },
        },
    }
    spec = {
        "migrationRef": {"namespace": reference[0], "name": reference[1]},
        "owner": {"name": "team-e2e", "contact": "#e2e"},
        "workloads": [workload],
        "topics": {"writes": [], "reads": []},
        "consumerGroups": [],
        "fence": {"mode": "Acl"},
        "pauseBudgetSeconds": 240,
        "wave": 10,
        "observation": {"seconds": 3},
        "desiredCluster": "ByWave",
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API, "kind": "WorkloadCutover", "metadata": metadata, "spec": spec}


def binding_secrets(ground: Ground, namespace: str, name: str, user: str) -> list[Manifest]:
    """An application's passwords on both sides, and the Secret that it mounts, on the source."""
    source = ground.environment.sides["source"]
    password = ground.passwords["source"][user]
    servers = source.bootstrap_in_cluster
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    values = {
        "type": "kafka",
        "provider": "kafka-migration",
        "cluster": "source",
        "bootstrap.servers": servers,
        "bootstrapServers": servers,
        "bootstrap-servers": servers,
        "security.protocol": "SASL_SSL",
        "securityProtocol": "SASL_SSL",
        "sasl.mechanism": MECHANISM,
        "saslMechanism": MECHANISM,
        "username": user,
        "user": user,
        "password": password,
        "sasl.jaas.config": f'{login} required username="{user}" password="{password}";',
        "ssl.truststore.crt": source.ca,
    }
    mounted = secret(namespace, f"{name}-kafka", **values) | {"type": "servicebinding.io/kafka"}
    own = [
        secret(namespace, f"{name}-{side}", password=ground.passwords[side][user]) for side in SIDES
    ]
    return [*own, mounted]


def application(namespace: str, name: str, program: str, **environment: str) -> Manifest:
    """A Deployment of one of the example programs; all but the recorder mount their binding."""
    volume: Manifest = {"name": "data", "secret": {"secretName": f"{name}-kafka"}}
    mount = {"name": "data", "mountPath": "/bindings/kafka", "readOnly": True}
    if program == "recorder":
        volume = {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}
        mount = {"name": "data", "mountPath": "/store"}
    container = {
        "name": program,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": [program],
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": "http"},
            "periodSeconds": 1,
            "timeoutSeconds": 2,
        },
        "resources": {
            "requests": {"cpu": "20m", "memory": "64Mi"},
            "limits": {"memory": "512Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [mount],
    }
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 15,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [volume],
    }
    labels = {"app.kubernetes.io/name": name}
    spec = {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def idle(ground: Ground, namespace: str, name: str, user: str) -> list[Manifest]:
    """An application that holds a binding and neither writes nor reads, with its Secrets."""
    made = application(namespace, name, "recorder", STORE="/store")
    pod = made["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "binding", "secret": {"secretName": f"{name}-kafka"}})
    mount = {"name": "binding", "mountPath": "/bindings/kafka", "readOnly": True}
    pod["containers"][0]["volumeMounts"].append(mount)
    return [*binding_secrets(ground, namespace, name, user), made]


def service(namespace: str, name: str) -> Manifest:
    """The Service of an application."""
    spec = {
        "selector": {"app.kubernetes.io/name": name},
        "ports": [{"name": "http", "port": 8080, "targetPort": "http"}],
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
