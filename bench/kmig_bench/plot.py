"""The plot beside the page: two panels of bars as SVG. Pure; drawn without a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template

_WIDTH, _ROW, _BAR, _LEFT, _RIGHT = 900, 26, 18, 350, 110
_SPAN = _WIDTH - _LEFT - _RIGHT
_COLOURS = {True: "#1f6f8b", False: "#b5651d"}
_LEAST = 1.5  # pixels: a zero is seen as a line, not as a missing bar
_PAGE = Template(
    '<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="$height" '
    'viewBox="0 0 $width $height" font-family="sans-serif" font-size="13">\n'
    '<rect width="$width" height="$height" fill="#ffffff"/>\n$body</svg>\n'
)
_TITLE = Template('<text x="12" y="$y" font-weight="bold" fill="#222222">$text</text>\n')
_BARS = Template(
    '<text x="$end" y="$base" text-anchor="end" fill="#222222">$label</text>\n'
    '<rect x="$left" y="$top" width="$length" height="$bar" fill="$colour"/>\n'
    '<text x="$after" y="$base" fill="#222222">$value</text>\n'
)


@dataclass(frozen=True)
class Bar:
    """One measured number."""

    label: str
    value: float
    ours: bool


@dataclass(frozen=True)
class Panel:
    """Bars on one scale, which begins at 0."""

    title: str
    bars: Sequence[Bar]


def svg(panels: Sequence[Panel]) -> str:
    """The whole picture."""
    y, body = 8, ""
    for panel in panels:
        most = max((bar.value for bar in panel.bars), default=0.0) or 1.0
        body += _TITLE.substitute(y=y + 18, text=escape(panel.title))
        y += 30
        for bar in panel.bars:
            length = max(_LEAST, _SPAN * bar.value / most)
            body += _BARS.substitute(
                end=_LEFT - 10,
                base=y + 14,
                label=escape(bar.label),
                left=_LEFT,
                top=y,
                length=round(length, 1),
                bar=_BAR,
                colour=_COLOURS[bar.ours],
                after=round(_LEFT + length + 8, 1),
                value=f"{bar.value:,.0f}",
            )
            y += _ROW
        y += 12
    return _PAGE.substitute(width=_WIDTH, height=y, body=body)
