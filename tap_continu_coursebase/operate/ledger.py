"""What ``continu_windows`` tells: which spans of time are loaded, the gaps, what a window costs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from tap_continu_coursebase.core.windows import align, next_boundary

TABLE = "continu_windows"
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Window:
    """One fetched window.

    Attributes:
        stream: Name of the stream.
        start: First instant inside, UTC.
        until: First instant after, UTC.
        rows: How many rows it had when it was last fetched.
        loaded_at: When its record was extracted, right after its rows, UTC.
        seconds: How long its answer took, waits and all tries included; None if not known.
        tries: Requests that it took; None if not known.
    """

    stream: str
    start: datetime
    until: datetime
    rows: int
    loaded_at: datetime
    seconds: float | None = None
    tries: int | None = None


@dataclass(frozen=True)
class Month:
    """What is loaded of one stream in one month (UTC).

    Attributes:
        start: Its first instant.
        windows: How many windows that begin in it were fetched.
        rows: Of those that nothing has superseded.
        loaded_at: When the last of its windows was loaded; None if there is none.
        gaps: Spans of it, after the stream's first window and before the end of its last one,
            that no window covers.
    """

    start: datetime
    windows: int
    rows: int
    loaded_at: datetime | None
    gaps: list[Span]


@dataclass(frozen=True)
class Coverage:
    """What is loaded of one stream.

    Attributes:
        stream: Its name.
        start: Where its first window begins.
        until: Where its last window ends.
        windows: How many windows were fetched, those read again in other pieces included.
        rows: Sum of the rows that its windows had when each was last fetched, but for windows
            that later ones have read again as a whole; rows in a lookback count twice.
        loaded_at: When the last of them was loaded.
        gaps: Spans between the first window and the last one that no window covers.
        months: From the first window's to the last one's.
    """

    stream: str
    start: datetime
    until: datetime
    windows: int
    rows: int
    loaded_at: datetime
    gaps: list[Span]
    months: list[Month]


class Typical(NamedTuple):
    """What a window took and held as a rule."""

    seconds: float | None
    rows: float


def coverages(windows: Iterable[Window]) -> list[Coverage]:
    """Sum the ledger up, stream by stream."""
    return [_coverage(stream, found) for stream, found in sorted(by_stream(windows).items())]


def by_stream(windows: Iterable[Window]) -> dict[str, list[Window]]:
    """Sort the ledger by stream."""
    found: dict[str, list[Window]] = {}
    for window in windows:
        found.setdefault(window.stream, []).append(window)
    return found


def gaps(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield what a number of spans, in any order and overlapping or not, leave open inside."""
    reached: datetime | None = None
    for start, until in sorted(spans):
        if reached is not None and start > reached:
            yield reached, start
        reached = until if reached is None else max(reached, until)


def current(windows: Iterable[Window]) -> list[Window]:
    """Leave out the windows that later ones have read again as a whole.

    Returns:
        The others, the last loaded first; they cover the same time.
    """
    kept: list[Window] = []
    starts: list[datetime] = []
    ends: list[datetime] = []
    latest = sorted(windows, key=lambda one: (one.loaded_at, one.until - one.start), reverse=True)
    for window in latest:
        before = bisect_right(starts, window.start) - 1
        if before >= 0 and ends[before] >= window.until:
            continue
        kept.append(window)
        first, last = bisect_left(ends, window.start), bisect_right(starts, window.until)
        starts[first:last] = [min([window.start, *starts[first:last]])]
        ends[first:last] = [max([window.until, *ends[first:last]])]
    return kept


def typical(windows: Sequence[Window], length: timedelta) -> Typical | None:
    """Tell what a window of a stream took and held as a rule.

    Args:
        windows: Those of the stream that were fetched.
        length: Of the window to come; windows of half to twice that length count if there are
            any, else all.

    Returns:
        Medians; None if no window was fetched.
    """
    alike = [one for one in windows if length / 2 <= one.until - one.start <= length * 2]
    counted = alike or windows
    if not counted:
        return None
    smooth = [one for one in counted if one.tries in {None, 1}] or counted
    seconds = [one.seconds for one in smooth if one.seconds is not None]
    return Typical(median(seconds) if seconds else None, median(one.rows for one in counted))


def _coverage(stream: str, windows: list[Window]) -> Coverage:
    spans = [(window.start, window.until) for window in windows]
    open_spans = list(gaps(spans))
    living = current(windows)
    start, until = min(spans)[0], max(until for _, until in spans)
    return Coverage(
        stream,
        start,
        until,
        len(windows),
        sum(window.rows for window in living),
        max(window.loaded_at for window in windows),
        open_spans,
        list(_months(start, until, windows, living, open_spans)),
    )


def _months(
    start: datetime,
    until: datetime,
    windows: list[Window],
    living: list[Window],
    open_spans: list[Span],
) -> Iterator[Month]:
    loaded: dict[datetime, list[datetime]] = {}
    for window in windows:
        loaded.setdefault(align(window.start, "month"), []).append(window.loaded_at)
    rows: dict[datetime, int] = {}
    for window in living:
        month = align(window.start, "month")
        rows[month] = rows.get(month, 0) + window.rows
    month = align(start, "month")
    while month < until:
        following = next_boundary(month, "month")
        times = loaded.get(month, [])
        yield Month(
            month,
            len(times),
            rows.get(month, 0),
            max(times, default=None),
            [
                (max(first, month), min(last, following))
                for first, last in open_spans
                if first < following and last > month
            ],
        )
        month = following
