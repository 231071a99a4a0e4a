"""Instants are whole epoch seconds in UTC everywhere inside the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@overload
def iso(instant: int) -> str: ...
@overload
def iso(instant: None) -> None: ...
@overload
def iso(instant: int | None) -> str | None: ...
def iso(instant: int | None) -> str | None:
    """Write an instant as `2024-05-15T14:32:00Z`; documented: R-date."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant, UTC).isoformat()[:19] + "Z"


def parse_instant(text: str) -> int:
    """Read an ISO 8601 date or date-time; without an offset it is UTC.

    Raises:
        ValueError: The string is no ISO 8601 date.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())
