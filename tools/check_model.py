"""Verifies the protocol's models with Spin, and that every planted mistake is caught.

Called by `make model`. What is run stands in the models themselves (docs/model/*.pml), one line
each: how the run must end, the -D switches, what it shows. A model that cannot be searched to its
end, a mistake that is not caught, or one that breaks another property than the line says, is a
failure; so is a switch that the model does not know (a typing error would pass as "holds").
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "docs" / "model"
BUILD = ROOT / "build" / "model"
RUN_SECONDS = 600.0  # of one search; far above the slowest, for a machine with other work
DEPTH = 100_000
MEMORY_MIB = 3500

_LINE = re.compile(r"^ \* (holds|ends|fails \w+)\s*\|([^|]*)\|\s*(.+?)\s*$", re.MULTILINE)
_BROKEN = re.compile(r"^pan:\d+: (.*?)(?: \(at depth \d+\))?$", re.MULTILINE)
_NAMED = re.compile(r"\|\|\(?([A-Z][A-Z0-9_]*)\)?\)*$")
_STATES = re.compile(r"^\s*([\d.e+]+) states, stored", re.MULTILINE)
_ERRORS = re.compile(r"errors: (\d+)")
_MADE = {"spin": "pan.c", "gcc": "pan"}  # what each step must leave behind
_TRUNCATED = ("max search depth too small", "out of memory", "reached memory limit", "hash table")


@dataclass(frozen=True)
class Check:
    """One line of a model: how a search must end and with which switches."""

    model: Path
    ending: str  # "holds", "ends" (no endless run), "fails PROPERTY"
    switches: tuple[str, ...]
    shows: str

    @property
    def name(self) -> str:
        """Folder of its artefacts."""
        words = "_".join(s.removeprefix("-D").replace("=", "") for s in self.switches)
        return f"{self.model.stem}-{self.ending.split()[0]}-{words or 'default'}"


@dataclass(frozen=True)
class Outcome:
    """What a search found: "" = nothing, else the broken property or what went wrong."""

    broken: str
    states: int
    seconds: float


def checks_of(model: Path) -> Iterator[Check]:
    """The declared checks of one model."""
    for ending, switches, shows in _LINE.findall(model.read_text(encoding="utf-8")):
        yield Check(model, ending, tuple(switches.split()), shows)


def unknown_switches(check: Check) -> tuple[str, ...]:
    """Switches that the model's code does not mention."""
    code = re.sub(r"/\*.*?\*/", "", check.model.read_text(encoding="utf-8"), flags=re.DOTALL)
    names = [switch.removeprefix("-D").split("=")[0] for switch in check.switches]
    return tuple(name for name in names if not re.search(rf"\b{name}\b", code))


def verdict(report: str) -> str:
    """The property that pan's report names as broken; "" = searched to the end, none."""
    broken = _BROKEN.search(report)
    if broken is not None and "assertion violated" in broken.group(1):
        named = _NAMED.search(broken.group(1))
        return named.group(1) if named else broken.group(1)
    if broken is not None and "invalid end state" in broken.group(1):
        return "STUCK"
    if broken is not None and "non-progress cycle" in broken.group(1):
        return "ENDLESS"
    if broken is not None:
        return broken.group(1)
    truncated = [word for word in _TRUNCATED[:3] if word in report]
    errors = _ERRORS.search(report)
    if truncated or errors is None:
        return f"not searched to its end: {truncated[0] if truncated else 'no result'}"
    return "" if errors.group(1) == "0" else f"{errors.group(1)} errors"


