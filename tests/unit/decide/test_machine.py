"""`advance` over all its values: nothing else moves a stage or a step."""

from __future__ import annotations

import itertools

import pytest

from kafka_migration.decide.machine import Move, Phase, Signals, Wish, Work, advance, fold
from kafka_migration.decide.tasks import Done, Need, Open
from kafka_migration.model import facts
from kafka_migration.model.verdicts import Kind, Verdict

EVERY = [
    (phase, Signals(work, wish, overdue))
    for phase, work, wish, overdue in itertools.product(Phase, Work, Wish, (False, True))
]
# The declared edges: which moves a phase may make at all.
EDGES = {
    Phase.OPEN: {Move.STAY, Move.NEXT, Move.REST},
    Phase.CRITICAL: {Move.STAY, Move.NEXT, Move.BACK_OUT},
    Phase.COMMITTED: {Move.STAY, Move.NEXT},
    Phase.BACKING: {Move.STAY, Move.NEXT},
    Phase.SETTLED: {Move.STAY, Move.NEXT},
    Phase.END: {Move.STAY},
}


def where(*phases: Phase):
    return [(p, s) for p, s in EVERY if p in phases]


def test_every_phase_has_its_edges_and_uses_each():
    """Only declared edges, and none is declared that no signal takes: every phase can end."""
    for phase in Phase:
        assert {advance(p, s) for p, s in where(phase)} == EDGES[phase]


@pytest.mark.parametrize(("phase", "signals"), EVERY)
def test_only_finished_work_goes_forward(phase, signals):
    """Unknown, pending and blocked never do."""
    if signals.work is not Work.DONE:
        assert advance(phase, signals) is not Move.NEXT


@pytest.mark.parametrize(("phase", "signals"), where(Phase.CRITICAL))
def test_the_critical_section_backs_out_of_a_hold_a_deadline_and_a_block(phase, signals):
    """It finishes or backs out; it never rests, and Unknown alone does neither."""
    closed = signals.wish is Wish.HOLD or signals.overdue or signals.work is Work.BLOCKED
    expected = Move.STAY
    if closed:
        expected = Move.BACK_OUT
    elif signals.work is Work.DONE:
        expected = Move.NEXT
    assert advance(phase, signals) is expected


@pytest.mark.parametrize(("phase", "signals"), where(Phase.COMMITTED, Phase.BACKING, Phase.SETTLED))
def test_after_the_point_of_no_return_work_alone_decides(phase, signals):
    """No pause, deadline or fault turns a committed unit round."""
    expected = Move.NEXT if signals.work is Work.DONE else Move.STAY
    assert advance(phase, signals) is expected


@pytest.mark.parametrize(("phase", "signals"), where(Phase.OPEN))
def test_before_the_critical_section_a_hold_is_a_rest(phase, signals):
    expected = Move.NEXT if signals.work is Work.DONE else Move.STAY
    if signals.wish is Wish.HOLD:
        expected = Move.REST
    assert advance(phase, signals) is expected


@pytest.mark.parametrize(
    ("walked", "work"),
    [
        (Done(), Work.DONE),
        (Need((facts.UNITS,)), Work.UNKNOWN),
        (Open("t", Verdict(Kind.WAIT)), Work.PENDING),
        (Open("t", Verdict(Kind.FAIL)), Work.BLOCKED),
        (Open("t", Verdict(Kind.UNKNOWN)), Work.UNKNOWN),
    ],
)
def test_a_walk_folds_into_one_signal(walked, work):
    assert fold(walked) is work
