"""One Kafka of the sandbox stops answering, and keeps everything that it holds.

Called by rows about a cluster that is down. Its pod must not go: the records are in its emptyDir.
So its process is halted from the machine that the node runs on; connections stay, nothing answers.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.ground import Ground

# From here on the kubelet's probes may find the port shut, and have the container started again.
LONGEST_SECONDS = 180.0


@contextmanager
def down(ground: Ground, side: str) -> Iterator[None]:
    """The brokers of a side answer nothing for the length of a block."""
    halted = _processes(ground, side)
    try:
        for pid in halted:
            os.kill(pid, signal.SIGSTOP)
        yield
        assert _processes(ground, side) == halted, f"Kafka {side} was started again meanwhile"
    finally:
        for pid in halted:
            os.kill(pid, signal.SIGCONT)


def _processes(ground: Ground, side: str) -> list[int]:
    """Processes of the broker's container, as this machine numbers them."""
    pod = ground.kubectl.get(f"kafka-{side}", "pod", "kafka-0")
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    found = [
        int(group.parent.name)
        for group in Path("/proc").glob("[0-9]*/cgroup")
        if container in _text(group)
    ]
    assert found, f"no process of Kafka {side} is visible; run the rows on the node's machine"
    return sorted(found)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""  # the process ended
