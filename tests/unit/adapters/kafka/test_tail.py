"""The search for the last record, against a log model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kafka_migration.adapters.kafka.tail import Search


def run(visible: list[int], floor: int, top: int) -> int | None:
    """Carry out a search as the consumer would: records from `low` on, then the end."""
    search = Search.below(top, floor)
    while not search.done:
        for offset in [*(item for item in visible if item >= search.low), None]:
            search.see(offset)
            if search.read:
                break
        if not search.done:
            search.step_back()
    return search.found


def test_an_empty_range_is_done_without_reading() -> None:
    """Nothing is below the log start."""
    search = Search.below(5, 5)

    assert search.done
    assert search.found is None


def test_a_record_just_below_ends_the_search_at_once() -> None:
    """The common case reads one window."""
    search = Search.below(10, 0)
    search.see(9)

    assert search.done
    assert search.found == 9


def test_windows_grow_and_stop_at_the_log_start() -> None:
    """Each is eight times the one before and ends where that began."""
    search = Search.below(1_000, 300)
    windows = []
    for _ in range(4):
        windows.append((search.low, search.top))
        search.see(None)
        search.step_back()

    assert windows == [(992, 1_000), (928, 992), (416, 928), (300, 416)]


@given(
    offsets=st.sets(st.integers(0, 2_000), max_size=30),
    floor=st.integers(0, 2_000),
    below=st.integers(0, 2_000),
)
def test_the_search_finds_the_greatest_record_below(offsets, floor, below) -> None:
    """For any log with any gaps: markers, aborted and compacted records alike."""
    visible = sorted(offset for offset in offsets if offset >= floor)
    expected = max((offset for offset in visible if offset < below), default=None)

    assert run(visible, floor, below) == expected
