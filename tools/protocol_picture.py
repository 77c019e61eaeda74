"""Draws docs/protocol.svg: what each state of docs/model/move.pml allows, and its ways on and back.

Called by hand after a change of the table below; tests/unit/house compares the file with it. Plain
SVG, so that nothing has to be installed to see or to draw it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "protocol.svg"

LANES = ("applications on source", "forward mirror", "reverse mirror", "applications on target")
OPEN, SHUT, STILL = "open", "shut", "still"
_FILL = {OPEN: "#bfe3c6", SHUT: "#f2c4bd", STILL: "#e6e6e6"}
_SHAPE = {OPEN: "●", SHUT: "✕", STILL: "○"}  # never by colour alone


@dataclass(frozen=True)
class State:
    """One state of the journal: its entry, and what may append in it, lane by lane."""

    name: str
    entry: str
    lanes: tuple[tuple[str, str], ...]  # one of the kinds above, words


STATES = (
    State(
        "at rest",
        "none open",
        ((OPEN, "write"), (OPEN, "copies"), (SHUT, "stopped, denied"), (SHUT, "denied")),
    ),
    State(
        "Drain, Settle",
        "Draining",
        ((STILL, "scaled to zero"), (OPEN, "copies"), (SHUT, "stopped, denied"), (SHUT, "denied")),
    ),
    State(
        "Fence",
        "Fencing",
        ((SHUT, "denied, proven"), (OPEN, "copies"), (SHUT, "stopped, denied"), (SHUT, "denied")),
    ),
    State(
        "CatchUp",
        "{F, D}",
        ((SHUT, "denied"), (OPEN, "to D, then shut"), (SHUT, "stopped, denied"), (SHUT, "denied")),
    ),
    State(
        "Arm, last look",
        "{C, T}",
        ((SHUT, "denied"), (SHUT, "stopped, denied"), (STILL, "free from T on"), (SHUT, "denied")),
    ),
    State(
        "Switch, Resume",
        "Switch",
        ((SHUT, "denied"), (SHUT, "stopped, denied"), (OPEN, "copies back"), (OPEN, "write")),
    ),
)
_DASHED = 'stroke-dasharray="5 4"'
_LEFT, _TOP, _WIDE, _GAP, _HIGH, _LANE = 176, 64, 128, 18, 48, 40
_WIDTH = _LEFT + len(STATES) * (_WIDE + _GAP) + 6
_BELOW = _TOP + _HIGH + 24 + len(LANES) * (_LANE + 6)
_HEIGHT = _BELOW + 186


def _text(x: float, y: float, words: str, extra: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" {extra}>{escape(words)}</text>'


def _box(x: float, y: float, size: tuple[float, float], fill: str, stroke: str = "#555") -> str:
    wide, high = size
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" rx="5" '
        f'fill="{fill}" stroke="{stroke}"/>'
    )


def _arrow(path: str, style: str = "") -> str:
    return f'<path d="{path}" fill="none" stroke="#333" {style} marker-end="url(#tip)"/>'


def _column(index: int) -> float:
    return _LEFT + index * (_WIDE + _GAP)


def _states() -> Iterator[str]:
    for index, state in enumerate(STATES):
        x, middle = _column(index), _column(index) + _WIDE / 2
        fill = "#dbe7f5" if state.entry == "Switch" else "#fff"
        yield _box(x, _TOP, (_WIDE, _HIGH), fill)
        yield _text(middle, _TOP + 20, state.name, 'class="b m"')
        yield _text(middle, _TOP + 38, f"entry: {state.entry}", 'class="m s"')
        if index:
            yield _arrow(f"M{x - _GAP:g} {_TOP + _HIGH / 2} H{x - 2:g}")
        for lane, (kind, words) in enumerate(state.lanes):
            y = _TOP + _HIGH + 24 + lane * (_LANE + 6)
            yield _box(x, y, (_WIDE, _LANE), _FILL[kind], "none")
            yield _text(middle, y + 25, f"{_SHAPE[kind]} {words}", 'class="m s"')


def _lanes() -> Iterator[str]:
    for lane, name in enumerate(LANES):
        y = _TOP + _HIGH + 24 + lane * (_LANE + 6) + 25
        yield _text(_LEFT - 12, y, name, 'class="e"')


def _ways_back() -> Iterator[str]:
    """Back-out from every state before Switch, a voided switch, and the rollback over the top."""
    first, last = _column(1), _column(4) + _WIDE
    y = _BELOW + 44
    yield _box(first, y, (last - first, 72), "#fdf3d6")
    lines = (
        ("BackOut (an entry, never decided again)", "b m"),
        ("by failure, an exceeded budget, pause, abort, delete or a closing window", "m s"),
        (
            "entering side closed and proven; reverse stopped, fenced, denied; then leaving opens",
            "m s",
        ),
    )
    for number, (words, style) in enumerate(lines):
        yield _text((first + last) / 2, y + 21 + 21 * number, words, f'class="{style}"')
    for index in range(1, 5):
        x = _column(index) + _WIDE / 2
        yield _arrow(f"M{x:g} {_BELOW + 2} V{y - 2}")
    home = _column(0) + _WIDE / 2
    yield _arrow(f"M{first:g} {y + 31} H{home:g} V{_BELOW + 2}")
    switch = _column(5) + _WIDE / 2
    yield _arrow(f"M{switch:g} {_BELOW + 2} V{y + 31} H{last + 2:g}", _DASHED)
    yield _text(last + 10, y + 52, "only a switch voided", 'class="s"')
    yield _text(last + 10, y + 68, "before its lift", 'class="s"')
    yield _arrow(f"M{switch:g} {_TOP - 2} V26 H{home:g} V{_TOP - 3}", _DASHED)
    over = "Observe, then perhaps a rollback: the same states with the sides exchanged"
    yield _text((home + switch) / 2, 20, over, 'class="m s"')


def _legend() -> Iterator[str]:
    y = _HEIGHT - 30
    for index, (kind, words) in enumerate(
        (
            (OPEN, "may append"),
            (SHUT, "refused by the brokers, seen at each leader"),
            (STILL, "could, but has nothing to append"),
        )
    ):
        x = _LEFT + (0, 150, 480)[index]
        yield _box(x, y, (18, 18), _FILL[kind], "none")
        yield _text(x + 26, y + 14, f"{_SHAPE[kind]} {words}", 'class="s"')


def draw() -> str:
    """The whole picture."""
    head = (
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" height="{_HEIGHT}" role="img" '
            'aria-label="States of a cutover and what may append in each">'
        ),
        (
            "<style>text{font:13px sans-serif;fill:#1a1a1a}.b{font-weight:bold}.s{font-size:12px}"
            ".m{text-anchor:middle}.e{text-anchor:end}</style>"
        ),
        (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#333"/></marker></defs>'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    )
    parts = (*head, *_states(), *_lanes(), *_ways_back(), *_legend(), "</svg>")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
    sys.exit(0)
