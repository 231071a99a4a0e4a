"""Plan, align and split windows of time: pure functions, no clock, no I/O.

A window is half-open, ``[start, until)``, as the Reporting API defines it (documented:
date handling, "from inclusive, until exclusive"). All instants are aware datetimes in
UTC with whole seconds, the resolution of the API's path values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

CalendarUnit = Literal["month", "week", "day"]
UNITS: tuple[CalendarUnit, ...] = get_args(CalendarUnit)

SMALLEST = timedelta(hours=1)
LONGEST_LOOKBACK = 10 * 525_600
"""Minutes: ten years."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open span of time.

    Attributes:
        start: First instant inside, UTC.
        until: First instant after, UTC; later than ``start``.
    """

    start: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.until - self.start

    def __str__(self) -> str:
        return f"[{format_instant(self.start)}, {format_instant(self.until)})"


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date or instant; without an offset it is UTC, fractions are dropped.

    Args:
        text: For instance ``2024-01-01``, ``2024-01-01T00:00:00Z`` or with ``+02:00``.

    Returns:
        The instant in UTC, whole seconds.

    Raises:
        ValueError: If the text is neither.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise ValueError(f"{text} is out of the calendar in UTC") from error


def format_instant(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with ``Z`` and whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def align(instant: datetime, unit: CalendarUnit) -> datetime:
    """Return the calendar boundary (UTC; weeks begin on Monday) at or before an instant."""
    midnight = instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "month":
            return midnight.replace(day=1)
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "day":
            return midnight


def next_boundary(instant: datetime, unit: CalendarUnit) -> datetime:
    """Return the first calendar boundary after an instant."""
    boundary = align(instant, unit)
    match unit:
        case "month":
            return (boundary + timedelta(days=31)).replace(day=1)
        case "week":
            return boundary + timedelta(days=7)
        case "day":
            return boundary + timedelta(days=1)


def plan(start: datetime, until: datetime, unit: CalendarUnit) -> Iterator[Window]:
    """Tile ``[start, until)`` with calendar-aligned windows, in order.

    Args:
        start: First instant, UTC; only the first window may begin off a boundary.
        until: First instant after, UTC; only the last window may end off a boundary.
        unit: Where the boundaries lie.

    Yields:
        Windows that neither overlap nor leave a gap; none if ``until <= start``.
    """
    while start < until:
        end = min(next_boundary(start, unit), until)
        yield Window(start, end)
        start = end


def halve(window: Window) -> tuple[Window, Window] | None:
    """Split a window in two halves of at least an hour each.

    Returns:
        The earlier and the later half, or None if the window is too short for that.
    """
    if window.length < 2 * SMALLEST:
        return None
    middle = window.start + timedelta(seconds=window.length // timedelta(seconds=2))
    return Window(window.start, middle), Window(middle, window.until)


class PieceSize:
    """How long a window may be, learned from the answers of one stream.

    A window that was too much halves the size; after some windows of that size have
    worked, it doubles again, until whole windows are asked for as planned; or until they
    would be longer than the API said that they may be.
    """

    GROW_AFTER = 4

    def __init__(self) -> None:
        self._largest: timedelta | None = None
        self._longest: timedelta | None = None
        self._worked = 0

    def failed(self, window: Window, longest: timedelta | None = None) -> None:
        """Remember that a window was too much: at most half of it from now on.

        Args:
            window: Which one.
            longest: How long the API says that a window may be, if it does.
        """
        half = max(window.length / 2, SMALLEST)
        self._longest = longest or self._longest
        known = (size for size in (self._largest, self._longest, half) if size is not None)
        self._largest = max(min(known), SMALLEST)
        self._worked = 0

    def worked(self, window: Window) -> None:
        """Remember that a window was answered."""
        if self._largest is None or window.length * 2 <= self._largest:
            return
        if self._longest is not None and self._largest * 2 >= self._longest:
            return
        self._worked += 1
        if self._worked >= self.GROW_AFTER:
            self._largest *= 2
            self._worked = 0
            if self._largest > timedelta(days=31):
                self._largest = None

    def fit(self, window: Window) -> list[Window]:
        """Cut a planned window into pieces of the learned size that tile it in order."""
        halves = halve(window)
        if self._largest is None or window.length <= self._largest or halves is None:
            return [window]
        return [piece for half in halves for piece in self.fit(half)]
