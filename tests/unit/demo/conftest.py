"""The demo and the example applications are programs beside the package: put them on the path."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

for folder in ("demo", "examples/apps", "tests/unit/demo"):
    sys.path.insert(0, str(ROOT / folder))
