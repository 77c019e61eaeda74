"""The machine's build cache: entries named by what they are made of, complete or absent.

Used by programs.py, jars.py and images.py while they hold the build lock. Nothing in it belongs to
one clone, and no running program writes into it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from kmig_sandbox.problem import SandboxProblemError, missing

_UNFINISHED = "unfinished-"


def entry(cache: Path, name: str, build: Callable[[Path], None]) -> Path:
    """The directory `name` of the cache, made by `build` in a fresh directory if it is absent."""
    place = cache / name
    if place.is_dir():
        return place
    # A fresh name: what a killed run started may still write into the old one.
    unfinished = Path(tempfile.mkdtemp(dir=_made(cache), prefix=_UNFINISHED))
    unfinished.chmod(0o755)
    build(unfinished)
    unfinished.rename(place)
    return place


def clear(cache: Path) -> None:
    """Removes what killed builds left."""
    for unfinished in cache.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(unfinished, ignore_errors=True)


def keep_newest(cache: Path, prefix: str, count: int) -> None:
    """Removes older entries of the same thing."""
    same = sorted(cache.glob(f"{prefix}*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in same[count:]:
        shutil.rmtree(old, ignore_errors=True)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def need_space(place: Path, gigabytes: float, why: str) -> None:
    """Refuses when the disk under `place` has less room than the work ahead needs."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(place).free / 1e9
    except OSError as error:
        raise SandboxProblemError(f"{place} cannot be used: {error.strerror}") from error
    if free < gigabytes:
        raise missing(
            f"the disk of {place} has {free:.1f} GB free, {why} needs {gigabytes:.0f} GB: free some"
        )
