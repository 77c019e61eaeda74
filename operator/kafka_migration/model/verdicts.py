"""What a check says of the facts: four kinds, of which only Pass opens anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kafka_migration.model.reasons import Reason


class Kind(StrEnum):
    """Pass opens; Wait may pass later; Fail needs people; Unknown is not known, never passes."""

    PASS = "Pass"  # noqa: S105 - a verdict, not a secret
    WAIT = "Wait"
    FAIL = "Fail"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, order=True)
class Problem:
    """One named problem; (reason, subject) is how it is acknowledged."""

    reason: Reason
    subject: str  # "topic/orders", "cluster/source", "principal/User:x", "workload/w"
    message: str  # ends with what to do


@dataclass(frozen=True)
class Verdict:
    """A check's answer with what blocks, for people."""

    kind: Kind
    reason: Reason = Reason.PROGRESSING
    message: str = ""
    problems: tuple[Problem, ...] = ()


PASS = Verdict(Kind.PASS)


def wait(reason: Reason, message: str) -> Verdict:
    """Not yet: our act or time will change it."""
    return Verdict(Kind.WAIT, reason, message)


def unknown(reason: Reason, message: str) -> Verdict:
    """A fact could not be read; looks again, never passes."""
    return Verdict(Kind.UNKNOWN, reason, message)


def fail(problems: Iterable[Problem]) -> Verdict:
    """Pass if there is no problem; else Fail with the first one's reason and all of them."""
    ordered = tuple(problems)
    if not ordered:
        return PASS
    first = ordered[0]
    more = f" (+{len(ordered) - 1} more problems in status.problems)" if len(ordered) > 1 else ""
    return Verdict(Kind.FAIL, first.reason, first.message + more, ordered)
