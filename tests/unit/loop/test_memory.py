"""What is remembered between ticks."""

from __future__ import annotations

from tests.unit.loop.fake_world import ORDERS, UNIT_KEY

from kafka_migration.errors import Unavailable
from kafka_migration.memory import LONGEST_GAP_SECONDS, Memory, Window
from kafka_migration.model.actions import FenceMirror, StopConnector
from kafka_migration.model.kafka import Ends
from kafka_migration.model.reasons import Reason

ENDS = Ends({ORDERS: 5}, {ORDERS: 5})


def test_a_window_is_never_longer_than_what_was_watched():
    """From the end of the first look to the begin of the last."""
    window = Window()
    window.look((10.0, 12.0), ENDS, ())
    settled = window.look((15.0, 19.0), ENDS, ())
    assert settled.stable_seconds == 3.0


def test_looks_too_far_apart_are_no_window():
    window = Window()
    window.look((0.0, 0.0), ENDS, ())
    late = LONGEST_GAP_SECONDS + 1
    assert window.look((late, late), ENDS, ()).stable_seconds == 0.0


def test_entering_a_step_forgets_windows_answers_and_faults_but_not_the_propagation():
    memory = Memory().for_key(UNIT_KEY)
    memory.window("source").look((0.0, 0.0), ENDS, ())
    memory.succeeded(FenceMirror("forward", "m"))
    memory.failed(Unavailable(Reason.UNREACHABLE, "no answer"))
    memory.propagation = {"source": 0.1}
    memory.reset_step("Fence")
    assert memory.windows == {}
    assert memory.answered == frozenset()
    assert memory.failure is None
    assert memory.propagation == {"source": 0.1}


def test_an_object_created_again_under_its_name_begins_with_an_empty_memory():
    memory = Memory()
    first = memory.for_key(UNIT_KEY, "uid-1")
    assert memory.for_key(UNIT_KEY) is first
    assert memory.for_key(UNIT_KEY, "uid-1") is first
    assert memory.for_key(UNIT_KEY, "uid-2") is not first


def test_an_object_that_is_gone_is_forgotten():
    memory = Memory()
    first = memory.for_key(UNIT_KEY)
    memory.forget(UNIT_KEY)
    assert memory.for_key(UNIT_KEY) is not first


def test_a_window_that_was_broken_off_counts_only_looks_that_began_afterwards():
    """A look under way while a write was still accepted proves nothing."""
    window = Window()
    window.look((0.0, 0.0), ENDS, ())
    window.break_off(5.0)
    assert window.look((4.0, 6.0), ENDS, ()).stable_seconds == 0.0
    assert window.look((7.0, 7.0), ENDS, ()).stable_seconds == 0.0
    settled = window.look((8.0, 8.0), ENDS, ())
    assert (settled.stable_seconds, settled.unchanged_seconds) == (1.0, 1.0)


def test_a_stop_asks_for_the_fence_of_the_mirrors_producers_again():
    """A late resume made another generation (protocol 3.6)."""
    memory = Memory().for_key(UNIT_KEY)
    memory.succeeded(FenceMirror("forward", "m"))
    memory.succeeded(FenceMirror("forward", "other"))
    memory.succeeded(StopConnector("forward", "m"))
    assert memory.answered == {StopConnector("forward", "m"), FenceMirror("forward", "other")}
