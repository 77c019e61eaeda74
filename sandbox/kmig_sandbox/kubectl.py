"""kubectl, for manifests and simple questions.

Used by every module that talks to Kubernetes. Manifests go through stdin: they may hold secrets.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from kmig_sandbox.commands import attempt, clean_environment, last_line, run

_REQUEST_SECONDS = 30.0
_MANAGER = "kmig-sandbox"


@dataclass(frozen=True)
class Kubectl:
    """One cluster, seen through one kubeconfig; `program` is the kubectl to use."""

    program: Path
    kubeconfig: Path

    def run(self, *words: str, stdin: str = "", timeout: float = _REQUEST_SECONDS) -> str:
        """The answer to a request that must succeed."""
        return run(self._argv(words), timeout=timeout, stdin=stdin, env=clean_environment())

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The answer to a request that may fail."""
        return attempt(self._argv(words), timeout=_REQUEST_SECONDS, env=clean_environment())

    def refusal(self, *words: str) -> str:
        """Why the request does not succeed; empty when it does."""
        answer = self.attempt(*words)
        return "" if answer.returncode == 0 else last_line(answer.stderr)

    def apply(self, manifest: str) -> None:
        """Applies a manifest on the server's side, so that no annotation repeats its secrets."""
        self.run(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={_MANAGER}",
            "-f",
            "-",
            stdin=manifest,
            timeout=60,
        )

    def _argv(self, words: tuple[str, ...]) -> list[str]:
        return [
            str(self.program),
            f"--kubeconfig={self.kubeconfig}",
            "--request-timeout=20s",
            *words,
        ]
