"""Builds images with buildah: no daemon, no registry, no privileges beyond root.

Called by images.py under the build lock. Its storage is a cache: damaged by a kill, it is dropped.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from kmig_sandbox import files
from kmig_sandbox.commands import attempt, clean_environment, run
from kmig_sandbox.places import Places
from kmig_sandbox.progress import say

_SECONDS = 900.0
_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'


class Buildah:
    """One storage of layers, shared by the clones of this machine."""

    def __init__(self, places: Places) -> None:
        self._store = places.cache / "buildah"
        self._log = places.logs / "images.log"

    def build(self, tag: str, dockerfile: Path, context: Path, arguments: Mapping[str, str]) -> None:
        """Builds and names an image; layers whose inputs are unchanged are taken as they are."""
        words = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        argv = ["bud", "--isolation=chroot", "--layers", "--pull=false", "--format=docker",
                f"--tag={tag}", *words, f"--file={dockerfile}", str(context)]
        if attempt(self._argv(argv), timeout=_SECONDS, log=self._log, env=self._env()).returncode:
            say(f"building {tag} failed: once more with fresh layers")
            self._log.unlink(missing_ok=True)
            run(self._argv(["bud", "--no-cache", *argv[1:]]), timeout=_SECONDS, log=self._log,
                env=self._env())

    def has(self, tag: str) -> bool:
        """Whether the storage holds this image."""
        argv = self._argv(["inspect", "--type=image", tag])
        return attempt(argv, timeout=60, env=self._env()).returncode == 0

    def save(self, tag: str, name: str, archive: Path) -> None:
        """Writes the image `tag` as a docker-archive that calls it `name`."""
        archive.parent.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        run(self._argv(["push", "--quiet", tag, f"docker-archive:{unfinished}:{name}"]),
            timeout=_SECONDS, env=self._env())
        unfinished.replace(archive)

    def drop(self) -> None:
        """Forgets all layers."""
        shutil.rmtree(self._store, ignore_errors=True)

    def _argv(self, words: list[str]) -> list[str]:
        policy = self._store / "policy.json"
        if not policy.exists():
            files.write(policy, _POLICY)
        where = ["--root", f"{self._store}/storage", "--runroot", f"{self._store}/run"]
        verb, *rest = words
        needs_policy = [f"--signature-policy={policy}"] if verb in {"bud", "push"} else []
        return ["buildah", "--storage-driver", "vfs", *where, verb, *needs_policy, *rest]

    def _env(self) -> dict[str, str]:
        return clean_environment(TMPDIR=str(self._store))
