"""The queue: one entry per key, one worker per key, back-off, urgency, fairness."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.loop.fake_world import FakeClock

from kafka_migration.model.kubernetes import Key
from kafka_migration.work_queue import Backoff, WorkQueue

A, B, C = (Key("KafkaMigration", "ns", name) for name in "abc")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def queue(clock) -> WorkQueue:
    return WorkQueue(clock, Backoff(1.0, 300.0), chance=lambda: 1.0)


def test_a_key_rung_twice_is_handed_out_once(queue):
    queue.add(A)
    queue.add(A)
    assert queue.take(0) == A
    assert queue.take(0) is None


def test_a_key_is_never_held_by_two_workers_and_a_ring_meanwhile_is_not_lost(queue):
    queue.add(A)
    queue.take(0)
    queue.add(A)
    assert queue.take(0) is None
    queue.done(A)
    assert queue.take(0) == A


def test_a_key_comes_back_after_the_time_that_its_tick_asked_for(queue, clock):
    queue.add(A)
    queue.take(0)
    queue.done(A, 10.0)
    clock.advance(9.9)
    assert queue.take(0) is None
    clock.advance(0.2)
    assert queue.take(0) == A


def test_a_ring_brings_a_waiting_key_at_once_and_only_once(queue, clock):
    queue.add(A)
    queue.take(0)
    queue.done(A, 10.0)
    queue.add(A)
    assert queue.take(0) == A
    queue.done(A)
    clock.advance(20)
    assert queue.take(0) is None


def test_a_later_ring_does_not_postpone_a_key(queue, clock):
    queue.add(A)
    queue.add(A, delay=100)
    assert queue.take(0) == A


def test_failures_in_a_row_wait_longer_and_a_good_tick_forgets_them(queue, clock):
    waits = []
    queue.add(A)
    for _ in range(10):
        assert queue.take(0) == A
        waits.append(queue.failed(A))
        clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    queue.take(0)
    queue.done(A, 0.0)
    queue.take(0)
    assert queue.failed(A) == 1


@given(st.integers(1, 2000), st.floats(0, 1, exclude_max=True))
def test_the_jitter_stays_between_half_of_the_wait_and_all_of_it(failures, chance):
    backoff = Backoff(1.0, 300.0)
    nominal = min(300.0, 2.0 ** min(failures - 1, 30))
    assert nominal / 2 <= backoff.seconds(failures, chance) <= nominal


def test_a_ring_shortens_a_back_off_but_does_not_defeat_it(queue, clock):
    """Status writes of a failing tick ring too."""
    queue.add(A)
    for _ in range(8):
        queue.take(0)
        clock.advance(queue.failed(A))
    queue.take(0)
    assert queue.failed(A) > 5
    queue.add(A)
    assert queue.take(0) is None
    clock.advance(5.0)
    assert queue.take(0) == A
    queue.add(A)
    assert queue.failed(A) == 5.0


def test_urgent_keys_go_first(queue):
    queue.add(A)
    queue.add(B, urgent=True)
    assert queue.take(0) == B
    assert queue.take(0) == A


def test_a_key_stays_urgent_while_its_ticks_say_so(queue):
    queue.add(B, urgent=True)
    queue.take(0)
    queue.done(B, 0.0, urgent=True)
    queue.add(A)
    assert queue.take(0) == B
    queue.done(B, 0.0)
    assert queue.take(0) == A


def test_urgent_keys_do_not_starve_the_others(queue):
    queue.add(A)
    queue.add(B, urgent=True)
    seen = []
    for _ in range(8):
        key = queue.take(0)
        seen.append(key)
        queue.done(key, 0.0 if key == B else None, urgent=True)
    assert A in seen


def test_only_keys_that_are_due_count_as_depth(queue):
    queue.add(A)
    queue.add(B, delay=10)
    assert queue.depth() == 1


def test_giving_back_what_is_not_held_is_a_fault_of_ours(queue):
    queue.add(A)
    with pytest.raises(RuntimeError):
        queue.done(A)


def test_a_waiting_worker_is_woken_by_a_ring_and_by_the_end(queue):
    from kafka_migration.wiring import SystemClock

    real = WorkQueue(SystemClock())
    taken = []
    worker = threading.Thread(target=lambda: taken.extend([real.take(30), real.take(30)]))
    worker.start()
    real.add(C)
    real.close()
    worker.join(timeout=10)
    assert not worker.is_alive()
    assert taken[-1] is None


@given(st.lists(st.tuples(st.sampled_from("arf"), st.sampled_from([A, B, C])), max_size=60))
def test_no_key_is_lost_or_held_twice_whatever_happens(steps):
    """Every ring is followed by a hand-out that began after it."""
    clock = FakeClock()
    queue = WorkQueue(clock, chance=lambda: 0.5)
    held: set[Key] = set()
    owed: set[Key] = set()
    for what, key in steps:
        if what == "a":
            queue.add(key)
            owed.add(key)
        elif what == "r" and key in held:
            held.discard(key)
            queue.done(key)
        elif what == "f" and key in held:
            held.discard(key)
            queue.failed(key)
            owed.add(key)
        clock.advance(0.5)
        taken = queue.take(0)
        if taken is not None:
            assert taken not in held
            held.add(taken)
            owed.discard(taken)
    for key in tuple(held):
        queue.done(key)
    clock.advance(1000)
    while (key := queue.take(0)) is not None:
        owed.discard(key)
        queue.done(key)
    assert not owed
