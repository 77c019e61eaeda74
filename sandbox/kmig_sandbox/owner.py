"""Who runs the sandbox of this machine: one record, one lock.

The embedded node takes machine-wide things (an address, ports, iptables chains), so only one clone
can run it. Used by __main__ (lock) and node.py (record); it never ends a process itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from kmig_sandbox import files, waiting
from kmig_sandbox.problem import occupied
from kmig_sandbox.processes import Process, itself
from kmig_sandbox.progress import say

CORE = ("containerd", "kube-apiserver", "kubelet")
_LOCK_SECONDS = 1800.0


@dataclass(frozen=True)
class Owner:
    """One clone's claim on this machine; `starter` is the process that brought it up."""

    clone: str
    state: str
    boot_id: str
    ready: bool
    starter: Process
    processes: tuple[Process, ...] = ()
    previous_sysctls: dict[str, str] = field(default_factory=dict)

    def with_process(self, process: Process) -> Owner:
        """The claim with one more process, replacing one of the same name."""
        others = tuple(p for p in self.processes if p.name != process.name)
        return replace(self, processes=(*others, process))

    @property
    def lives(self) -> bool:
        """Whether this is more than what a killed run left behind."""
        if self.boot_id != boot_id() or not Path(self.clone).is_dir():
            return False
        if not self.ready:
            return self.starter.alive
        alive = {p.name for p in self.processes if p.alive}
        return alive.issuperset(CORE)


def boot_id() -> str:
    """Names this start of the machine: process ids mean nothing after another one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()


def claim(clone: Path, state: Path) -> Owner:
    """A new claim by this process, not yet written."""
    return Owner(str(clone), str(state), boot_id(), ready=False, starter=itself())


def read(record: Path) -> Owner | None:
    """The machine's record, or None when there is none that can be understood."""
    value = files.read_json(record)
    if value is None:
        return None
    try:
        return _owner(json.dumps(value))
    except (KeyError, TypeError):
        return None  # written by another version: what it left is found by its marks


def write(record: Path, owner: Owner) -> None:
    """Replaces the machine's record."""
    files.write(record, json.dumps(asdict(owner), indent=1))


def refuse_other(record: Path, clone: Path) -> None:
    """Raises when another clone's sandbox is alive."""
    owner = read(record)
    if owner and owner.lives and owner.clone != str(clone):
        pid = next((p.pid for p in owner.processes if p.alive), owner.starter.pid)
        raise occupied(
            f"the sandbox of another clone is alive: {owner.clone} (process {pid}); "
            f"run `make sandbox-down` there first"
        )


@contextlib.contextmanager
def locked(lock: Path, what: str) -> Iterator[None]:
    """Keeps other sandbox commands away; the kernel lets go of the lock when we are killed."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+", encoding="utf-8") as file:
        if not _try(file.fileno()):
            say(f"waiting: another sandbox command is at work ({what})")
            waiting.until(
                f"the lock {lock}",
                _LOCK_SECONDS,
                lambda: "" if _try(file.fileno()) else "another sandbox command holds it",
                every=0.5,
            )
        yield


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(text: str) -> Owner:
    value = json.loads(text)
    return Owner(
        clone=value["clone"],
        state=value["state"],
        boot_id=value["boot_id"],
        ready=value["ready"],
        starter=Process(**value["starter"]),
        processes=tuple(Process(**p) for p in value["processes"]),
        previous_sysctls=dict(value["previous_sysctls"]),
    )
