"""Refuses package registry hosts, index settings and paths of one machine in committed files.

Called by `make check` and by tests/unit/house. Which registry or mirror a machine uses is the
machine's business: clients inherit it from the environment, so a clone works behind any mirror.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from findings import ROOT, told, tracked_files

# Each name is cut in two so that this file does not find itself.
_HOSTS = (
    ("pypi", ".org"),
    ("python", "hosted.org"),
    ("repo1", ".maven.org"),
    ("repo", ".maven.apache.org"),
    ("proxy", ".golang.org"),
    ("sum.golang", ".org"),
    ("registry", ".npmjs.org"),
    ("crates", ".io"),
    ("deb", ".debian.org"),
    ("archive.ubuntu", ".com"),
)
FORBIDDEN = tuple(
    [re.compile(re.escape(left + right), re.IGNORECASE) for left, right in _HOSTS]
    + [
        # `--no-emit-index-url` is how the lock files are kept clean, so `emit-` may precede.
        re.compile(r"(?<!emit-)(?:extra-)?index-url\b"),
        re.compile(r"(?<!emit-)trusted-host\b"),
        re.compile(r"(?<![\w.])/(?:work|home/\w+|root)/(?:main|shared|\.)[\w./-]*"),
    ]
)


def findings_in(text: str) -> Iterator[tuple[int, str]]:
    """Line number and matched text of everything forbidden in a file's text."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern in FORBIDDEN:
            if match := pattern.search(line):
                yield number, match.group(0)


def judge(files: tuple[Path, ...]) -> Iterator[str]:
    """Findings about the given files; a binary file is skipped, it holds no settings."""
    for path in files:
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, match in findings_in(text):
            yield f"{path.relative_to(ROOT)}:{number}: {match}"


if __name__ == "__main__":
    sys.exit(told("committed address", judge(tracked_files(ROOT))))
