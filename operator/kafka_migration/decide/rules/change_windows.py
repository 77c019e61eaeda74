"""When people allow switches: the windows of spec.cutover.windows around a moment. Pure.

A window opens whenever its cron expression matches in its time zone, and stays open so many
seconds. Overlapping windows are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from kafka_migration.api.migration import ChangeWindow

_LONGEST_CHAIN = 1_000  # windows that follow each other without a gap; more is "always open"


def closing(windows: Sequence[ChangeWindow], now: datetime) -> datetime | None:
    """When what is open now closes, adjoining windows included; None = no window is open."""
    end: datetime | None = None
    for _ in range(_LONGEST_CHAIN):
        later = max(_ends(windows, end or now), default=None)
        if later is None or (end is not None and later <= end):
            break
        end = later
    return end


def opening(windows: Sequence[ChangeWindow], now: datetime) -> datetime | None:
    """When the next window opens; None = none ever does."""
    return min((first for w in windows if (first := _first(w, now)) is not None), default=None)


def _ends(windows: Sequence[ChangeWindow], now: datetime) -> Iterator[datetime]:
    """Ends of the windows that are open now: opened after now - duration and not after now."""
    for window in windows:
        duration = timedelta(seconds=window.duration_seconds)
        began = _first(window, now - duration)
        if began is not None and began <= now:
            yield _last(window, began, now) + duration


def _last(window: ChangeWindow, began: datetime, now: datetime) -> datetime:
    """The last opening up to now: a window that opens again while open stays open longer."""
    for _ in range(_LONGEST_CHAIN):
        again = _first(window, began)
        if again is None or again > now:
            break
        began = again
    return began


def _first(window: ChangeWindow, after: datetime) -> datetime | None:
    """The first opening later than `after`, in UTC; None = the expression never matches."""
    local = after.astimezone(ZoneInfo(window.time_zone))
    found = next(CronSim(window.schedule, local), None)
    return None if found is None else found.astimezone(UTC)
