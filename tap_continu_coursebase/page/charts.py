"""Charts as Vega-Lite: where each mark stands, and nothing of what it means.

Each is made twice, for the width of a phone, with names above what they name, and for a wider page,
with names beside it. Colours are names that the page's style gives values to, for light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from tap_continu_coursebase.page.layout import (
    CELL,
    LINE,
    NARROW,
    WIDE,
    Rows,
    along,
    band,
    both,
    colour,
    laid_out,
    name_marks,
    room_for,
)
from tap_continu_coursebase.page.parts import Chart, Spec

_FEW_DAYS = 100


@dataclass(frozen=True)
class Bar:
    """One bar, of one part or several.

    Attributes:
        name: What it is of.
        parts: How long each part is, and the name of its colour.
        label: What is written at its end.
    """

    name: str
    parts: Sequence[tuple[float, str]]
    label: str


@dataclass(frozen=True)
class Cell:
    """One field of a grid.

    Attributes:
        row: Which row, from 0.
        column: Which column, from 0.
        label: What is written in it.
        colour: The name of its colour, which has a colour for text on it.
    """

    row: int
    column: int
    label: str
    colour: str


@dataclass(frozen=True)
class Span:
    """A mark and how far beyond it something reaches.

    Attributes:
        name: What it is of.
        mark: Where the mark is.
        end: How far it reaches.
        label: What is written at its end.
    """

    name: str
    mark: float
    end: float
    label: str


def bars(
    given: Sequence[Bar], *, longest: float | None = None, key: Sequence[tuple[str, str]] = ()
) -> Chart:
    """Draw bars, one a row, each with its value at its end.

    Args:
        given: From top to bottom.
        longest: What the whole width means, drawn behind each bar; the longest bar if None.
        key: What colours mean.
    """
    ends = [sum(length for length, _ in bar.parts) for bar in given]
    scale = {"domain": [0, longest or max(ends, default=1) or 1]}
    parts = [
        {"row": row, "from": begins, "to": begins + length, "fill": colour(name)}
        for row, bar in enumerate(given)
        for begins, (length, name) in zip(_sums(bar), bar.parts, strict=True)
    ]
    labels = [
        {"row": row, "end": longest or end, "label": bar.label}
        for row, (bar, end) in enumerate(zip(given, ends, strict=True))
    ]

    def drawn(rows: Rows) -> Spec:
        shape = {"type": "bar", "height": rows.thickness, "yOffset": rows.down}
        track = {
            "data": {"values": labels},
            "mark": {**shape, "color": colour("track")},
            "encoding": {"y": rows.y, "x": along("zero", scale), "x2": {"field": "end"}},
            "transform": [{"calculate": "0", "as": "zero"}],
        }
        filled = {
            "data": {"values": parts},
            "mark": shape,
            "encoding": {
                "y": rows.y,
                "x": along("from", scale),
                "x2": {"field": "to"},
                "color": {"field": "fill", "type": "nominal", "scale": None},
            },
        }
        return rows.spec([*([track] if longest else []), filled], labels, scale)

    return both([bar.name for bar in given], [bar.label for bar in given], drawn, key)


def spans(given: Sequence[Span], *, key: Sequence[tuple[str, str]] = ()) -> Chart:
    """Draw a dot and a line to the right of it, one a row, each with its values at its end.

    Args:
        given: From top to bottom.
        key: What colours mean.
    """
    scale = {"domain": [0, max((one.end for one in given), default=1) or 1]}
    data = [
        {"row": row, "zero": 0, "mark": one.mark, "end": one.end, "label": one.label}
        for row, one in enumerate(given)
    ]

    def drawn(rows: Rows) -> Spec:
        def stroke(name: str, start: str, end: str, height: int) -> Spec:
            return {
                "data": {"values": data},
                "mark": {
                    "type": "bar",
                    "height": height,
                    "yOffset": rows.down,
                    "color": colour(name),
                },
                "encoding": {"y": rows.y, "x": along(start, scale), "x2": {"field": end}},
            }

        dot = {
            "data": {"values": data},
            "mark": {
                "type": "circle",
                "size": 110,
                "opacity": 1,
                "yOffset": rows.down,
                "color": colour("accent"),
            },
            "encoding": {"y": rows.y, "x": along("mark", scale)},
        }
        layers = [stroke("track", "zero", "mark", 4), stroke("seq-3", "mark", "end", 4), dot]
        return rows.spec(layers, data, scale)

    return both([one.name for one in given], [one.label for one in given], drawn, key)


def grid(
    rows: Sequence[str],
    columns: Sequence[Sequence[str]],
    cells: Sequence[Cell],
    *,
    newest: tuple[int, int],
    pinned: int = 0,
    key: Sequence[tuple[str, str]] = (),
) -> Chart:
    """Draw a grid of fields that are told apart by colour, and say their value.

    Args:
        rows: What each row is of.
        columns: What each column is of, in lines.
        cells: The fields; one that is left out stays empty.
        newest: How many columns there is room for, narrow and wide; the last ones are shown.
        pinned: So many of the first columns are always shown.
        key: What colours mean.
    """

    def drawn(*, is_wide: bool) -> Spec:
        room = newest[1] if is_wide else newest[0]
        shown = [*range(pinned), *range(max(pinned, len(columns) - room + pinned), len(columns))]
        place = {column: index for index, column in enumerate(shown)}
        left = room_for(rows) if is_wide else 0
        most = (WIDE if is_wide else NARROW) - left
        full = min(most, CELL * len(shown)) if is_wide else most
        step, down = (32, 0) if is_wide else (54, 12)
        above = 12 + LINE * max((len(columns[one]) for one in shown), default=1)
        x = band("column", len(shown), gap=0.05)
        y = band("row", len(rows))
        fields = [
            {
                "row": cell.row,
                "column": place[cell.column],
                "label": cell.label,
                "fill": colour(cell.colour),
                "ink": colour(f"on-{cell.colour}"),
            }
            for cell in cells
            if cell.column in place
        ]
        layers: list[Spec] = [
            {
                "data": {"values": fields},
                "mark": {
                    "type": "rect",
                    "cornerRadius": 2,
                    "height": 28,
                    "yOffset": down,
                },
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"field": "fill", "type": "nominal", "scale": None},
                },
            },
            {
                "data": {"values": fields},
                "mark": {"type": "text", "dy": down},
                "encoding": {
                    "x": x,
                    "y": y,
                    "text": {"field": "label"},
                    "color": {"field": "ink", "type": "nominal", "scale": None},
                },
            },
            name_marks(rows, left, y, is_wide=is_wide),
            {
                "data": {
                    "values": [
                        {"column": place[column], "head": [*columns[column]]} for column in shown
                    ]
                },
                "mark": {
                    "type": "text",
                    "baseline": "line-top",
                    "color": colour("muted"),
                    "lineHeight": LINE,
                },
                "encoding": {"x": x, "y": {"value": -above}, "text": {"field": "head"}},
            },
        ]
        return laid_out(layers, step * len(rows), is_wide=is_wide, left=left, top=above, full=full)

    return Chart(drawn(is_wide=False), drawn(is_wide=True), key)


def line(points: Sequence[tuple[date, float]], label: str) -> Chart:
    """Draw a share of one over time, with its last value at its end.

    Args:
        points: In the order of time.
        label: What is written at the last one.
    """

    def drawn(*, is_wide: bool) -> Spec:
        data = [{"day": f"{day:%Y-%m-%d}T00:00:00Z", "value": value} for day, value in points]
        first, last = points[0][0], points[-1][0]
        x = {
            "field": "day",
            "type": "temporal",
            "scale": {"type": "utc"},
            "axis": {
                "format": "%-d %b" if (last - first).days < _FEW_DAYS else "%b %Y",
                "grid": False,
                "values": [
                    {"year": one.year, "month": one.month, "date": one.day, "utc": True}
                    for one in _ticks(first, last, 8 if is_wide else 4)
                ],
                "labelFlush": True,
                "labelOverlap": "greedy",
            },
        }
        y = {
            "field": "value",
            "type": "quantitative",
            "scale": {"domain": [0, 1]},
            "axis": {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1]},
        }
        layers: list[Spec] = [
            {
                "data": {"values": data},
                "mark": {"type": "line", "color": colour("accent"), "strokeWidth": 2.5},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": data[-1:]},
                "mark": {"type": "circle", "color": colour("accent"), "size": 90, "opacity": 1},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [{**data[-1], "label": label}]},
                "mark": {"type": "text", "align": "left", "dx": 9, "fontWeight": 600},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}},
            },
        ]
        height = 280 if is_wide else 220
        return laid_out(layers, height, is_wide=is_wide, left=48, top=10, right=56, bottom=30)

    return Chart(drawn(is_wide=False), drawn(is_wide=True))


def _ticks(first: date, last: date, most: int) -> list[date]:
    """Return days to name under a line, evenly: Mondays, or the first ones of months."""
    span = [first + timedelta(days) for days in range((last - first).days + 1)]
    if len(span) <= _FEW_DAYS:
        begun = [one for one in span if one.weekday() == 0] or span
    else:
        begun = [one for one in span if one.day == 1]
    return begun[:: -(-len(begun) // most)]


def _sums(bar: Bar) -> list[float]:
    """Return where each part of a bar begins."""
    return [0, *accumulate(length for length, _ in bar.parts)][:-1]
