"""Builds images with buildah: no daemon, no registry, no privileges beyond root.

Called by images.py under the build lock. Its storage is a cache: one in which a build was killed is
dropped, because nothing says what is whole in it.
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
_MOST_LAYERS = 600
_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'


class Buildah:
    """One storage of layers, shared by the clones of this machine."""

    def __init__(self, places: Places) -> None:
        self._store = places.cache / "buildah"
        self._log = places.logs / "images.log"
        self._busy = self._store / "a-build-is-running"
        self._driver = self._store / "driver"

    def prepare(self) -> None:
        """Makes the storage usable, from nothing if a build was killed in it."""
        if self._busy.exists():
            say("an image build was killed: beginning the store of image layers anew")
            self.drop()
        # Pruning single images would also drop the layers that the next build takes as they are.
        if len(list(self._store.glob("storage/*-layers/*"))) > _MOST_LAYERS:
            say("the store of image layers has grown large: beginning it anew")
            self.drop()
        self._store.mkdir(parents=True, exist_ok=True)
        files.write(self._store / "policy.json", _POLICY)
        if not self._driver.exists():
            overlay = attempt(self._argv(["info"], "overlay"), timeout=60, env=self._env())
            files.write(self._driver, "vfs" if overlay.returncode else "overlay")

    def build(
        self, tag: str, dockerfile: Path, context: Path, arguments: Mapping[str, str]
    ) -> None:
        """Builds and names an image; layers whose inputs are unchanged are taken as they are."""
        words = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        argv = [
            "bud",
            self._policy(),
            "--isolation=chroot",
            "--layers",
            "--pull=false",
            "--format=docker",
            f"--tag={tag}",
            *words,
            f"--file={dockerfile}",
            str(context),
        ]
        self._busy.touch()
        try:
            run(self._argv(argv), timeout=_SECONDS, log=self._log, env=self._env())
        finally:
            self._busy.unlink()

    def has(self, tag: str) -> bool:
        """Whether the storage holds this image."""
        argv = self._argv(["inspect", "--type=image", tag])
        return attempt(argv, timeout=60, env=self._env()).returncode == 0

    def save(self, tag: str, name: str, archive: Path) -> None:
        """Writes the image `tag` as a docker-archive that calls it `name`."""
        archive.parent.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        target = f"docker-archive:{unfinished}:{name}"
        run(
            self._argv(["push", self._policy(), "--quiet", tag, target]),
            timeout=_SECONDS,
            env=self._env(),
        )
        unfinished.replace(archive)

    def drop(self) -> None:
        """Forgets all layers."""
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
        inside = [m.split()[1] for m in mounts if m.split()[1].startswith(f"{self._store}/")]
        for point in sorted(inside, key=len, reverse=True):
            attempt(["umount", "-l", point], timeout=20)
        shutil.rmtree(self._store, ignore_errors=True)

    def _policy(self) -> str:
        return f"--signature-policy={self._store}/policy.json"

    def _argv(self, words: list[str], driver: str = "") -> list[str]:
        driver = driver or self._driver.read_text(encoding="utf-8")
        where = ["--root", f"{self._store}/storage", "--runroot", f"{self._store}/run"]
        return ["buildah", "--storage-driver", driver, *where, *words]

    def _env(self) -> dict[str, str]:
        return clean_environment(TMPDIR=str(self._store))
