"""The embedded node: a real single-node Kubernetes as plain processes of this machine.

Called by embedded.py under the machine's lock. It writes every process into the machine's record
before the next one is started. What it cannot use of an earlier run is ended by leftovers.py first.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from kmig_sandbox import certificates, files, network, nodecommands, nodefiles, owner, processes
from kmig_sandbox.commands import attempt, clean_environment, last_line, run
from kmig_sandbox.kubectl import Kubectl
from kmig_sandbox.nodefiles import Layout
from kmig_sandbox.owner import Owner
from kmig_sandbox.places import Places
from kmig_sandbox.problem import SandboxProblemError
from kmig_sandbox.progress import step
from kmig_sandbox.waiting import until

_API_SECONDS = 90.0
_READY_SECONDS = 90.0
_CGROUPS = Path("/sys/fs/cgroup")


class Node:
    """The node of one clone, from the moment that leftovers are gone."""

    def __init__(self, places: Places, programs: Path, record: Path) -> None:
        self._places = places
        self._record = record
        self._layout = Layout(programs, places.node, places.secrets / "kubernetes")
        self.kubectl = Kubectl(programs / "kubectl", places.kubeconfig)

    def running(self) -> bool:
        """Whether this clone's node is complete, by its processes and by its own word."""
        found = owner.read(self._record)
        if not found or found.clone != str(self._places.clone) or not found.lives:
            return False
        alive = {process.name for process in found.processes if process.alive}
        complete = alive >= set(nodecommands.commands(self._layout))
        return complete and self._places.kubeconfig.exists() and not self._not_ready()

    def start(self, with_containerd: Callable[[], None]) -> None:
        """Starts everything, in the order of need, up to a Ready node with DNS.

        `with_containerd` is called as soon as images can be imported, beside the rest.
        """
        claim = owner.claim(self._places.clone, self._places.node)
        claim = replace(claim, previous_sysctls=network.settings())
        owner.write(self._record, claim)
        self._write_files()
        network.set_up()
        for name in _cgroup_directories():
            name.mkdir(exist_ok=True)
        with step("starting the node's programs", "about 10 s"):
            claim = self._start_all(claim, with_containerd)
        owner.write(self._record, replace(claim, ready=True))

    def import_image(self, archive: Path) -> None:
        """Gives a docker-archive to containerd; names in it become image names of pods."""
        run(
            ["ctr", "-a", self._layout.socket, "-n", "k8s.io", "images", "import", archive],
            timeout=300,
            env=clean_environment(),
        )

    def _start_all(self, claim: Owner, with_containerd: Callable[[], None]) -> Owner:
        commands = list(nodecommands.commands(self._layout).items())
        claim = self._start_one(claim, *commands[0])
        with ThreadPoolExecutor(max_workers=1) as beside:
            imported = beside.submit(with_containerd)
            for name, argv in commands[1:]:
                claim = self._start_one(claim, name, argv)
            until(
                "the node", _READY_SECONDS, lambda: _ended(claim, self._places) + self._not_ready()
            )
            self.kubectl.apply(nodefiles.dns_objects())
            imported.result()
        return claim

    def _start_one(self, claim: Owner, name: str, argv: list[str]) -> Owner:
        log = self._places.logs / f"{name}.log"
        process = processes.start(name, argv, self._layout.state, log)
        claim = claim.with_process(process)
        owner.write(self._record, claim)
        silent = {
            "containerd": self._containerd_is_silent,
            "kube-apiserver": self._api_is_silent,
        }.get(name)
        if silent:
            until(name, _API_SECONDS, lambda: _ended(claim, self._places) + silent())
        return claim

    def _write_files(self) -> None:
        pki = certificates.authority(self._layout.pki, "kmig-sandbox-kubernetes")
        keys = self._layout.pki / "service-accounts.key"
        if not keys.exists():
            certificates.new_key(keys)
        run(
            ["openssl", "pkey", "-in", keys, "-pubout", "-out", keys.with_suffix(".pub")],
            timeout=30,
        )
        pki.sign("apiserver", "/CN=kube-apiserver", *nodefiles.API_NAMES)
        for user, subject in nodefiles.USERS.items():
            pki.sign(user, subject, *(nodefiles.NODE_NAMES if user == "node" else ()))
            text = nodefiles.kubeconfig(self._layout.pki, user, "sandbox")
            files.write(self._layout.kubeconfig(user), text, 0o600)
        admin = nodefiles.kubeconfig(self._layout.pki, "admin", "sandbox")
        files.write(self._places.kubeconfig, admin, 0o600)
        self._layout.state.joinpath("run").mkdir(parents=True, exist_ok=True)
        for name, text in nodefiles.configuration(self._layout, self._snapshotter()).items():
            files.write(self._layout.state / name, text)

    def _snapshotter(self) -> str:
        """overlayfs where the clone's file system bears it, else whole copies."""
        probe = self._layout.state / "overlay-probe"
        for name in ("lower", "upper", "work", "merged"):
            (probe / name).mkdir(parents=True, exist_ok=True)
        options = f"lowerdir={probe}/lower,upperdir={probe}/upper,workdir={probe}/work"
        merged = probe / "merged"
        tried = attempt(["mount", "-t", "overlay", "overlay", "-o", options, merged], timeout=20)
        if tried.returncode != 0:
            return "native"
        run(["umount", merged], timeout=20)
        return "overlayfs"

    def _containerd_is_silent(self) -> str:
        asked = ["ctr", "-a", str(self._layout.socket), "version"]
        return "" if attempt(asked, timeout=10).returncode == 0 else "its socket does not answer"

    def _api_is_silent(self) -> str:
        return self.kubectl.refusal("get", "--raw", "/readyz")

    def _not_ready(self) -> str:
        condition = "jsonpath={.status.conditions[?(@.type=='Ready')]['status','message']}"
        answer = self.kubectl.attempt("get", "node", nodefiles.NODE_NAME, "-o", condition)
        if answer.returncode != 0:
            return last_line(answer.stderr)
        return "" if answer.stdout.startswith("True") else f"it says: {answer.stdout or 'nothing'}"


def _cgroup_directories() -> list[Path]:
    """The node's own group, in each hierarchy of cgroup v1 or in the one of v2."""
    name = nodefiles.CGROUP.lstrip("/")
    if (_CGROUPS / "cgroup.controllers").exists():
        return [_CGROUPS / name]
    return [
        hierarchy / name
        for hierarchy in _CGROUPS.iterdir()
        if not hierarchy.is_symlink()
        and (hierarchy / "cgroup.procs").exists()
        and hierarchy.name != "unified"
    ]


def _ended(claim: Owner, places: Places) -> str:
    """Raises when a program of the node has ended, in that program's words; else empty."""
    for process in claim.processes:
        if not process.alive:
            log = places.logs / f"{process.name}.log"
            said = last_line(log.read_text(encoding="utf-8", errors="replace"))
            raise SandboxProblemError(f"{process.name} ended by itself: {said} (log: {log})")
    return ""
