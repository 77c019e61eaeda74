"""Debian roots for images where no registry can be reached, made by mmdebstrap once per machine.

Called by images.py.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from kmig_sandbox import cache, files
from kmig_sandbox.commands import run
from kmig_sandbox.places import Places
from kmig_sandbox.progress import step

_SUITE = "bookworm"
# Not /usr/share/man: without its directories the Java package does not install.
_UNUSED = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
_SECONDS = 1200.0
_WORK = Path("/tmp/kmig-sandbox-root")  # where apt's own user may enter, unlike root's cache


@dataclass(frozen=True)
class Root:
    """What is installed into one root."""

    name: str
    packages: tuple[str, ...]


PYTHON = Root("python", ("ca-certificates", "python3", "python3-venv"))
JAVA = Root("java", ("ca-certificates", "openjdk-17-jre-headless"))


def make(places: Places, root: Root) -> Path:
    """A directory with `root.tar`."""

    def bootstrap(target: Path) -> None:
        shutil.rmtree(_WORK, ignore_errors=True)
        _WORK.mkdir(mode=0o755)
        excluded = [f"--dpkgopt=path-exclude={pattern}" for pattern in _UNUSED]
        with step(f"making a Debian {_SUITE} root with {root.packages[-1]}", "about 40 s"):
            run(
                [
                    "mmdebstrap",
                    "--quiet",
                    "--variant=minbase",
                    *excluded,
                    f"--include={','.join(root.packages)}",
                    _SUITE,
                    target / "root.tar",
                ],
                timeout=_SECONDS,
                log=places.logs / f"root-{root.name}.log",
                env={**os.environ, "TMPDIR": str(_WORK)},
            )
        shutil.rmtree(_WORK, ignore_errors=True)

    key = files.digest([], _SUITE, *root.packages, *_UNUSED)
    return cache.entry(places.cache, f"root-{root.name}-{key}", bootstrap)
