"""What the bench runs on, and how busy it is. Reads the kernel's own numbers.

Called for each row. It must never make a machine look quieter than it is.
"""

from __future__ import annotations

import os
from pathlib import Path


def size() -> str:
    """Processors that this process may use, and memory: "2 cores, 24 GiB"."""
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{len(os.sched_getaffinity(0))} cores, {round(pages * page / 2**30)} GiB"


def load() -> float:
    """Load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def pod_of(cgroup: str, pods: dict[str, str]) -> str | None:
    """The name under which the pod of a /proc/<pid>/cgroup text is known; None = none of `pods`."""
    # The systemd driver writes a pod's UID with underscores.
    text = cgroup.replace("_", "-")
    return next((name for uid, name in pods.items() if uid in text), None)


def processor_seconds(pods: dict[str, str]) -> dict[str, float]:
    """Processor seconds so far of the programs in pods (UID -> name).

    Those of a pod that does not run on this machine are absent, never 0.
    """
    tick = os.sysconf("SC_CLK_TCK")
    spent: dict[str, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = pod_of((folder / "cgroup").read_text(encoding="utf-8"), pods)
            if name is None:
                continue
            # The program's name stands in parentheses and may hold blanks.
            numbers = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        spent[name] = spent.get(name, 0.0) + (int(numbers[11]) + int(numbers[12])) / tick
    return spent
