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
from kafka_migration.model.verdicts import Kind, Problem, Verdict, fail


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
    together: bool = False  # its faults are shown with those of all tasks behind it


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
    """The first task that does not pass, or Done; from a task `together` on, all faults at once."""
    for index, task in enumerate(tasks):
        if task.together:
            return _walk_together(tasks[index:], context)
        found = _look(task, context)
        if found is not None:
            return found
    return Done()


def _walk_together(tasks: Sequence[Task[C]], context: C) -> Walk:
    """Every fault of these tasks, and the act of the first that is not at fault."""
    found = [look for task in tasks if (look := _look(task, context)) is not None]
    missing = {f.name: f for look in found if isinstance(look, Need) for f in look.facts}
    if missing:
        return Need(tuple(missing.values()))
    opened = [look for look in found if isinstance(look, Open)]
    if not opened:
        return Done()
    waiting = next((look for look in opened if look.verdict.kind is not Kind.FAIL), None)
    blind = any(look.verdict.kind is Kind.UNKNOWN for look in opened)
    work = None if waiting is None or blind else waiting.work
    if waiting is not None and work is not None:
        blamed = _worked_on(waiting.task, waiting.verdict, work, context.failure)
        opened = [blamed if look is waiting else look for look in opened]
    failed = [look for look in opened if look.verdict.kind is Kind.FAIL]
    if not failed:
        return Open(opened[0].task, opened[0].verdict, work)
    return Open(failed[0].task, fail(p for look in failed for p in look.verdict.problems), work)


def _look(task: Task[C], context: C) -> Need | Open | None:
    """None = it passes, or is not this context's."""
    if not task.applies(context):
        return None
    missing = tuple(f for f in task.needs if not context.facts.has(f))
    if missing:
        return Need(missing)
    verdict = _unknown(task, context.facts) or task.check(context)
    if verdict.kind is Kind.WAIT:
        failure = None if task.together else context.failure
        return _worked_on(task.name, verdict, task.act(context), failure)
    return Open(task.name, verdict) if verdict.kind is not Kind.PASS else None


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
