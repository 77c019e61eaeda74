"""`walk`: the first task that does not pass; a fact that is missing or unknown never passes."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kafka_migration.decide.tasks import Done, Failure, Need, Open, Task, walk
from kafka_migration.model import facts
from kafka_migration.model.actions import RemoveProbePod
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import Facts, Unknown
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Kind, Problem, fail, wait

WAITS = wait(Reason.PROGRESSING, "not yet")
FAILS = fail([Problem(Reason.TOPIC_CONFLICT, "topic/a", "differs; delete it")])
WORK = RemoveProbePod("p")
ENTRY = Entry(EntryKind.PREPARED, 1, {})


@dataclass(frozen=True)
class Context:
    facts: Facts = field(default_factory=Facts)
    failure: Failure | None = None


def task(verdict, *, needs=(), work=None, applies=True) -> Task[Context]:
    return Task("t", needs, lambda _: verdict, lambda _: work, lambda _: applies)


def must_not_run(_context):
    raise AssertionError("this task was not to be looked at")


NEVER = Task("never", (), must_not_run)


def known(**values) -> Context:
    return Context(Facts({name.replace("_", "-"): value for name, value in values.items()}))


def test_all_that_passes_is_done():
    assert walk((task(PASS), task(PASS)), Context()) == Done()


def test_nothing_to_do_is_done():
    assert walk((), Context()) == Done()


@pytest.mark.parametrize("verdict", [WAITS, FAILS])
def test_the_first_that_does_not_pass_is_worked_on(verdict):
    walked = walk((task(PASS), task(verdict), NEVER), Context())
    assert isinstance(walked, Open)
    assert walked.verdict == verdict


def test_a_task_that_concerns_nobody_is_left_out():
    assert walk((task(FAILS, applies=False),), Context()) == Done()


def test_a_fact_that_was_not_read_is_asked_for_before_the_check_runs():
    needs = (facts.UNITS, facts.REGISTER)
    walked = walk((Task("t", needs, must_not_run),), known(units=()))
    assert walked == Need((facts.REGISTER,))


def test_a_fact_that_could_not_be_read_makes_the_task_unknown_and_asks_for_no_work():
    unknown = Unknown(Reason.UNREACHABLE, "no answer")
    walked = walk((Task("t", (facts.UNITS,), must_not_run, must_not_run),), known(units=unknown))
    assert isinstance(walked, Open)
    assert (walked.verdict.kind, walked.verdict.reason) == (Kind.UNKNOWN, Reason.UNREACHABLE)
    assert walked.work is None


def test_a_fact_that_was_refused_blocks_by_name():
    unknown = Unknown(Reason.AUTH_FAILED, "wrong password", refused=True)
    walked = walk((Task("t", (facts.UNITS,), must_not_run),), known(units=unknown))
    assert isinstance(walked, Open)
    assert walked.verdict.kind is Kind.FAIL
    assert walked.verdict.problems[0].reason is Reason.AUTH_FAILED


def test_only_a_task_that_waits_asks_for_work():
    waits = walk((task(WAITS, work=WORK),), Context())
    fails = walk((task(FAILS, work=WORK),), Context())
    assert isinstance(waits, Open)
    assert isinstance(fails, Open)
    assert (waits.work, fails.work) == (WORK, None)


def test_a_failed_act_shows_and_is_tried_again():
    failure = Failure(Reason.UNREACHABLE, "the broker is silent", refused=False)
    walked = walk((task(WAITS, work=WORK),), Context(failure=failure))
    assert isinstance(walked, Open)
    assert walked.verdict.kind is Kind.WAIT
    assert walked.verdict.message == "not yet: the broker is silent"
    assert walked.work == WORK


def test_a_refused_act_blocks_by_name():
    failure = Failure(Reason.NOT_AUTHORIZED, "not you", refused=True)
    walked = walk((task(WAITS, work=WORK),), Context(failure=failure))
    assert isinstance(walked, Open)
    assert walked.verdict.kind is Kind.FAIL
    assert walked.verdict.problems[0].reason is Reason.NOT_AUTHORIZED


@pytest.mark.parametrize("work", [None, ENTRY])
def test_an_old_failure_does_not_colour_what_does_not_act(work):
    """Waiting, and recording an entry, have not failed."""
    failure = Failure(Reason.NOT_AUTHORIZED, "not you", refused=True)
    walked = walk((task(WAITS, work=work),), Context(failure=failure))
    assert isinstance(walked, Open)
    assert walked.verdict == WAITS
