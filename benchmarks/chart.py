"""The figures as a picture: bars in an SVG file that any browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 800
_LABEL, _FIGURE, _BAR, _GAP, _TITLE = 290, 130, 20, 8, 40
_OWN, _OTHER, _TEXT, _FAINT = "#0f766e", "#94a3b8", "#1e293b", "#64748b"


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        name: Left of it.
        value: Its length.
        figure: Right of it.
        own: Whether it is what the picture is about.
    """

    name: str
    value: float
    figure: str
    own: bool


@dataclass(frozen=True)
class Panel:
    """Bars that share a scale."""

    title: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        """In pixels."""
        return _TITLE + len(self.bars) * (_BAR + _GAP) + 2 * _GAP


def svg(panels: Sequence[Panel]) -> str:
    """Draw panels below one another."""
    height = sum(panel.height for panel in panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<style>text { font-family: system-ui, sans-serif; font-size: 13px }</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    top = 0
    for panel in panels:
        parts += _drawn(panel, top)
        top += panel.height
    return "\n".join([*parts, "</svg>", ""])


def _drawn(panel: Panel, top: int) -> list[str]:
    most = max(bar.value for bar in panel.bars)
    room = WIDTH - _LABEL - _FIGURE
    parts = [_text(16, top + 26, panel.title, _TEXT, bold=True)]
    for place, bar in enumerate(panel.bars):
        y = top + _TITLE + place * (_BAR + _GAP)
        width = max(room * bar.value / most, 2)
        color = _OWN if bar.own else _OTHER
        parts += [
            _text(_LABEL - 10, y + 15, bar.name, _TEXT, bold=bar.own, anchor="end"),
            f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{color}"/>',
            _text(_LABEL + width + 8, y + 15, bar.figure, _FAINT),
        ]
    return parts


def _text(
    x: float, y: float, text: str, color: str, *, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y}" fill="{color}" text-anchor="{anchor}"{weight}>'
        f"{escape(text)}</text>"
    )
