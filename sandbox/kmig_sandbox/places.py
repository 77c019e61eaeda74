"""Where things are: the clone's running state, the machine's caches, the machine-wide record.

Used by every module here; it reads the environment once and creates nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parents[1]
RECORD_DIR: Final = Path("/run/kmig-sandbox")


@dataclass(frozen=True)
class Places:
    """The directories of one clone on one machine."""

    clone: Path
    cache: Path

    @property
    def state(self) -> Path:
        """Everything of this clone's sandbox, ignored by Git."""
        return self.clone / ".sandbox"

    @property
    def node(self) -> Path:
        """The embedded node's running state; removed by `down`."""
        return self.state / "node"

    @property
    def logs(self) -> Path:
        """Logs of builds and of the node's programs; kept by `down`, begun anew by `up`."""
        return self.state / "log"

    @property
    def secrets(self) -> Path:
        """Certificate authorities, keys and passwords of this clone; kept by `down`."""
        return self.state / "secrets"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig that `.sandbox/env` names."""
        return self.state / "kubeconfig"

    @property
    def env(self) -> Path:
        """Shell exports for other tools; present only while the sandbox is up."""
        return self.state / "env"

    @property
    def chosen(self) -> Path:
        """Which kind of Kubernetes this clone's sandbox runs on, for `down` and `images`."""
        return self.state / "kubernetes.json"

    @property
    def wheels(self) -> Path:
        """Wheels of the lock file, for the images' build context."""
        return self.clone / "build" / "wheels"


def places() -> Places:
    """The places of the clone that holds this package."""
    cache_home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Places(SOURCES.parent, Path(cache_home) / "kmig-sandbox")
