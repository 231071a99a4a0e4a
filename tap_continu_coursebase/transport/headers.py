"""What the headers of a response tell: how long to wait, the server's clock, counts of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

EARLIEST_PRESENT = datetime(2025, 1, 1, tzinfo=UTC)
"""A server that tells an earlier ``Date`` has lost its clock."""
_MOST_DIGITS = 9
_RETRY = Retry(retry_after_max=10**_MOST_DIGITS)


def retry_after(header: str | None) -> float | None:
    """Read a Retry-After header in either form: seconds, or an HTTP date.

    Returns:
        Seconds to wait, not negative; None if there is no readable header.
    """
    try:
        return float(_RETRY.parse_retry_after(header or ""))
    except (InvalidHeader, ValueError, OverflowError):
        return None


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
