"""The project's images as docker-archives: what they are made of, built when that changed.

Called by __main__ and the kinds of Kubernetes, under the build lock. Archives are cached per
machine by content; only the clone's own sources make them differ.
"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kmig_sandbox import cache, dockerarchive, files, jars, nodefiles, roots
from kmig_sandbox.buildah import Buildah
from kmig_sandbox.commands import run
from kmig_sandbox.places import SOURCES, Places
from kmig_sandbox.progress import say, step

KAFKA = f"kmig.local/kafka:{jars.KAFKA_VERSION}"
FAULT_DROP = f"kmig.local/kafka-fault-drop:{jars.KAFKA_VERSION}"
OPERATOR = "kmig.local/operator:dev"
EXAMPLE = "kmig.local/example:dev"
_BASE_FILE = SOURCES / "images" / "base" / "Dockerfile"
_KEPT_PER_IMAGE = 3
_PYTHON_OF_ROOT = "3.11"  # of Debian bookworm, and of the Dockerfile's default BASE
_GLIBCS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28")


@dataclass(frozen=True)
class Image:
    """A name and everything that the image is made of."""

    name: str
    dockerfile: Path
    inputs: tuple[Path, ...]
    context: Callable[[], Path]
    root: roots.Root | None = None
    base: Image | None = None


def kafka(places: Places) -> Image:
    """The broker and Connect image."""
    here = SOURCES / "images" / "kafka"
    return Image(
        KAFKA,
        here / "Dockerfile",
        (here / "Dockerfile", here / "pom.xml", here / "jars.sha256"),
        lambda: jars.fetch(places),
        root=roots.JAVA,
    )


def of_clone(places: Places) -> list[Image]:
    """The images of this clone's own sources that exist by now."""
    clone = places.clone
    sources = ("pyproject.toml", "LICENSE", "requirements.lock", "operator")
    apps, faults = clone / "examples" / "apps", clone / "examples" / "faults"
    lock = clone / "requirements.lock"
    wanted = [
        Image(
            OPERATOR,
            clone / "Dockerfile",
            tuple(clone / name for name in sources),
            lambda: _with_wheels(places),
            root=roots.PYTHON,
        ),
        Image(
            EXAMPLE,
            apps / "Dockerfile",
            (apps, lock),
            lambda: _with_wheels(places),
            root=roots.PYTHON,
        ),
        Image(
            FAULT_DROP,
            faults / "Dockerfile",
            (faults,),
            lambda: _with_fault(places, faults),
            base=kafka(places),
        ),
    ]
    ready = []
    for image in wanted:
        absent = [p for p in (image.dockerfile, *image.inputs) if not p.exists()]
        if absent:
            say(f"{image.name} is left out: {absent[0].relative_to(clone)} does not exist")
        else:
            ready.append(image)
    return ready


def archive(places: Places, image: Image) -> Path:
    """The image's docker-archive, built when nothing in the cache is made of the same."""
    short = image.name.removeprefix("kmig.local/").replace(":", "-")
    directory = places.cache / "images"
    made = directory / f"{short}={_key(image)}.tar"
    if made.exists():
        return made
    buildah = Buildah(places)
    buildah.prepare()
    base = _base(places, buildah, image)
    context = image.context()
    with step(f"building the image {image.name}"):
        tag = f"localhost/{image.name}"
        buildah.build(tag, image.dockerfile, context, {"BASE": base})
        buildah.save(tag, image.name, made)
    same = sorted(directory.glob(f"{short}=*.tar"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in same[_KEPT_PER_IMAGE:]:
        old.unlink(missing_ok=True)
    return made


def pause(places: Places, programs: Path) -> Path:
    """The archive of the image that holds a pod's namespaces."""

    def build(target: Path) -> None:
        dockerarchive.write(target / "pause.tar", nodefiles.PAUSE_IMAGE, programs / "pause")

    key = files.digest([programs / "pause"])
    return cache.entry(places.cache, f"pause-{key}", build) / "pause.tar"


def wheels(places: Places) -> Path:
    """The clone's build/wheels: exactly the wheels of requirements.lock for the images' Python."""
    lock = places.clone / "requirements.lock"
    key = files.digest([lock], _PYTHON_OF_ROOT, platform.machine())

    def download(target: Path) -> None:
        machine = platform.machine()
        tags = [f"--platform={glibc}_{machine}" for glibc in _GLIBCS]
        with step("fetching the wheels of requirements.lock with pip"):
            run(
                [
                    sys.executable,
                    "-m",
                    "pip",
                    "download",
                    "--quiet",
                    "--require-hashes",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--implementation=cp",
                    f"--python-version={_PYTHON_OF_ROOT}",
                    *tags,
                    "--dest",
                    target,
                    "-r",
                    lock,
                ],
                timeout=900,
                log=places.logs / "wheels.log",
            )

    cached = cache.entry(places.cache, f"wheels-{key}", download)
    stamp = places.wheels / ".made-of"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != key:
        shutil.rmtree(places.wheels, ignore_errors=True)
        shutil.copytree(cached, places.wheels)
        files.write(stamp, key)
    return places.wheels


def _with_wheels(places: Places) -> Path:
    wheels(places)
    return places.clone


def _with_fault(places: Places, faults: Path) -> Path:
    """A directory with drop.jar: the faulty class, compiled against the Kafka image's own jars."""
    target = places.cache / "fault-drop"
    libs = jars.fetch(places) / "libs"
    run([faults / "build.sh", libs, target / "drop.jar"], timeout=120)
    return target


def _fault(places: Places, faults: Path) -> Path:
    """A build context with the Java agent that the fault's Dockerfile copies."""

    def compile_it(target: Path) -> None:
        libs = jars.fetch(places) / "libs"
        run(
            ["bash", faults / "build.sh", libs, target / "drop.jar"],
            timeout=120,
            log=places.logs / "images.log",
        )

    return cache.entry(places.cache, f"fault-drop-{files.digest([faults])}", compile_it)


def _key(image: Image) -> str:
    below = _key(image.base) if image.base else str(image.root)
    return files.digest([image.dockerfile, *image.inputs], below)


def _base(places: Places, buildah: Buildah, image: Image) -> str:
    """The name of the image to build on, present in buildah's storage."""
    if image.base:
        tag = f"localhost/{image.base.name}"
        if not buildah.has(tag):
            below = _base(places, buildah, image.base)
            buildah.build(tag, image.base.dockerfile, image.base.context(), {"BASE": below})
        return tag
    if image.root is None:
        raise ValueError(f"image {image.name} has neither a root nor a base")
    directory = roots.make(places, image.root)
    tag = f"localhost/kmig-{directory.name}"
    if not buildah.has(tag):
        with step(f"taking the {image.root.name} root into buildah"):
            buildah.build(tag, _BASE_FILE, directory, {})
    return tag
