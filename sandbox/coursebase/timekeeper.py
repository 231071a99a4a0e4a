"""Coursebase's own time, in fractions of a second: jobs, links, tokens, late writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


class Timekeeper:
    """A clock that can be put forward.

    It is apart from the data clock of the Continu half, which may stand still: an export
    has to end in any case.

    Args:
        source: Returns epoch seconds; `time.time` unless a test brings its own.
    """

    def __init__(self, source: Callable[[], float]) -> None:
        self._source = source
        self._offset = 0.0

    def now(self) -> float:
        """Return the present in epoch seconds (UTC)."""
        return self._source() + self._offset

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self._offset += seconds


def iso_milliseconds(instant: float) -> str:
    """Write an instant as `2024-02-13T07:55:32.286Z`; documented: M (report.export.status)."""
    moment = datetime.fromtimestamp(instant, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
