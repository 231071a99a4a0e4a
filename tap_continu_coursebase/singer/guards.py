"""Decide when something was lost quietly: pure functions and counts, no I/O, no clock.

What is decided here is told by ``findings.py``, or fails the stream in ``sync.py``. None of it is
documented by the vendors: all of it is inferred from how such losses look in the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from tap_continu_coursebase.core.windows import Window, format_instant, parse_instant

FEWEST_TO_SHRINK = 10
"""A full table with fewer rows may lose any of them."""
FEWEST_EMPTY = 3
"""So many windows without a row are no chance."""
_SEVERAL = 3
_MANY = 1000
"""Two windows of exactly so many rows, or of a larger round number, are no chance either."""
_FEWEST_ROUND = 50
_FEWEST_ODD = 20
_OFTEN = 4
_NEARLY_ALL = 80
_SLICES = 24
_MOST_DATES = 10_000
_TWO_DAYS = timedelta(days=2)


def shrinks_too_far(before: int, now: int, most: int) -> bool:
    """Tell whether a full table has lost more of its rows than may be deleted at once.

    Args:
        before: Rows of the last complete one.
        now: Rows of this one.
        most: Percent of the rows that may vanish.
    """
    return before >= FEWEST_TO_SHRINK and (before - now) * 100 > most * before


class Cap(NamedTuple):
    """A number of rows that windows seem to be cut at.

    Attributes:
        rows: The number.
        times: How many windows hold exactly so many.
        windows: How many windows hold any row.
    """

    rows: int
    times: int
    windows: int


class WindowCounts:
    """Counts the rows of each window of a stream in one run.

    Args:
        aggregate: Whether a row sums up what one person or item did in the window. Then as many
            rows as there are persons are natural in every window, and windows that hold the very
            same ones count once.
    """

    def __init__(self, *, aggregate: bool) -> None:
        self._aggregate = aggregate
        self._keys: dict[int, list[int]] = defaultdict(list)

    def add(self, rows: int, keys: int) -> None:
        """Count a window.

        Args:
            rows: How many came, those without a key included.
            keys: A number that is equal for windows whose rows have the same keys.
        """
        self._keys[rows].append(keys)

    @property
    def windows(self) -> int:
        """How many windows there were."""
        return sum(map(len, self._keys.values()))

    def are_empty(self) -> bool:
        """Tell whether no window holds a row, and there are too many of them for a chance."""
        return set(self._keys) == {0} and self.windows >= FEWEST_EMPTY

    def cap(self) -> Cap | None:
        """Find the number of rows that windows seem to be cut at.

        It is the largest of the run, since a cap lets none be larger, and several windows have it:
        a round number, or nearly all windows. Few rows are left aside, as equal numbers of them
        are no surprise.
        """
        counted = {rows: keys for rows, keys in self._keys.items() if rows}
        most = max(counted, default=0)
        if not most:
            return None
        windows = sum(map(len, counted.values()))
        times = len(counted[most])
        told = len(set(counted[most])) if self._aggregate else times
        several = told >= (_SEVERAL if most < _MANY else _SEVERAL - 1)
        nearly_all = told >= _OFTEN and times * 100 >= _NEARLY_ALL * windows
        if (several and _is_round(most)) or (nearly_all and most >= _FEWEST_ODD):
            return Cap(most, times, windows)
        return None


def looks_cut_off(rows: int) -> bool:
    """Tell whether a single response has so round a number of rows that it may be cut off there."""
    return rows > 0 and rows % _MANY == 0


def _is_round(rows: int) -> bool:
    """Tell whether a number of rows looks chosen: of hundreds, of fifties, or a power of two."""
    step = 50 if rows < _MANY else 100
    return rows >= _FEWEST_ROUND and (rows % step == 0 or rows & (rows - 1) == 0)


Dates = Mapping[Any, datetime]
"""By the key of a row, the date that its window goes by, UTC."""


class Late(NamedTuple):
    """Rows that appeared where a run had read already.

    Attributes:
        rows: How many, at least.
        age: From the oldest of them to the end of what that run had read.
        until: That end, UTC.
        is_open: Whether nothing older was there in time, so that still older ones may be missing.
    """

    rows: int
    age: timedelta
    until: datetime
    is_open: bool

    def is_covered(self, lookback: timedelta) -> bool:
        """Tell whether a lookback finds rows of twice that age."""
        return 2 * self.age <= lookback

    @property
    def minutes(self) -> int:
        """The age in whole minutes, rounded up."""
        return -(-self.age // timedelta(minutes=1))

    @property
    def enough(self) -> int:
        """Minutes of a lookback that finds twice that age; and a refresh by the day, if open."""
        return max(2 * self.minutes, _TWO_DAYS // timedelta(minutes=1) if self.is_open else 0)


class Arrivals:
    """Compares the dates of rows that are read again with how many were there the last time.

    Rows are counted by slices of the lookback. A row that changes moves to a later slice, so an
    old slice can only grow by a row that came late. Dates that are whole days, or outside of the
    window that they came for, cannot be trusted (another time zone, another date): then, as where
    there is no date or too many of them, nothing is compared nor remembered.

    Args:
        before: What the last run remembered, if any did.
        until: Where this run ends.
        lookback: How far the next one reads again.
    """

    def __init__(
        self, before: Mapping[str, Any] | None, until: datetime, lookback: timedelta
    ) -> None:
        self._before = before
        self._spans = [Window(until - lookback, until)] if lookback else []
        self._until = until
        self._slice = max(timedelta(minutes=1), lookback / _SLICES)
        self._since = until
        self._dates: dict[Any, datetime] | None = {}
        if before is not None:
            seen = parse_instant(before["until"])
            length = timedelta(seconds=before["seconds"] * len(before["rows"]))
            self._spans.append(Window(seen - length, seen))

    def see(self, window: Window, rows: int, read: Callable[[], Dates | None]) -> None:
        """Look at a window, in order; its dates are read only if they matter.

        Args:
            window: Which.
            rows: How many it holds.
            read: Returns their dates; None if the rows have none.
        """
        self._since = min(self._since, window.start)
        matters = any(
            window.start < span.until and window.until > span.start for span in self._spans
        )
        if self._dates is None or not matters:
            return
        dates = read() if len(self._dates) + rows <= _MOST_DATES else None
        if dates is None or not _are_of(window, dates):
            self._dates = None
        else:
            self._dates.update(dates)

    def late(self, asked: str) -> Late | None:
        """Find rows that came late; None if there are none, or other rows were asked for before.

        Args:
            asked: What stands for which rows were asked for.
        """
        before = self._before
        if before is None or self._dates is None or before["asked"] != asked:
            return None
        until, had = parse_instant(before["until"]), before["rows"]
        length = timedelta(seconds=before["seconds"])
        now = _by_slice(self._dates.values(), until, length)
        late = {n: len(now[n]) - rows for n, rows in enumerate(had) if len(now[n]) > rows}
        if not late:
            return None
        oldest = max(late)
        age = until - min(now[oldest])
        return Late(sum(late.values()), age, until, is_open=not any(had[oldest + 1 :]))

    def to_remember(self, asked: str) -> dict[str, Any]:
        """Return what the next run compares with, once all is read; nothing if it could not.

        ``rows`` of each slice before ``until``, the newest first, as far back as was read.
        """
        if self._dates is None or not self._spans:
            return {}
        seconds = self._slice // timedelta(seconds=1)
        length = timedelta(seconds=seconds)
        start = max(self._since, self._spans[0].start)
        slices = min(_SLICES, (self._until - start) // length)
        found = _by_slice(self._dates.values(), self._until, length)
        return {
            "asked": asked,
            "until": format_instant(self._until),
            "seconds": seconds,
            "rows": [len(found[n]) for n in range(slices)],
        }


def is_remembered(value: Any) -> bool:
    """Tell whether a value is what ``Arrivals.to_remember`` returns."""
    try:
        counts = [value["seconds"], *value["rows"]]
        parse_instant(value["until"]) - timedelta(seconds=value["seconds"] * len(value["rows"]))
        return (
            value.keys() == {"asked", "until", "seconds", "rows"}
            and isinstance(value["asked"], str)
            and len(value["rows"]) <= _SLICES
            and all(type(count) is int and 0 <= count < 2**31 for count in counts)
            and value["seconds"] > 0
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return False


def _are_of(window: Window, dates: Dates) -> bool:
    """Tell whether dates are instants of the window that they came for."""
    are_days = {date.time() for date in dates.values()} == {time()}
    return not are_days and all(window.start <= date <= window.until for date in dates.values())


def _by_slice(
    dates: Iterable[datetime], until: datetime, length: timedelta
) -> Mapping[int, list[datetime]]:
    """Sort dates before an instant into slices of a length, the newest being 0."""
    slices: dict[int, list[datetime]] = defaultdict(list)
    for date in dates:
        if date < until:
            slices[-((date - until) // length) - 1].append(date)
    return slices