def run(check: Check) -> Outcome:
    """Generate, compile and run the search of one check in a folder of its own."""
    begun = time.monotonic()
    folder = BUILD / check.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    unknown = unknown_switches(check)
    if unknown:
        return Outcome(f"the model knows no switch {', '.join(unknown)}", 0, 0.0)
    endless = check.ending == "ends"
    # A planted mistake is found early: compiling fast matters more than searching fast.
    speed = "-O0" if check.ending.startswith("fails") else "-O2"
    kind = "-DNP" if endless else "-DSAFETY"
    limits = (f"-DMEMLIM={MEMORY_MIB}", "-DVECTORSZ=2048", "-DCOLLAPSE")
    steps = (
        ("spin", *check.switches, "-a", str(check.model)),
        ("gcc", speed, "-w", kind, *limits, "-o", "pan", "pan.c"),
        ("./pan", *(("-l",) if endless else ()), f"-m{DEPTH}", "-w24"),
    )
    said = ""
    for step in steps:
        said = _said(step, folder)
        made = _MADE.get(step[0])
        if made is not None and ("error" in said.lower() or not (folder / made).is_file()):
            words = (said.strip() or "ended without a word").splitlines()[0][-90:]
            return Outcome(f"{step[0]}: {words}", 0, time.monotonic() - begun)
    states = _STATES.search(said)
    count = int(float(states.group(1))) if states else 0
    return Outcome(verdict(said), count, time.monotonic() - begun)


def _said(command: Sequence[str], folder: Path) -> str:
    """Both streams of a command, kept beside its artefacts; an ended deadline says so."""
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, text=True, timeout=RUN_SECONDS
        )
        said = done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        said = f"{command[0]} took longer than {RUN_SECONDS:.0f} s\n"
    (folder / f"{Path(command[0]).name}.out").write_text(said, encoding="utf-8")
    return said


def passed(check: Check, outcome: Outcome) -> bool:
    """The search ended as its line says."""
    return outcome.broken == check.ending.removeprefix("fails").removeprefix(" ") or (
        check.ending in ("holds", "ends") and outcome.broken == ""
    )


def row(check: Check, outcome: Outcome) -> str:
    """One line of the table."""
    mark = "ok  " if passed(check, outcome) else "FAIL"
    found = f"{outcome.broken} broken" if outcome.broken else "nothing broken"
    wanted = "" if passed(check, outcome) else f" (expected: {check.ending})"
    size = f"{outcome.states:>9} states {outcome.seconds:5.1f} s"
    return f"{mark} {check.model.stem:<9} {found:<21} {size}  {check.shows}{wanted}"


def need_spin() -> None:
    """Install Debian's spin where it is missing, as the sandbox does with its programs."""
    if shutil.which("gcc") is None:
        raise SystemExit("the models need gcc: install it, run again")
    if shutil.which("spin") is not None:
        return
    apt = ("apt-get", "-o", "DPkg::Lock::Timeout=300")
    install = (*apt, "install", "-y", "-q", "--no-install-recommends", "spin")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if shutil.which("apt-get") is not None:
        for command in (install, (*apt, "update", "-q"), install):
            if shutil.which("spin") is None:
                subprocess.run(command, check=False, capture_output=True, env=env, timeout=300)
    if shutil.which("spin") is None:
        raise SystemExit("the models need the program spin (Debian: spin): install it, run again")


def main() -> int:
    """Run all checks, print the table; 1 when one did not end as its line says."""
    parser = argparse.ArgumentParser(description="Verify the protocol's models.")
    parser.add_argument("only", nargs="*", help="words; a check runs if its name holds one")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    wishes = parser.parse_args()
    need_spin()
    every = [check for model in sorted(MODELS.glob("*.pml")) for check in checks_of(model)]
    chosen = [c for c in every if not wishes.only or any(w in c.name for w in wishes.only)]
    if not chosen:
        print(f"no check of {MODELS} has such a name")
        return 1
    # Long searches first, so that the last one does not run alone.
    order = sorted(chosen, key=lambda check: check.ending.startswith("fails"))
    with ThreadPoolExecutor(wishes.jobs) as pool:
        outcomes = dict(zip(order, pool.map(run, order), strict=True))
    for check in chosen:
        print(row(check, outcomes[check]))
    bad = [check for check in chosen if not passed(check, outcomes[check])]
    holding = sum(not check.ending.startswith("fails") for check in chosen)
    caught = len(chosen) - holding
    print(f"{holding} searches without a mistake, {caught} with one planted, {len(bad)} wrong")
    for check in bad:
        print(f"see {(BUILD / check.name).relative_to(ROOT)}: spin -t -p -g shows the run")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
