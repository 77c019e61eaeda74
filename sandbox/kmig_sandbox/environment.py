"""`.sandbox/env`: what other tools need to reach the sandbox, in shell syntax.

Called by __main__ at the end of `up`. The file holds admin passwords: only its owner can read it.
"""

from __future__ import annotations

import shlex

from kmig_sandbox import files
from kmig_sandbox.kafka import Kafka, credentials_file
from kmig_sandbox.kubectl import Kubectl
from kmig_sandbox.places import Places


def write(places: Places, kubectl: Kubectl, kafkas: list[Kafka]) -> None:
    """Replaces `.sandbox/env`."""
    values = {
        "KUBECONFIG": str(kubectl.kubeconfig),
        "KUBECTL": str(kubectl.program),
        "KMIG_CREDENTIALS": str(credentials_file(places)),
    }
    for kafka in kafkas:
        prefix = f"KMIG_{kafka.side.upper()}"
        values[f"{prefix}_BOOTSTRAP"] = kafka.bootstrap
        values[f"{prefix}_BOOTSTRAP_IN_CLUSTER"] = kafka.bootstrap_in_cluster
        values[f"{prefix}_CA"] = str(kafka.ca)
        values[f"{prefix}_ADMIN_USERNAME"] = "admin"
        values[f"{prefix}_ADMIN_PASSWORD"] = kafka.passwords["admin"]
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    files.write(places.env, "\n".join(lines) + "\n", 0o600)
