"""Writes files whole or not at all, and names file trees by their content.

Used for everything that a killed run must not leave half written.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replaces `path` by `text` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with ExitStack() as undo:
        undo.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
        undo.pop_all()  # it is in place


def read_json(path: Path) -> dict[str, object] | None:
    """The JSON object in `path`, or None when there is no such file or it is not one."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def digest(paths: Iterable[Path], *extra: str) -> str:
    """A short name of what `paths` (files, or directories with all in them) and `extra` hold."""
    sum_ = hashlib.sha256()
    for path in paths:
        for file in _files_of(path):
            sum_.update(
                f"{file.relative_to(path.parent)}\0{file.stat().st_mode & 0o777:o}\0".encode()
            )
            sum_.update(hashlib.sha256(file.read_bytes()).digest())
    for text in extra:
        sum_.update(b"\1" + text.encode())
    return sum_.hexdigest()[:16]


def _files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    kept = (p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return sorted(kept)
