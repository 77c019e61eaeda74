"""Starts the node's programs so that they outlive us, and ends exactly those.

A process is known by its id and its start time: a reused id is never touched. Every program carries
its state directory in its environment, so that one which was started an instant before a kill and
never recorded is still found.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kmig_sandbox.commands import clean_environment
from kmig_sandbox.problem import SandboxProblemError

MARK = "KMIG_SANDBOX_STATE"
_NAME = "KMIG_SANDBOX_PROGRAM"
_START_TIME_FIELD = 19  # of what follows the command in /proc/PID/stat; proc(5) field 22
_STATE_FIELD = 0
_PAUSE = threading.Event()


@dataclass(frozen=True)
class Process:
    """One process of the machine, for as long as it lives."""

    name: str
    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        fields = _stat(self.pid)
        return (
            bool(fields)
            and fields[_STATE_FIELD] != "Z"
            and int(fields[_START_TIME_FIELD]) == self.started
        )


def itself() -> Process:
    """The process that runs this code."""
    return of_pid("kmig_sandbox", os.getpid())


def of_pid(name: str, pid: int) -> Process:
    """The process that has this id now."""
    fields = _stat(pid)
    if not fields:
        raise SandboxProblemError(f"{name} ended as soon as it was started")
    return Process(name, pid, int(fields[_START_TIME_FIELD]))


def start(name: str, argv: Sequence[str | Path], state: Path, log: Path) -> Process:
    """Starts a program in a session of its own, with its output in `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as output:
        child = subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=state,
            env=clean_environment(**{MARK: str(state), _NAME: name}),
        )
    child.returncode = 0  # it outlives us: Popen need not warn that nobody waited for it
    return of_pid(name, child.pid)


def end(process: Process, patience_seconds: float = 5.0) -> None:
    """Asks a process to end, then makes it end; does nothing when it is gone."""
    for number, patience in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 5.0)):
        if not _send(process, number):
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            _reap(process.pid)
            if not process.alive:
                return
            _PAUSE.wait(0.02)
    raise SandboxProblemError(f"{process.name} (process {process.pid}) does not end")


def end_all(found: Iterable[Process], patience_seconds: float = 5.0) -> None:
    """Ends all of these processes, asking all of them first."""
    processes = list(found)
    for process in processes:
        _send(process, signal.SIGTERM)
    for process in processes:
        end(process, patience_seconds)


def marked() -> list[tuple[Process, Path]]:
    """Every process that carries our mark (children of a program its name too), and its state."""
    found = []
    for pid in _pids():
        environment, fields = _environment(pid), _stat(pid)
        if MARK in environment and fields and fields[_STATE_FIELD] != "Z":
            process = Process(environment.get(_NAME, "?"), pid, int(fields[_START_TIME_FIELD]))
            found.append((process, Path(environment[MARK])))
    return found


def named(name: str) -> Process | None:
    """A running process of the machine with this command name, or None.

    Dead ones that wait for their parent keep their name and do not count.
    """
    for pid in _pids():
        fields = _stat(pid)
        try:
            command = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if command == name and fields and fields[_STATE_FIELD] != "Z":
            return Process(name, pid, int(fields[_START_TIME_FIELD]))
    return None


def _send(process: Process, number: signal.Signals) -> bool:
    if not process.alive:
        return False
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # not ours to reap: an earlier run started it


def _pids() -> list[int]:
    own = os.getpid()
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and int(p.name) != own]


def _environment(pid: int) -> Mapping[str, str]:
    try:
        text = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in text.split("\0") if "=" in pair)


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()
