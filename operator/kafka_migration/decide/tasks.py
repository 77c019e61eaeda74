"""A stage or step is an ordered tuple of tasks; the first one that does not pass is worked on.

`walk` is called by the machine. It never guesses: a fact that a task needs and that was not read
yet is asked for (Need); one that could not be read makes the task Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from kafka_migration.model.actions import Work
from kafka_migration.model.entries import Entry
from kafka_migration.model.facts import Fact, Facts
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Kind, Problem, Verdict


@dataclass(frozen=True)
class Failure:
    """How the last act ended, if it did not answer well. `refused`: it was told no."""

    reason: Reason
    message: str
    refused: bool


class HasFacts(Protocol):
    """A context: all that a walk looks at."""

    @property
    def facts(self) -> Facts:
        """What was read in this tick."""
        ...

    @property
    def failure(self) -> Failure | None:
        """Of the last act, until one answers well."""
        ...


C = TypeVar("C", bound=HasFacts)


def nothing(_context: Any) -> Work | None:
    """The act of a task that only waits."""
    return None


def always(_context: Any) -> bool:
    """The task is everybody's."""
    return True


@dataclass(frozen=True)
class Task(Generic[C]):
    """One thing that must hold, how it is checked, what makes it hold, and whom it concerns."""

    name: str
    needs: tuple[Fact[Any], ...]
    check: Callable[[C], Verdict]
    act: Callable[[C], Work | None] = nothing
    applies: Callable[[C], bool] = always


@dataclass(frozen=True)
class Need:
    """Facts to read before the same decision is made again."""

    facts: tuple[Fact[Any], ...]


@dataclass(frozen=True)
class Open:
    """The task being worked on, why, and the work that it asks for."""

    task: str
    verdict: Verdict
    work: Work | None = None


@dataclass(frozen=True)
class Done:
    """Every task passes."""


Walk = Need | Open | Done


def walk(tasks: Sequence[Task[C]], context: C) -> Walk:
    """The first task that does not pass, or Done."""
    for task in tasks:
        if not task.applies(context):
            continue
        missing = tuple(f for f in task.needs if not context.facts.has(f))
        if missing:
            return Need(missing)
        verdict = _unknown(task, context.facts) or task.check(context)
        if verdict.kind is Kind.WAIT:
            return _worked_on(task.name, verdict, task.act(context), context.failure)
        if verdict.kind is not Kind.PASS:
            return Open(task.name, verdict)
    return Done()


def _worked_on(task: str, verdict: Verdict, work: Work | None, failure: Failure | None) -> Open:
    """What the world said to the last act shows in the verdict; the act is tried again."""
    if work is None or failure is None or isinstance(work, Entry):
        return Open(task, verdict, work)
    if failure.refused:
        problem = Problem(failure.reason, task, failure.message)
        return Open(task, Verdict(Kind.FAIL, failure.reason, failure.message, (problem,)), work)
    text = f"{verdict.message}: {failure.message}"
    return Open(task, Verdict(Kind.WAIT, failure.reason, text), work)


def _unknown(task: Task[Any], facts: Facts) -> Verdict | None:
    for fact in task.needs:
        fault = facts.unknown(fact)
        if fault is None:
            continue
        if fault.refused:
            problem = Problem(fault.reason, fact.name, fault.message)
            return Verdict(Kind.FAIL, fault.reason, fault.message, (problem,))
        return Verdict(Kind.UNKNOWN, fault.reason, fault.message)
    return None
