"""What the check programs share: which files they judge, and how they say what they found.

Called by the programs beside it and by tests/unit/house. Judges nothing itself.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked_files(root: Path) -> tuple[Path, ...]:
    """Files that git knows or would add, so that a file is judged before its first commit."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    names = sorted(set(filter(None, listing.stdout.split("\0"))))
    return tuple(root / name for name in names if (root / name).is_file())


def told(kind: str, findings: Iterator[str]) -> int:
    """Print the findings; 1 when there are any."""
    every = list(findings)
    for finding in every:
        print(f"{kind}: {finding}")
    return 1 if every else 0
