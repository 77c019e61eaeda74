"""Change windows: when one is open, until when, and when the next one opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kafka_migration.api.migration import ChangeWindow
from kafka_migration.decide.rules.change_windows import closing, opening

HOUR = 3_600


def window(schedule: str, seconds: int = HOUR, zone: str = "Etc/UTC") -> ChangeWindow:
    return ChangeWindow(schedule=schedule, time_zone=zone, duration_seconds=seconds)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


NIGHT = window("0 22 * * 1-5", 2 * HOUR)


@pytest.mark.parametrize(
    ("windows", "now", "closes"),
    [
        ([NIGHT], "2030-01-01T21:59:59", None),
        ([NIGHT], "2030-01-01T22:00:00", "2030-01-02T00:00:00"),
        ([NIGHT], "2030-01-01T23:59:59", "2030-01-02T00:00:00"),
        ([NIGHT], "2030-01-02T00:00:00", None),
        ([NIGHT], "2030-01-05T22:30:00", None),  # a Saturday
        # windows that follow each other without a gap are one
        ([NIGHT, window("0 0 * * *")], "2030-01-01T23:00:00", "2030-01-02T01:00:00"),
        ([NIGHT, window("1 0 * * *")], "2030-01-01T23:00:00", "2030-01-02T00:00:00"),
        # it opens again before it closes
        ([window("*/30 9 * * *")], "2030-01-01T09:10:00", "2030-01-01T10:30:00"),
    ],
)
def test_a_window_is_open_from_each_match_for_its_duration(windows, now, closes):
    assert closing(windows, at(now)) == (None if closes is None else at(closes))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2030-03-30T12:00:00", "2030-03-31T20:00:00"),  # Berlin's summer time begins that night
        ("2030-01-01T12:00:00", "2030-01-06T21:00:00"),
    ],
)
def test_the_next_opening_follows_the_clock_of_its_zone(now, opens):
    assert opening([window("0 22 * * 0", zone="Europe/Berlin")], at(now)) == at(opens)


def test_the_first_of_several_windows_counts():
    assert opening([NIGHT, window("0 12 * * *")], at("2030-01-01T10:00:00")) == at(
        "2030-01-01T12:00:00"
    )


minutes = st.integers(0, 3 * 24 * 60)


@settings(max_examples=60, deadline=None)
@given(
    minutes,
    st.lists(
        st.tuples(st.integers(0, 59), st.integers(0, 23), st.integers(1, 300)),
        min_size=1,
        max_size=3,
    ),
)
def test_it_is_open_exactly_while_some_window_holds_the_minute(now, rows):
    """Against every minute of every opening, counted one by one; each window opens once a day."""
    start = at("2030-01-01T00:00:00")
    held = {
        day * 1440 + hour * 60 + minute + offset
        for minute, hour, long in rows
        for day in range(-1, 8)
        for offset in range(long)
    }
    end = now
    while end in held:
        end += 1
    windows = [window(f"{minute} {hour} * * *", 60 * long) for minute, hour, long in rows]
    expected = start + timedelta(minutes=end) if end > now else None
    assert closing(windows, start + timedelta(minutes=now)) == expected


@pytest.mark.parametrize(
    ("schedule", "zone", "says"),
    [
        ("every day at ten", "Etc/UTC", "no cron expression"),
        ("0 22 * *  ", "Etc/UTC", "no cron expression"),
        ("0 0 22 * * *", "Etc/UTC", "no cron expression"),
        ("0 0 30 2 *", "Etc/UTC", "no cron expression"),
        ("0 22 * * *", "Berlin", "no time zone"),
        ("0 22 * * *", "../etc/passwd", "no time zone"),
    ],
)
def test_a_window_that_cannot_be_understood_is_refused_by_name(schedule, zone, says):
    with pytest.raises(ValidationError, match=says):
        window(schedule, zone=zone)


def test_moments_are_compared_in_utc():
    found = closing([window("0 22 * * *", zone="Asia/Kolkata")], at("2030-01-01T16:45:00"))
    assert found is not None
    assert found.tzinfo is UTC
