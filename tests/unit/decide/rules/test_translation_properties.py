"""T(c) against a brute-force model of two logs: nothing is skipped, and nothing read again."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.decide.rules.mirrored_logs import SIDES, Mirrored, other

from kafka_migration.decide.rules.translation import (
    Pending,
    Refused,
    Translated,
    Unanchored,
    translate,
)
from kafka_migration.model.positions import Grade

KINDS = st.sampled_from(["plain", "plain", "committed", "aborted"])
WRITES = st.lists(st.tuples(KINDS, st.integers(1, 3)), max_size=4)
COPIES = st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=3)
LEGS = st.lists(st.tuples(WRITES, COPIES), min_size=1, max_size=4)
RATES = st.sampled_from([0, 3, 10])  # syncs for so many of ten records
# Other work on the machine may stop a process for longer than hypothesis allows an example.

patient = settings(deadline=None)


def lived(legs, rate: int, *, finished: bool = False) -> Mirrored:
    """Legs one after the other; all but the last are copied to their end and switched."""
    model = Mirrored()
    for index, (writes, copies) in enumerate(legs):
        for number, (kind, count) in enumerate(writes):
            model.write(kind, count)
            for size, aborted in copies[number : number + 1]:
                model.copy(size, synced=rate, aborted=aborted)
        if index < len(legs) - 1 or finished:
            model.copy(model.written, synced=rate)
        if index < len(legs) - 1:
            model.switch()
    return model


def check(model: Mirrored) -> None:
    """What is answered for any offset of both sides is right now and when all is copied."""
    later = deepcopy(model)
    later.copy(later.written, synced=0)
    for leaving in SIDES:
        for position in model.positions(leaving):
            answer = translate(position)
            if not isinstance(answer, Translated):
                continue
            assert not later.skipped(leaving, position.commit, answer.offset)
            again = later.again(leaving, position.commit, answer.offset)
            assert len(again) <= answer.replay
            assert (answer.replay == 0) == (answer.grade is Grade.EXACT)


@patient
@given(LEGS, RATES)
def test_every_offset_of_logs_that_lost_nothing_is_exact_or_waits_for_the_copy(legs, rate):
    """Markers, aborted transactions on both sides, segments in both directions, few syncs."""
    model = lived(legs, rate)
    check(model)
    for leaving in SIDES:
        there = set(model.logs[other(leaving)].visible().values())
        for position in model.positions(leaving):
            answer = translate(position)
            if isinstance(answer, Pending):
                assert model.before(leaving, position.commit) - there, "waits for nothing"
            else:
                assert isinstance(answer, Translated), answer
                assert answer.grade is Grade.EXACT


@patient
@given(LEGS, RATES, st.data())
def test_what_compaction_took_leaves_a_floor_that_says_how_much_is_read_again(legs, rate, data):
    model = lived(legs, rate)
    for side in data.draw(st.lists(st.sampled_from(SIDES), max_size=2, unique=True)):
        log = model.logs[side]
        log.compacted = True
        places = sorted(log.visible())
        log.gone |= data.draw(st.sets(st.sampled_from(places))) if places else set()
    check(model)


@patient
@given(LEGS, RATES, st.data())
def test_what_retention_took_is_never_skipped_silently(legs, rate, data):
    """What the group could still read here is there from T(c) on, or there is no answer."""
    model = lived(legs, rate)
    whole = deepcopy(model)
    for side in SIDES:
        model.logs[side].start = data.draw(st.integers(0, len(model.logs[side].slots)))
    check(model)
    for leaving in SIDES:
        here, there = model.logs[leaving].visible(), model.logs[other(leaving)].visible()
        copied = set(whole.logs[other(leaving)].visible().values())
        for position in model.positions(leaving):
            answer = translate(position)
            if isinstance(answer, Translated):
                due = {r for o, r in here.items() if o >= position.commit} & copied
                assert due <= {r for o, r in there.items() if o >= answer.offset}


@patient
@given(LEGS, st.data())
def test_a_record_that_a_mirror_left_out_makes_no_answer_skip_another(legs, data):
    """With a sync for each record the count from above disagrees with the one from below."""
    model = lived(legs, 10, finished=True)
    side = other(model.original)
    copy = model.logs[side]
    places = sorted(copy.visible())
    if places:
        lost = data.draw(st.sampled_from(places))
        copy.slots[lost] = None
        model.syncs = [s for s in model.syncs if s.on(side) != lost]
    for leaving in SIDES:
        for position in model.positions(leaving):
            answer = translate(position)
            if isinstance(answer, Translated):
                assert not model.skipped(leaving, position.commit, answer.offset)


@patient
@given(LEGS, RATES, st.integers(0, 6), st.integers(0, 6))
def test_a_narrow_look_gives_the_same_answer_or_asks_for_more(legs, rate, low, high):
    model = lived(legs, rate)
    for leaving in SIDES:
        for position in model.positions(leaving):
            whole = translate(position)
            if not isinstance(whole, Translated):
                continue
            here = model.log(leaving, max(0, position.commit - low), position.commit + high)
            there = model.log(other(leaving), max(0, whole.offset - low), whole.offset + high)
            narrow = translate(replace(position, here=here, there=there))
            assert isinstance(narrow, Unanchored) or narrow == whole


@patient
@given(LEGS)
def test_beyond_an_open_transaction_it_waits_and_beyond_the_end_it_is_refused(legs):
    model = lived(legs, 10)
    log = model.logs["source"]
    log.stable = len(log.slots) // 2
    for commit in range(log.stable + 1, len(log.slots) + 1):
        assert isinstance(translate(model.position("source", commit)), Pending)
    log.stable = None
    assert isinstance(translate(model.position("source", len(log.slots) + 1)), Refused)
