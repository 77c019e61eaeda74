"""Which Kubernetes the sandbox uses: a given one, else kind, else the embedded node.

Called by __main__. What `up` chose is written down, so that `images` and `down` meet the same one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from kmig_sandbox import files, kind
from kmig_sandbox.cluster import Cluster
from kmig_sandbox.embedded import Embedded
from kmig_sandbox.given import Given
from kmig_sandbox.kind import Kind
from kmig_sandbox.places import Places


def choose(places: Places) -> Cluster:
    """The Kubernetes to bring up."""
    if given := given_kubeconfig(os.environ, places):
        return Given(places, given)
    if kind.available():
        return Kind(places)
    return Embedded(places)


def remembered(places: Places) -> Cluster | None:
    """The Kubernetes that this clone's sandbox was brought up on, or None."""
    value = files.read_json(places.chosen)
    if value is None:
        return None
    if value.get("kind") == Given.kind:
        return Given(places, Path(str(value.get("kubeconfig"))))
    return Kind(places) if value.get("kind") == Kind.kind else Embedded(places)


def remember(places: Places, cluster: Cluster) -> None:
    """Writes the choice down before anything is started."""
    given = given_kubeconfig(os.environ, places)
    value = {"kind": cluster.kind, "kubeconfig": str(given) if given else ""}
    files.write(places.chosen, json.dumps(value))


def given_kubeconfig(environment: os._Environ[str] | dict[str, str], places: Places) -> Path | None:
    """The user's kubeconfig; a sandbox's own, sourced from `.sandbox/env`, is not one."""
    text = environment.get("KMIG_KUBECONFIG") or environment.get("KUBECONFIG")
    if not text:
        return None
    path = Path(text).absolute()
    if path == places.kubeconfig or path.parts[-2:] == places.kubeconfig.parts[-2:]:
        return None
    return path
