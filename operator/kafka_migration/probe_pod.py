"""`kmig probe`: tells from inside a pod which binding its node hands out (protocol 3.10).

Called by the CLI in a probe pod. It reads three files by name and must never read another:
the directory also holds credentials.
"""

from __future__ import annotations

import json
from pathlib import Path

TERMINATION_LOG = Path("/dev/termination-log")
_FILES = {"bindingHash": "binding-hash", "cluster": "cluster", "bootstrap": "bootstrap.servers"}


def run(binding: Path, termination_log: Path = TERMINATION_LOG) -> int:
    """Write {"bindingHash", "cluster", "bootstrap"} as the termination message; return 0.

    A key that the Secret lacks is null. An unreadable directory is {"error"} and 1.
    """
    try:
        answer: dict[str, str | None] = {key: _read(binding / name) for key, name in _FILES.items()}
        if not binding.is_dir():
            raise NotADirectoryError
    except (OSError, UnicodeDecodeError) as error:
        termination_log.write_text(json.dumps({"error": type(error).__name__}))
        return 1
    termination_log.write_text(json.dumps(answer))
    return 0


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None
