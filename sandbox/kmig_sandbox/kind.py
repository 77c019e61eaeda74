"""kind where a Docker engine answers: the usual Kubernetes of a developer's machine.

Chosen by choice.py. Images are built by Docker from the same Dockerfiles with official bases.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from kmig_sandbox import files, images
from kmig_sandbox.commands import attempt, run
from kmig_sandbox.images import Image
from kmig_sandbox.kubectl import Kubectl
from kmig_sandbox.places import Places
from kmig_sandbox.problem import missing, occupied
from kmig_sandbox.progress import step

_PREFIX = "kmig-sandbox-"


def available() -> bool:
    """Whether kind is installed and a Docker engine answers."""
    if shutil.which("docker") is None or shutil.which("kind") is None:
        return False
    return attempt(["docker", "info"], timeout=20).returncode == 0


class Kind:
    """One kind cluster per clone, described by kind-config.yaml."""

    kind = "kind"

    def __init__(self, places: Places) -> None:
        self._places = places
        self._name = _PREFIX + hashlib.sha256(str(places.clone).encode()).hexdigest()[:6]
        program = shutil.which("kubectl")
        if program is None:
            raise missing("kubectl is not on this machine: kind needs it, install it")
        self._kubectl = Kubectl(Path(program), places.kubeconfig)

    def up(self) -> Kubectl:
        """Creates the cluster unless it is there and answers."""
        clusters = run(["kind", "get", "clusters"], timeout=60).split()
        if others := [c for c in clusters if c.startswith(_PREFIX) and c != self._name]:
            raise occupied(
                f"another clone's sandbox is alive in kind (cluster {others[0]}): run "
                f"`make sandbox-down` there, or `kind delete cluster --name {others[0]}`"
            )
        if self._name in clusters and self._answers():
            self.load(images.kafka(self._places))
            return self._kubectl
        if self._name in clusters:
            self.down()
        with step("creating the kind cluster", "it pulls the node image the first time"):
            run(
                [
                    "kind",
                    "create",
                    "cluster",
                    "--name",
                    self._name,
                    "--wait",
                    "180s",
                    "--config",
                    self._places.clone / "kind-config.yaml",
                    "--kubeconfig",
                    self._places.kubeconfig,
                ],
                timeout=900,
                log=self._places.logs / "kind.log",
            )
        self.load(images.kafka(self._places))
        return self._kubectl

    def address(self) -> str:
        """kind-config.yaml maps the node ports to this machine's loopback."""
        return "127.0.0.1"

    def load(self, image: Image) -> None:
        """Builds with Docker, which caches by itself, and loads the result into the node."""
        context = image.context()
        base = [f"--build-arg=BASE={image.base.name}"] if image.base else []
        log = self._places.logs / "images.log"
        with step(f"building {image.name} and loading it into kind"):
            if image.base:
                self._build(image.base, [], log)
            self._build(image, base, log, context)
            run(
                ["kind", "load", "docker-image", "--name", self._name, image.name],
                timeout=600,
                log=log,
            )

    def down(self) -> None:
        """Deletes the cluster."""
        run(["kind", "delete", "cluster", "--name", self._name], timeout=300)
        self._places.kubeconfig.unlink(missing_ok=True)

    def _answers(self) -> bool:
        text = run(["kind", "get", "kubeconfig", "--name", self._name], timeout=60)
        files.write(self._places.kubeconfig, text, 0o600)
        return not self._kubectl.refusal("get", "--raw", "/readyz")

    def _build(
        self, image: Image, arguments: list[str], log: Path, context: Path | None = None
    ) -> None:
        run(
            [
                "docker",
                "build",
                "-t",
                image.name,
                "-f",
                image.dockerfile,
                *arguments,
                context or image.context(),
            ],
            timeout=1800,
            log=log,
        )
