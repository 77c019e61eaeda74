"""Fetches the jars of the Kafka image with the machine's Maven, once per machine.

Called by images.py. sandbox/images/kafka/jars.sha256 says what they must be.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from kmig_sandbox import cache, files
from kmig_sandbox.commands import run
from kmig_sandbox.places import SOURCES, Places
from kmig_sandbox.problem import SandboxProblemError
from kmig_sandbox.progress import step

KAFKA_VERSION = "4.3.1"
_POM = SOURCES / "images" / "kafka" / "pom.xml"
_SUMS = SOURCES / "images" / "kafka" / "jars.sha256"


def fetch(places: Places) -> Path:
    """A directory with `libs/`, holding exactly the jars of the list."""

    def copy(target: Path) -> None:
        with step("fetching the Kafka jars with Maven", "55 MB"):
            run(
                [
                    "mvn",
                    "-B",
                    "-ntp",
                    "-f",
                    _POM,
                    "dependency:copy-dependencies",
                    "-DincludeScope=runtime",
                    f"-DoutputDirectory={target / 'libs'}",
                ],
                timeout=900,
                log=places.logs / "jars.log",
            )
        check(target / "libs", _SUMS.read_text(encoding="utf-8"))

    return cache.entry(places.cache, f"jars-{KAFKA_VERSION}-{files.digest([_POM, _SUMS])}", copy)


def check(libs: Path, expected: str) -> None:
    """Raises unless `libs` holds the files that `expected` lists, byte for byte."""
    found = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in libs.iterdir()}
    wanted = {name: digest for digest, name in (line.split() for line in expected.splitlines())}
    different = sorted(
        name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)
    )
    if different:
        raise SandboxProblemError(
            f"Maven's jars are not those of {_SUMS.name}: {', '.join(different[:5])}"
        )
