"""Runs other programs with a deadline and a log, and turns their failure into one sentence.

Used by every module that needs a program of the machine. Secrets go through stdin, never argv.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kmig_sandbox.problem import SandboxProblemError

_TAIL_CHARACTERS = 300


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    log: Path | None = None,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """The standard output of a command that must succeed.

    `timeout` is in seconds; `log` receives the output instead and the answer is then empty.
    """
    result = attempt(argv, timeout=timeout, log=log, stdin=stdin, env=env, cwd=cwd)
    if result.returncode != 0:
        raise SandboxProblemError(_sentence(argv, result, log))
    return result.stdout


def attempt(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    log: Path | None = None,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Like `run`, for a command whose failure is an answer."""
    words = [str(word) for word in argv]
    try:
        if log is None:
            return subprocess.run(
                words,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                env=env,
                cwd=cwd,
                check=False,
            )
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            return subprocess.run(
                words,
                input=stdin,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=timeout,
                env=env,
                cwd=cwd,
                check=False,
            )
    except FileNotFoundError as error:
        raise SandboxProblemError(f"the program {words[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        where = f"; see {log}" if log else ""
        message = f"{Path(words[0]).name} did not finish within {timeout:.0f} s{where}"
        raise SandboxProblemError(message) from error


def clean_environment(**extra: str) -> dict[str, str]:
    """An environment without proxies and settings of the caller, for talk inside the sandbox."""
    path = os.environ.get("PATH", "")
    sbin = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": f"{path}:{sbin}", "HOME": os.environ.get("HOME", "/root"), **extra}


def last_line(text: str) -> str:
    """The last line that says something, shortened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][-_TAIL_CHARACTERS:] if lines else "it said nothing"


def _sentence(
    argv: Sequence[str | Path], result: subprocess.CompletedProcess[str], log: Path | None
) -> str:
    said = log.read_text(encoding="utf-8", errors="replace") if log else result.stderr
    if "no space left on device" in said.lower():
        return f"the disk is full (while running {Path(argv[0]).name}): free some space, run again"
    where = f" (log: {log})" if log else ""
    name = Path(argv[0]).name
    return f"{name} failed with exit code {result.returncode}: {last_line(said)}{where}"
