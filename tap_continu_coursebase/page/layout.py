"""Where marks of a chart stand, for the width of a phone and for a wider page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tap_continu_coursebase.page.formats import fitted, width
from tap_continu_coursebase.page.parts import Chart, Spec

NARROW, WIDE = 358, 840
"""Pixels; a page of another width scales them."""
_SIZE = 13
_CONFIG: Mapping[str, Any] = {
    "aria": False,
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "text": {"fontSize": _SIZE, "fill": "var(--ink)", "baseline": "middle"},
    "bar": {"cornerRadiusEnd": 2},
    "axis": {
        "domain": False,
        "ticks": False,
        "grid": True,
        "gridColor": "var(--line)",
        "labelColor": "var(--muted)",
        "labelFontSize": _SIZE,
        "labelPadding": 8,
        "title": None,
    },
}
_MOST_FOR_NAMES, _BESIDE = 260, 14
CELL, LINE, _BOLD = 96, 16, 1.1


def colour(name: str) -> str:
    """Return a colour of the page's style."""
    return f"var(--{name})"


@dataclass(frozen=True)
class Rows:
    """Where rows stand, one below the other.

    Attributes:
        names: What each is of.
        left: How much room there is for names beside them; none if they stand above.
        right: How much room there is for what is written at their ends.
        is_wide: Whether names stand beside them.
    """

    names: Sequence[str]
    left: int
    right: int
    is_wide: bool

    @property
    def thickness(self) -> int:
        """How high a bar is."""
        return 16 if self.is_wide else 12

    @property
    def down(self) -> int:
        """How far below the middle of its row a bar is, so that its name has room above it."""
        return 0 if self.is_wide else 10

    @property
    def y(self) -> Spec:
        """How rows are told apart."""
        return band("row", len(self.names))

    def spec(
        self, layers: Sequence[Spec], labels: Sequence[Spec], scale: Mapping[str, Any]
    ) -> Spec:
        """Lay out the rows with their names, and what is written at their ends."""
        written = {
            "data": {"values": labels},
            "mark": {"type": "text", "align": "left", "dx": 8, "dy": self.down, "fontWeight": 600},
            "encoding": {"y": self.y, "x": along("end", scale), "text": {"field": "label"}},
        }
        named = name_marks(self.names, self.left, self.y, is_wide=self.is_wide)
        return laid_out(
            [*layers, written, named],
            (28 if self.is_wide else 48) * len(self.names),
            is_wide=self.is_wide,
            left=self.left,
            right=self.right,
        )


def both(
    names: Sequence[str],
    labels: Sequence[str],
    drawn: Callable[[Rows], Spec],
    key: Sequence[tuple[str, str]],
) -> Chart:
    """Draw rows for both widths."""
    right = math.ceil(max(map(width, labels), default=0) * _BOLD) + 8
    return Chart(
        drawn(Rows(names, 0, right, is_wide=False)),
        drawn(Rows(names, room_for(names), right, is_wide=True)),
        key,
    )


def room_for(names: Sequence[str]) -> int:
    """Return how much room is taken by names beside what they name."""
    return min(math.ceil(max(map(width, names), default=0)) + _BESIDE, _MOST_FOR_NAMES)


def name_marks(names: Sequence[str], left: int, y: Spec, *, is_wide: bool) -> Spec:
    """Write what rows are of, before or above them."""
    room = left - _BESIDE if is_wide else NARROW
    mark: Spec = {"align": "right"} if is_wide else {"align": "left", "dy": -11}
    return {
        "data": {
            "values": [{"row": row, "name": fitted(one, room)} for row, one in enumerate(names)]
        },
        "mark": {"type": "text", **mark},
        "encoding": {
            "y": y,
            "x": {"value": -_BESIDE if is_wide else 0},
            "text": {"field": "name"},
        },
    }


def band(field: str, count: int, gap: float = 0.1) -> Spec:
    """Tell things apart by their position, whatever they are called."""
    scale = {"domain": [*range(count)], "paddingInner": gap, "paddingOuter": 0}
    return {"field": field, "type": "ordinal", "axis": None, "scale": scale}


def along(field: str, scale: Mapping[str, Any]) -> dict[str, Any]:
    """Place things by a number."""
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def laid_out(
    layers: Sequence[Spec],
    height: float,
    *,
    is_wide: bool,
    left: int = 0,
    top: int = 0,
    right: int = 0,
    bottom: int = 0,
    full: float | None = None,
) -> Spec:
    """Lay out layers in a picture of one of the two widths.

    Args:
        layers: What is drawn.
        height: Of where marks are.
        is_wide: Which width.
        left: Room beside it.
        top: Room above it.
        right: Room beside it.
        bottom: Room under it.
        full: How wide the place of the marks is, if it does not fill the picture.
    """
    room = (WIDE if is_wide else NARROW) - left - right
    inside = room if full is None else full
    return {
        "width": inside,
        "height": height,
        "padding": {"left": left, "top": top, "right": right + room - inside, "bottom": bottom},
        "autosize": {"type": "none"},
        "layer": [*layers],
        "config": _CONFIG,
    }
