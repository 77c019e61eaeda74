"""A Kubernetes that the user names by KMIG_KUBECONFIG or KUBECONFIG.

Chosen by choice.py. Its cluster is the user's: only the two Kafka namespaces are made and removed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

from kmig_sandbox import credentials, images
from kmig_sandbox.commands import run
from kmig_sandbox.images import Image
from kmig_sandbox.kubectl import Kubectl
from kmig_sandbox.places import Places
from kmig_sandbox.problem import missing, occupied
from kmig_sandbox.progress import say, step

LOADER = "KMIG_IMAGE_LOAD"
_DELETE_SECONDS = 170
_LABEL = "kafka-migration.io/sandbox=true"


class Given:
    """The user's cluster."""

    kind = "given"

    def __init__(self, places: Places, kubeconfig: Path) -> None:
        self._places = places
        program = shutil.which("kubectl")
        if program is None:
            raise missing("kubectl is not on this machine: install it, or unset KUBECONFIG")
        if not kubeconfig.is_file():
            raise missing(
                f"the kubeconfig {kubeconfig} does not exist: unset KUBECONFIG or name one"
            )
        self._kubectl = Kubectl(Path(program), kubeconfig)

    def up(self) -> Kubectl:
        """Checks that the cluster answers and gives it the Kafka image."""
        if refusal := self._kubectl.refusal("get", "--raw", "/readyz"):
            raise missing(f"the cluster of {self._kubectl.kubeconfig} does not answer: {refusal}")
        self._refuse_foreign_namespaces()
        self.load(images.kafka(self._places))
        return self._kubectl

    def _refuse_foreign_namespaces(self) -> None:
        names = ("get", "namespaces", "-o", "name")
        foreign = set(self._kubectl.run(*names).split()) - set(
            self._kubectl.run(*names, "-l", _LABEL).split()
        )
        for side in credentials.SIDES:
            if f"namespace/kafka-{side}" in foreign:
                raise occupied(
                    f"the cluster already has a namespace kafka-{side} that is not the sandbox's: "
                    f"use another cluster"
                )

    def address(self) -> str:
        """The first node's internal address; this machine must reach it."""
        nodes = json.loads(self._kubectl.run("get", "nodes", "-o", "json"))["items"]
        addresses = [
            a["address"]
            for n in nodes
            for a in n["status"]["addresses"]
            if a["type"] == "InternalIP"
        ]
        if not addresses:
            raise missing("no node of the cluster has an internal address to reach its node ports")
        return str(addresses[0])

    def load(self, image: Image) -> None:
        """Hands the archive to the user's own command, since every cluster takes images its way."""
        command = os.environ.get(LOADER)
        if not command:
            raise missing(
                f"set {LOADER} to the command that gives an image archive to your cluster, "
                f'like "minikube image load" or "k3s ctr images import" ({image.name} is needed)'
            )
        archive = images.archive(self._places, image)
        with step(f"giving {image.name} to the cluster"):
            run([*shlex.split(command), archive], timeout=600)

    def down(self) -> None:
        """Removes the Kafka namespaces that carry our label."""
        for side in credentials.SIDES:
            self._kubectl.run(
                "delete",
                "namespace",
                "-l",
                _LABEL,
                f"--field-selector=metadata.name=kafka-{side}",
                "--ignore-not-found",
                f"--request-timeout={_DELETE_SECONDS}s",
                timeout=_DELETE_SECONDS + 10,
            )
        say("the two Kafkas are removed; the rest of the cluster is yours")
