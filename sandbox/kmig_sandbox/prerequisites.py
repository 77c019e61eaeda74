"""What the machine must have, and what we may install ourselves (Debian, as root).

Called by embedded.py and images.py before the first long step, so that nothing is found missing
after minutes of work.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path

from kmig_sandbox.commands import attempt, clean_environment, run
from kmig_sandbox.problem import missing
from kmig_sandbox.progress import step

_PACKAGES = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "openssl": "openssl",
    "mmdebstrap": "mmdebstrap",
    "buildah": "buildah",
    "mvn": "maven",
    "javac": "openjdk-17-jdk-headless",
}
_OLDEST_JAVA = 17
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300")


def need_root() -> None:
    """The embedded node needs root: it makes namespaces, mounts and iptables rules."""
    if os.geteuid() != 0:
        raise missing(
            "the embedded node needs root: run as root, or start Docker and install kind, "
            "or set KMIG_KUBECONFIG to a cluster of yours"
        )
    if platform.system() != "Linux" or platform.machine() not in {"x86_64", "aarch64"}:
        raise missing("the embedded node needs Linux on x86_64 or aarch64: use kind or KUBECONFIG")


def need_programs(log: Path) -> None:
    """Installs the Debian packages that are missing, or names them."""
    wanted = sorted({package for program, package in _PACKAGES.items() if not _present(program)})
    if wanted:
        _install(wanted, log)
    _need_java()


def _present(program: str) -> bool:
    if program.startswith("/"):
        return Path(program).exists()
    return shutil.which(program, path=clean_environment()["PATH"]) is not None


def _install(packages: list[str], log: Path) -> None:
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise missing(f"this machine lacks {names}: install them, run again")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [*_APT, "install", "-y", "-q", "--no-install-recommends", *packages]
    with step(f"installing Debian packages: {names}"):
        if attempt(install, timeout=900, log=log, env=env).returncode != 0:
            attempt([*_APT, "update", "-q"], timeout=300, log=log, env=env)
            answer = attempt(install, timeout=900, log=log, env=env)
            if answer.returncode != 0:
                raise missing(f"apt-get could not install {names}: install them, run again ({log})")


def _need_java() -> None:
    said = attempt(["javac", "-version"], timeout=30)
    found = re.search(r"javac (\d+)", said.stdout + said.stderr)
    if not found or int(found.group(1)) < _OLDEST_JAVA:
        raise missing(f"Java {_OLDEST_JAVA} or newer is needed: install openjdk-17-jdk-headless")


def go_version(program: str) -> tuple[int, int]:
    """Major and minor version of a Go tool; (0, 0) when it does not answer."""
    if shutil.which(program) is None:
        return 0, 0
    said = attempt([program, "env", "GOVERSION"], timeout=30, env={**os.environ, **LOCAL_GO})
    found = re.search(r"go(\d+)\.(\d+)", said.stdout)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


LOCAL_GO = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}


def host_python_wheel(target: Path, requirement: Path, log: Path) -> None:
    """Installs a hash-locked wheel with the machine's own pip settings into `target`."""
    import sys

    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    run([*pip, "--target", target, "-r", requirement], timeout=900, log=log)
