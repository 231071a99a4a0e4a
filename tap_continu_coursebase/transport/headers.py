"""What the headers of a response tell: how long to wait, the server's clock, counts of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EARLIEST_PRESENT = datetime(2025, 1, 1, tzinfo=UTC)
"""A server that tells an earlier ``Date`` has lost its clock."""
_MOST_DIGITS = 9


def retry_after(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header in either form.

    Args:
        header: Seconds, or an HTTP date.
        now: The instant an HTTP date is compared with, UTC.

    Returns:
        Seconds to wait, not negative; None if there is no readable header.
    """
    if header is None:
        return None
    if (seconds := header.strip()).isdecimal():
        return float(seconds)
    if (until := _http_date(header)) is None:
        return None
    return max((until - now).total_seconds(), 0.0)


def clock_ahead(date: str | None, now: datetime) -> timedelta:
    """Tell how far a clock is ahead of the server's.

    Args:
        date: The ``Date`` header (whole seconds).
        now: What the clock showed when the header came, UTC.

    Returns:
        Negative if behind; zero if there is no readable header, or one that cannot be true.
    """
    if (served := _http_date(date)) is None or served < EARLIEST_PRESENT:
        return timedelta(0)
    return now - served


def count(header: str | None) -> int | None:
    """Read how many calls a header counts; None if it has no plausible number."""
    text = (header or "").strip()
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _http_date(header: str | None) -> datetime | None:
    try:
        instant = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
