"""The embedded node as a Kubernetes for the sandbox: builds it, starts it, gives it images.

Chosen by choice.py where neither a kubeconfig nor Docker is there. Needs root on Linux.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from kmig_sandbox import (
    cache,
    files,
    images,
    leftovers,
    network,
    owner,
    prerequisites,
    programs,
    roots,
)
from kmig_sandbox.images import Image
from kmig_sandbox.kubectl import Kubectl
from kmig_sandbox.node import Node
from kmig_sandbox.places import RECORD_DIR, Places
from kmig_sandbox.problem import missing, occupied
from kmig_sandbox.processes import named
from kmig_sandbox.progress import say, step

RECORD = RECORD_DIR / "owner.json"
_COLD_GIGABYTES = 14.0
_WARM_GIGABYTES = 3.0


class Embedded:
    """The embedded node of one clone."""

    kind = "embedded"

    def __init__(self, places: Places) -> None:
        self._places = places

    def up(self) -> Kubectl:
        """Builds what is missing, ends leftovers, starts the node; keeps one that is complete."""
        prerequisites.need_root()
        owner.refuse_other(RECORD, self._places.clone)
        self._need_space()
        prerequisites.need_programs(self._places.logs / "apt.log")
        with ThreadPoolExecutor(max_workers=1) as beside:
            kafka = beside.submit(self._make_images)
            built = programs.build(self._places, between=lambda: _raise_failure_of(kafka))
            archives = [images.pause(self._places, built), kafka.result()]
        node = Node(self._places, built, RECORD)
        if node.running():
            say("the node is up already")
        else:
            self._start_over(node, lambda: self._import_all(archives, node))
        self._import_all(archives, node)
        return node.kubectl

    def address(self) -> str:
        """The node's address; the machine itself carries it."""
        return network.NODE

    def load(self, image: Image) -> None:
        """Builds the image and imports it, unless this node has just that one."""
        node = Node(self._places, programs.build(self._places), RECORD)
        if not node.running():
            raise missing("the sandbox's node does not run (any more): run `make sandbox-up`")
        self._import(images.archive(self._places, image), node)

    def down(self) -> None:
        """Ends the node and clears its traces; refuses to end another clone's live node."""
        prerequisites.need_root()
        owner.refuse_other(RECORD, self._places.clone)
        if leftovers.exist(self._places.node, RECORD):
            leftovers.end(self._places.node, RECORD)
        self._places.kubeconfig.unlink(missing_ok=True)

    def _start_over(self, node: Node, with_containerd: Callable[[], None]) -> None:
        if leftovers.exist(self._places.node, RECORD):
            leftovers.end(self._places.node, RECORD)
        if other := named("kubelet"):
            raise occupied(
                f"another kubelet runs on this machine (process {other.pid}): the embedded node would "
                f"disturb it; set KMIG_KUBECONFIG to that cluster instead"
            )
        network.need_free()
        node.start(with_containerd)

    def _import_all(self, archives: list[Path], node: Node) -> None:
        for archive in archives:
            self._import(archive, node)

    def _import(self, archive: Path, node: Node) -> None:
        known_file = self._places.node / "imported.json"
        known = files.read_json(known_file) or {}
        name = archive.name.partition("=")[0]
        if known.get(name) != archive.name:
            with step(f"giving {name} to the node"):
                node.import_image(archive)
            files.write(known_file, json.dumps({**known, name: archive.name}))

    def _make_images(self) -> Path:
        """The Kafka archive; then what `images` will need, while the programs are still built."""
        made = images.archive(self._places, images.kafka(self._places))
        roots.make(self._places, roots.PYTHON)
        return made

    def _need_space(self) -> None:
        warm = any(self._places.cache.glob("node-*"))
        gigabytes = _WARM_GIGABYTES if warm else _COLD_GIGABYTES
        why = "a start" if warm else "the first build"
        cache.need_space(self._places.cache, gigabytes, why)
        cache.need_space(self._places.state, _WARM_GIGABYTES, "a start")


def _raise_failure_of(work: Future[Path]) -> None:
    """Lets what failed beside end minutes of work here before the next program."""
    if work.done():
        work.result()
