"""The one exception of the sandbox, turned by __main__ into one sentence and an exit code.

Raised by every module here. It never carries a secret.
"""

from __future__ import annotations

FAILED = 1
MISSING = 2
OCCUPIED = 3


class SandboxProblemError(Exception):
    """Something stands in the way; `sentence` says what it is and what to do about it."""

    def __init__(self, sentence: str, exit_code: int = FAILED) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code


def missing(sentence: str) -> SandboxProblemError:
    """The machine lacks something that the sandbox needs."""
    return SandboxProblemError(sentence, MISSING)


def occupied(sentence: str) -> SandboxProblemError:
    """Something else holds what the sandbox needs."""
    return SandboxProblemError(sentence, OCCUPIED)
