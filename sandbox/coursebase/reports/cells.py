"""Cells before they are text: what depends on language and time zone is a type of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sandbox.coursebase.model import Course
from sandbox.coursebase.reports.words import word


class Instant(NamedTuple):
    """An instant, shown in the time zone of the report (documented: M)."""

    at: int


class Word(NamedTuple):
    """A state, shown in the language of the report (documented: M)."""

    key: str


Cell = str | int | float | Instant | Word | Course | None

INSTANT_FORMATS: Mapping[str, str] = {
    "en": "%Y-%m-%d %H:%M",
    "ja": "%Y/%m/%d %H:%M",
    "fr": "%d/%m/%Y %H:%M",
}


class Locale:
    """How the cells of one export become text.

    Args:
        language: One of the documented codes.
        time_zone: A name of the tz database.
    """

    def __init__(self, language: str, time_zone: str) -> None:
        self.language = language
        self._zone = UTC if time_zone == "UTC" else ZoneInfo(time_zone)
        self._format = INSTANT_FORMATS.get(language, INSTANT_FORMATS["en"])

    def text(self, cell: Cell) -> str:
        """Return the text of a cell; nothing is an empty cell."""
        if cell is None:
            return ""
        if isinstance(cell, Word):
            return word(cell.key, self.language)
        if isinstance(cell, Instant):
            return datetime.fromtimestamp(cell.at, self._zone).strftime(self._format)
        if isinstance(cell, Course):
            return cell.title_in(self.language)
        return str(cell)
