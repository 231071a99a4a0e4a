"""``docs/models.svg``: the core models, their keys and how they join, from the project's YAML.

Where a model stands is said here; what it holds and joins to is what its tests say. Lines leave a
column at its row and end at the key they name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from tools.models import Model, Relation, shown

FOLDER = "models/core"
PLACES: tuple[tuple[str, ...], ...] = (
    (
        "fct_assignments",
        "fct_completions",
        "fct_tracks",
        "fct_scorm",
        "fct_assessment_results",
        "fct_workshop_attendance",
    ),
    ("dim_users", "dim_content"),
    (
        "fct_engagement",
        "bridge_user_units",
        "bridge_group_members",
        "dim_groups",
        "user_history",
        "assignment_status_history",
    ),
)
"""The models from left to right, each column from top to bottom."""
COLOURS: Mapping[str, str] = {"dim_users": "people", "dim_content": "content"}
"""The class of the lines that lead to a model; all others are plain."""
WIDTH, SPACE, MARGIN = 200, 58, 10
HEAD, ROW, BETWEEN = 28, 19, 22
STYLE = """
.page { fill: #ffffff; stroke: #cbd5e1 }
text { font: 13px system-ui, sans-serif; fill: #1e293b }
.name { font-size: 12.5px; font-weight: 600; fill: #ffffff }
.key { font-weight: 600 }
.small { font-size: 12.5px; fill: #475569 }
.box { fill: #f8fafc; stroke: #475569 }
.head { fill: #475569 }
.people.head { fill: #0f766e }
.content.head { fill: #b45309 }
.line { fill: none; stroke: #475569; stroke-width: 1.5 }
.people.line { stroke: #0f766e }
.content.line { stroke: #b45309 }
.end { fill: #475569 }
.people.end { fill: #0f766e }
.content.end { fill: #b45309 }
@media (prefers-color-scheme: dark) {
.page { fill: #1e2129; stroke: #475569 }
text { fill: #e2e8f0 }
.name { fill: #0b1220 }
.small { fill: #b6c2d1 }
.box { fill: #262b36; stroke: #94a3b8 }
.head, .end { fill: #94a3b8 }
.people.head, .people.end { fill: #2dd4bf }
.content.head, .content.end { fill: #fbbf24 }
.line { stroke: #94a3b8 }
.people.line { stroke: #2dd4bf }
.content.line { stroke: #fbbf24 }
}
"""


@dataclass(frozen=True)
class Box:
    """One model in its place.

    Attributes:
        model: What it is.
        column: Its column, from 0 on.
        top: Its upper edge.
        rows: The columns that are shown of it: its key, and what joins.
    """

    model: Model
    column: int
    top: float
    rows: tuple[str, ...]

    @property
    def left(self) -> float:
        """The left edge."""
        return MARGIN + self.column * (WIDTH + SPACE)

    @property
    def height(self) -> float:
        """The height."""
        return HEAD + ROW * len(self.rows) + 6

    def middle(self, row: str) -> float:
        """The height at which a row is met by lines."""
        return self.top + HEAD + ROW * self.rows.index(row) + ROW / 2 + 2


def drawing() -> str:
    """Return the diagram.

    Raises:
        ValueError: If a model has no place.
    """
    models = {one.name: one for one in shown(FOLDER)}
    placed = {name for column in PLACES for name in column}
    if lonely := models.keys() - placed:
        raise ValueError(f"without a place: {sorted(lonely)}")
    relations = [
        relation
        for one in models.values()
        for relation in one.relations
        if relation.to in models and relation.to != relation.model
    ]
    boxes = _boxes(models, relations)
    width = 2 * MARGIN + len(PLACES) * WIDTH + (len(PLACES) - 1) * SPACE
    bottom = max((box.top + box.height for box in boxes.values()), default=0)
    height = bottom + MARGIN + 30
    told = "; ".join(f"{one.model}.{one.column} to {one.to}.{one.field}" for one in relations)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" role="img"'
        ' aria-labelledby="title what">'
    )
    legend = (
        "In bold what identifies a row. A line leads from a column to the key of which it holds a "
        "value."
    )
    lines = [
        opening,
        '<title id="title">The core models and how they join</title>',
        f'<desc id="what">{escape(told)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1:g}" rx="6"/>',
        *(line for relation in relations for line in _line(relation, boxes)),
        *(line for box in boxes.values() for line in _box(box)),
        f'<text class="small" x="{MARGIN}" y="{height - 14:g}">{legend}</text>',
        "</svg>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _boxes(models: Mapping[str, Model], relations: list[Relation]) -> dict[str, Box]:
    """Put the models into their places; the boxes of a short column stand farther apart."""
    sizes = {name: _size(one, relations) for name, one in models.items()}
    columns = [[name for name in column if name in models] for column in PLACES]
    tallest = max(sum(sizes[name] for name in column) for column in columns)
    boxes: dict[str, Box] = {}
    for number, column in enumerate(columns):
        spare = (tallest - sum(sizes[name] for name in column)) / (len(column) or 1)
        top = MARGIN + spare / 2
        for name in column:
            boxes[name] = Box(models[name], number, top, _rows(models[name], relations))
            top += sizes[name] + spare
    return boxes


def _size(model: Model, relations: list[Relation]) -> float:
    return HEAD + ROW * len(_rows(model, relations)) + 6 + BETWEEN


def _rows(model: Model, relations: list[Relation]) -> tuple[str, ...]:
    """Return the columns to show: the key, those that join, and those that are joined to."""
    joined = [one.field for one in relations if one.to == model.name]
    joining = [one.column for one in relations if one.model == model.name]
    return tuple(dict.fromkeys([*model.key, *joined, *joining]))


def _box(box: Box) -> Iterator[str]:
    colour = COLOURS.get(box.model.name, "")
    place = f'x="{box.left}" y="{box.top:g}" width="{WIDTH}"'
    yield f'<rect class="box" {place} height="{box.height:g}"/>'
    yield f'<rect class="head {colour}" {place} height="{HEAD - 2}"/>'
    yield f'<text class="name" x="{box.left + 8}" y="{box.top + 18:g}">{box.model.name}</text>'
    for row in box.rows:
        kind = ' class="key"' if row in box.model.key else ""
        yield f'<text{kind} x="{box.left + 8}" y="{box.middle(row) + 4.5:g}">{row}</text>'


def _line(relation: Relation, boxes: Mapping[str, Box]) -> Iterator[str]:
    """Draw a line from a column to the key: across, or around if both are in one column."""
    start, end = boxes[relation.model], boxes[relation.to]
    colour = COLOURS.get(relation.to, "")
    from_y, to_y = start.middle(relation.column), end.middle(relation.field)
    rightward = start.column < end.column
    if start.column == end.column:
        side = start.left
        bend = side - SPACE / 3
        path = f"M{side} {from_y:g}C{bend:g} {from_y:g} {bend:g} {to_y:g} {side - 6} {to_y:g}"
        tip = (side, -1)
    else:
        from_x = start.left + (WIDTH if rightward else 0)
        to_x = end.left + (0 if rightward else WIDTH)
        half = (from_x + to_x) / 2
        aside = -6 if rightward else 6
        path = f"M{from_x} {from_y:g}C{half:g} {from_y:g} {half:g} {to_y:g} {to_x + aside} {to_y:g}"
        tip = (to_x, -1 if rightward else 1)
    yield f'<path class="line {colour}" d="{path}"/>'
    x, way = tip
    yield f'<path class="end {colour}" d="M{x} {to_y:g}l{way * 7} -4v8z"/>'
