"""What a page is made of. Nothing here knows HTML, charts or the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

Spec = Mapping[str, Any]
"""A chart in Vega-Lite."""
Value = object
"""One value of a row, as the warehouse has it."""


class Kind(Enum):
    """How a value is written."""

    TEXT = "text"
    NAME = "name"
    COUNT = "count"
    SHARE = "share"
    DAYS = "days"
    HOURS = "hours"
    DAY = "day"
    MONTH = "month"
    INSTANT = "instant"

    @property
    def is_number(self) -> bool:
        """Whether values are written one above the other by their digits."""
        return self in {Kind.COUNT, Kind.SHARE, Kind.DAYS, Kind.HOURS}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        key: What the warehouse calls it.
        header: What the page calls it.
        kind: How its values are written.
        is_secondary: Left out where there is no room; another column says the same in words.
        is_header: Whether its values name their rows.
    """

    key: str
    header: str
    kind: Kind = Kind.COUNT
    is_secondary: bool = False
    is_header: bool = False


@dataclass(frozen=True)
class Table:
    """Rows that can be read one by one.

    Attributes:
        answer: The model that they come from.
        caption: What they are.
        columns: At least one of them names its rows.
        rows: Values in the order of the columns.
        note: What is left out, if anything is.
        marked: Rows, by their position, that need somebody's attention.
    """

    answer: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    note: str = ""
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Chart:
    """One picture, for two widths.

    Attributes:
        narrow: For a phone.
        wide: For anything wider.
        key: What the colours mean, by the name of the colour, where the picture does not say it.
    """

    narrow: Spec
    wide: Spec
    key: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Figure:
    """One question and its answer.

    Attributes:
        name: Of the place in the page.
        heading: The question, short.
        message: The answer in a sentence or two.
        reading: What the numbers mean, and how they are counted.
        chart: The answer as a picture; None if its table is enough.
        tables: The numbers, in tables that open.
        shown: Tables that are always open.
        nothing: Said instead of all that where there is nothing to be told.
    """

    name: str
    heading: str
    message: str = ""
    reading: str = ""
    chart: Chart | None = None
    tables: Sequence[Table] = ()
    shown: Sequence[Table] = ()
    nothing: str = ""


@dataclass(frozen=True)
class Section:
    """Figures of one subject."""

    name: str
    heading: str
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Headline:
    """One number of the whole organisation.

    Attributes:
        answer: Its name, by which it can be found in the page.
        label: What it is.
        value: None if nothing tells.
        kind: How it is written.
        meaning: How it is counted, in a sentence.
        is_warning: Whether it is better low.
    """

    answer: str
    label: str
    value: float | None
    kind: Kind
    meaning: str
    is_warning: bool = False


@dataclass(frozen=True)
class Page:
    """All of it.

    Attributes:
        title: Its name.
        as_of: The instant that the answers hold for, UTC; None if nothing tells.
        headlines: The numbers that come first.
        sections: What comes after them.
        remarks: What is to be known of the whole page.
    """

    title: str
    as_of: datetime | None
    headlines: Sequence[Headline]
    sections: Sequence[Section]
    remarks: Sequence[str] = field(default=())
