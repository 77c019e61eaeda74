"""The two clusters and the two ways between them.

A direction names a mirror and a unit's run of the pipeline alike: forward leaves the source for
the target, reverse is the way back.
"""

from __future__ import annotations

from typing import Literal

Side = Literal["source", "target"]
Direction = Literal["forward", "reverse"]
DIRECTIONS: tuple[Direction, Direction] = ("forward", "reverse")


def opposite(direction: Direction) -> Direction:
    """The other way."""
    return "reverse" if direction == "forward" else "forward"


def left_by(direction: Direction) -> Side:
    """The side that records and units come from; its mirror reads there."""
    return "source" if direction == "forward" else "target"


def entered_by(direction: Direction) -> Side:
    """The side that records and units go to; its mirror writes there."""
    return left_by(opposite(direction))
