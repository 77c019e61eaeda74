"""The installation's map from Connect version to image, as a platform engineer extends it.

Called only for `--fault`: the faulty image is offered under a version of its own, so that the
migration chooses it the way it would choose any version.
"""

from __future__ import annotations

import json

from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl

NAMESPACE, DEPLOYMENT, VARIABLE = "kmig-system", "kmig-operator", "KMIG_CONNECT_IMAGES"
ROLLOUT = "--timeout=120s"


def offer_version(kubectl: Kubectl, version: str, image: str) -> None:
    """Add one version to the operator's map and wait for its restart; nothing if it is there."""
    found = kubectl.get(NAMESPACE, "deployment", DEPLOYMENT)
    containers = found["spec"]["template"]["spec"]["containers"]
    values = {e["name"]: e.get("value") for c in containers for e in c.get("env", [])}
    if not values.get(VARIABLE):
        raise DemoError(f"Deployment {DEPLOYMENT} has no {VARIABLE}; run `make install` first")
    images = json.loads(values[VARIABLE])
    if images.get(version) == image:
        return
    setting = f"{VARIABLE}={json.dumps({**images, version: image})}"
    where = ("-n", NAMESPACE)
    kubectl.run(*where, "set", "env", f"deployment/{DEPLOYMENT}", setting)
    kubectl.run(*where, "rollout", "status", f"deployment/{DEPLOYMENT}", ROLLOUT, seconds=130)
