"""Which date the windows of a report go by: asked for, refused, remembered, checked in its rows.

No I/O. Documented: ``range_target`` names the date, and no list of what each report takes is
published; so the broadest is asked for, and what the API says or does then is believed.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tap_continu_coursebase.core.windows import Window
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS, snake_case
from tap_continu_coursebase.decode.value import coerce
from tap_continu_coursebase.singer.guards import Dates

NO_TARGET = ""
"""What the state says of an API that took none."""
SAMPLE = 64
"""Rows of a response that are looked at."""
_FEWEST = 3
_SLACK = timedelta(days=1)
_ENDING = re.compile(r"_(?:date|at|on)$")
_NOT_LETTERS = re.compile(r"[^a-z]+")
_OF_THE_USER = "created"

_decode_lines = msgspec.json.Decoder(dict[str, Any], float_hook=str).decode_lines


class RangeTargets:
    """The date that a report is asked for, shared by its windows in flight.

    Args:
        candidates: What to ask for, in order; after the last one for none.
        remembered: What an earlier run ended with; None if it was the first candidate.
    """

    def __init__(self, candidates: Sequence[str], remembered: str | None = None) -> None:
        self._candidates = tuple(candidates)
        self._lock = threading.Lock()
        self._next = 0
        if remembered == NO_TARGET:
            self._next = len(self._candidates)
        elif remembered in self._candidates:
            self._next = self._candidates.index(remembered)

    @property
    def current(self) -> str | None:
        """What to ask for now; None if nothing is left."""
        return self._candidates[self._next] if self._next < len(self._candidates) else None

    @property
    def refused(self) -> tuple[str, ...]:
        """What the API does not take."""
        return self._candidates[: self._next]

    def refuse(self, target: str) -> None:
        """Go on to the next candidate, unless another window has done so already."""
        with self._lock:
            if target == self.current:
                self._next += 1

    def to_remember(self) -> str | None:
        """Return what the next run shall begin with; None if that is the first candidate."""
        return (self.current or NO_TARGET) if self.refused else None


def speaks_of(message: str, target: str) -> bool:
    """Tell whether a refusal is about the range_target rather than something else."""
    said = message.lower()
    return target.lower() in said or "rangetarget" in _NOT_LETTERS.sub("", said)


class WindowCheck:
    """Counts the rows whose date is not in the window that they came for.

    A day is allowed for on either side: dates may be whole days, or in another time zone.

    Args:
        target: The date that was asked for.
        warn: Told once what was found if most rows lie outside: the column, how many rows were
            looked at, how many of these lie outside.
    """

    def __init__(self, target: str, warn: Callable[[str, int, int], None]) -> None:
        self._target = target
        self._warn = warn
        self._lock = threading.Lock()
        self._looked_at = self._outside = 0
        self._has_warned = False

    @property
    def is_ignored(self) -> bool:
        """Whether most rows were found to lie outside."""
        return self._has_warned

    def look(self, window: Window, lines: Iterable[bytes]) -> None:
        """Look at some rows of a window, as they are written."""
        rows = [_with_additional(json.loads(line)) for line in lines]
        name = _column({name for row in rows for name in row}, self._target)
        if name is None:
            return
        dates = [date for row in rows if (date := _instant(row.get(name))) is not None]
        first, last = window.start - _SLACK, window.until + _SLACK
        with self._lock:
            self._looked_at += len(dates)
            self._outside += sum(not first <= date < last for date in dates)
            is_most = self._looked_at >= _FEWEST and self._outside * 2 > self._looked_at
            if is_most and not self._has_warned:
                self._has_warned = True
                self._warn(name, self._looked_at, self._outside)


def dates_by_key(
    lines: Iterable[bytes], target: str, born: str, keys: Sequence[str]
) -> Dates | None:
    """Read the date that windows go by from rows, as they are written.

    When a row came about does as well: it was in a window that was read after that.

    Args:
        lines: Some rows each.
        target: The date that was asked for; empty if none was.
        born: The column that tells when a row came about; empty if none does.
        keys: The columns of their key.

    Returns:
        The dates by key, without those of rows that have none; None if no row of the first lines
        has such a column.
    """
    dates: dict[Any, datetime] = {}
    name: str | None = None
    for some in filter(None, lines):
        rows = list(map(_with_additional, _decode_lines(some)))
        if name is None:
            names = {name for row in rows for name in row}
            name = (_column(names, target) if target else None) or born
            if name not in names:
                return None
        for row in rows:
            if (date := _instant(row.get(name))) is not None:
                dates[tuple(str(row.get(key)) for key in keys)] = date
    return dates


def _with_additional(row: dict[str, Any]) -> Mapping[str, Any]:
    additional = row.pop(ADDITIONAL_FIELDS, None)
    if not isinstance(additional, dict):
        return row
    return {**{snake_case(key): value for key, value in additional.items()}, **row}


def _column(names: set[str], target: str) -> str | None:
    """Find the column of a date: of its name, else of its meaning.

    ``created_at`` is left out: in these reports it is the user's, not the row's.
    """
    stem = _ENDING.sub("", target)
    if stem == _OF_THE_USER:
        return None
    stems = {name: _ENDING.sub("", name) for name in sorted(names) if _ENDING.search(name)}
    alike = [name for name, other in stems.items() if other == stem]
    akin = [name for name, other in stems.items() if other.endswith(f"_{stem}")]
    return target if target in names else next(iter([*alike, *akin]), None)


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(coerce(value, ("date-time",))))
    except ValueError:
        return None
