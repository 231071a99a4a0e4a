"""What the headers of a response tell: how long to wait, the server's clock, counts of calls."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

EARLIEST_PRESENT = datetime(2025, 1, 1, tzinfo=UTC)
"""A server that tells an earlier ``Date`` has lost its clock."""
PER_MINUTE, PER_DAY = "X-REQUESTS-PER-MINUTE", "X-REQUESTS-PER-DAY"
_MOST_DIGITS = 9
_LARGEST_STEP = 16
_SURE = 2
_REFUSED_AT = re.compile(r"exceeded\s+(\d{1,9})\b")
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


def refused_at(message: str) -> int | None:
    """Read how many calls a refusal counted, itself included, from its text.

    Documented: "too many requests per minute, rate limit 50 exceeded 51".
    """
    found = _REFUSED_AT.search(message)
    return int(found[1]) if found else None


class Meter:
    """A header of counts, and what it means as its moves from answer to answer show.

    Documented: calls used, this one included, so it rises. One that falls says what remains, one
    that never moves is the limit itself. A large step (a new minute or day, or others' calls)
    shows nothing.

    Attributes:
        name: Of the header.
        value: What it said last; None if it has not been there yet.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.value: int | None = None
        self._least = self._most = 0
        self._rises = self._falls = self._readings = 0
        self._has_moved = False

    def read(self, value: int | None) -> None:
        """Note what the header of an answer says, if it has one."""
        if value is None:
            return
        self._readings += 1
        before, self.value = self.value, value
        if before is None:
            self._least = self._most = value
            return
        self._has_moved |= value != before
        if abs(value - before) > _LARGEST_STEP:
            self._least = self._most = value
        elif value > self._most:
            self._most = value
            self._rises += 1
        elif value < self._least:
            self._least = value
            self._falls += 1

    @property
    def has_risen(self) -> bool:
        """Whether it is proven to count calls."""
        return self._rises > self._falls

    def may_count(self, limit: int) -> bool:
        """Tell whether it counts calls; a first reading below the limit is taken to."""
        if self._readings == 1:
            return self.value is not None and self.value < limit
        return self.has_risen

    def other_meaning(self) -> str | None:
        """Tell what it is taken for instead of calls used, once that is sure."""
        if self._falls - self._rises >= _SURE:
            return f"falls from answer to answer (now {self.value}), so it is what remains"
        if not self._has_moved and self._readings > _SURE:
            return f"is {self.value} in every answer, so it is the limit"
        return None


def _http_date(header: str | None) -> datetime | None:
    try:
        instant = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
