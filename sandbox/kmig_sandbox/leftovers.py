"""Ends the embedded node and whatever a killed run left behind, this clone's or another's.

Called by embedded.py under the machine's lock, before a start and for `down`. Idempotent; it
touches only what is recorded, marked or named as ours.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from kmig_sandbox import network, nodefiles, owner, processes
from kmig_sandbox.commands import attempt
from kmig_sandbox.processes import Process
from kmig_sandbox.progress import step
from kmig_sandbox.waiting import until

_CGROUPS = Path("/sys/fs/cgroup")
_CNI_RESULTS = Path("/var/lib/cni/results")
_CONTAINER_LOGS = Path("/var/log/containers")
_SHIM_SOCKETS = Path("/run/containerd/s")
_KUBELET = Path("/var/lib/kubelet")
_OWN_PARTS = "/.sandbox/node/"
# The kubelet first: it would start again what is ended under it. containerd near the end.
_ORDER = (
    "kubelet",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "coredns",
    "kube-apiserver",
    "etcd",
)


def exist(state: Path, record: Path) -> bool:
    """Whether there is anything to end."""
    return bool(
        record.exists()
        or state.exists()
        or processes.marked()
        or _mounts(state)
        or Path(f"/sys/class/net/{network.INTERFACE}").exists()
    )


def end(state: Path, record: Path) -> None:
    """Leaves the machine as if no sandbox had ever run; caches and secrets stay."""
    found = owner.read(record)
    since_boot = found if found and found.boot_id == owner.boot_id() else None
    recorded = list(since_boot.processes) if since_boot else []
    with step("ending what runs and clearing its traces"):
        _end_programs(recorded)
        _end_containers()
        _end_stragglers()
        states = {state, *({Path(found.state)} if found else set())}
        for each in states:
            _unmount(each)
        network.tear_down(since_boot.previous_sysctls if since_boot else {})
        _remove_cgroups()
        _remove_files()
        for each in states:
            # What stays of another clone's directory disturbs nobody.
            shutil.rmtree(each, ignore_errors=each != state or not each.exists())
        record.unlink(missing_ok=True)


def _end_programs(recorded: list[Process]) -> None:
    known = {p.pid: p for p in recorded}
    known.update({p.pid: p for p, _ in processes.marked()})
    for name in _ORDER:
        processes.end_all(p for p in known.values() if p.name == name)


def _end_containers() -> None:
    """Kills everything in our control group; the kernel knows exactly who is in it."""

    def blocked() -> str:
        pids = sorted({pid for group in _groups() for pid in _members(group)})
        for pid in pids:
            attempt(["kill", "-9", str(pid)], timeout=10)
        return f"processes {pids} of pods do not end" if pids else ""

    until("ending the pods", 30, blocked, every=0.1)


def _end_stragglers() -> None:
    """containerd, its shims, and programs that were started but not recorded any more."""

    def blocked() -> str:
        left = [p for p, _ in processes.marked()]
        processes.end_all(left)
        return f"{left[0].name} (process {left[0].pid}) does not end" if left else ""

    until("ending the node's programs", 30, blocked)


def _groups() -> list[Path]:
    name = nodefiles.CGROUP.lstrip("/")
    roots = [_CGROUPS / name, *(_CGROUPS.glob(f"*/{name}"))]
    # os.walk, unlike a glob, bears that groups go away while it looks.
    below = {Path(directory) for root in roots for directory, _, _ in os.walk(root)}
    return sorted(below, key=lambda p: len(p.parts), reverse=True)


def _members(group: Path) -> list[int]:
    try:
        return [int(pid) for pid in (group / "cgroup.procs").read_text("utf-8").split()]
    except OSError:
        return []  # the group went away while we looked


def _remove_cgroups() -> None:
    for group in _groups():
        until(f"the control group {group}", 10, partial(_remove_group, group))


def _remove_group(group: Path) -> str:
    try:
        group.rmdir()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"it is in use: {error.strerror}"
    return ""


def _mounts(state: Path) -> list[str]:
    """Mount points of ours, deepest first; of deleted clones as well, known by their path."""
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    points = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    ours = [p for p in points if p.startswith(f"{state}/") or _OWN_PARTS in p]
    return sorted(ours, key=len, reverse=True)


def _unmount(state: Path) -> None:
    for point in _mounts(state):
        attempt(["umount", "-l", point.removesuffix("//deleted")], timeout=20)
    until("unmounting", 10, lambda: f"{m[0]} stays" if (m := _mounts(state)) else "")


def _remove_files() -> None:
    for result in _CNI_RESULTS.glob("kmig-*-eth0"):
        pod = result.name.removeprefix("kmig-").removesuffix("-eth0")
        for file in _CNI_RESULTS.glob(f"*-{pod}-*"):
            file.unlink(missing_ok=True)
    _remove_dead_shim_sockets()
    _remove_kubelet_directory()
    for link in _CONTAINER_LOGS.glob("*.log"):
        if link.is_symlink() and _OWN_PARTS in str(link.readlink()):
            link.unlink(missing_ok=True)


def _remove_dead_shim_sockets() -> None:
    """A killed shim leaves its socket in containerd's one directory; nobody listens on it."""
    listening = Path("/proc/net/unix").read_text(encoding="utf-8")
    for socket in _SHIM_SOCKETS.glob("*"):
        if str(socket) not in listening:
            socket.unlink(missing_ok=True)


def _remove_kubelet_directory() -> None:
    """The kubelet keeps a socket at a fixed place, whatever its root directory is."""
    plugins = _KUBELET / "device-plugins"
    for name in ("kubelet.sock", "kubelet_internal_checkpoint"):
        (plugins / name).unlink(missing_ok=True)
    for directory in (plugins, _KUBELET):
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
