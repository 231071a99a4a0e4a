"""Two clocks: what the organisation takes for now, and what the server tells as `Date`."""

from __future__ import annotations

import time
from email.utils import formatdate
from threading import Lock


class DataClock:
    """A clock that stands still at an instant, or runs beside the wall clock.

    Args:
        now: Epoch second at which it stands; None lets it run in real time.
    """

    def __init__(self, now: int | None) -> None:
        self._frozen = now
        self._offset = 0
        self._lock = Lock()

    def now(self) -> int:
        """Return the organisation's present, in epoch seconds (UTC)."""
        with self._lock:
            return self._frozen if self._frozen is not None else int(time.time()) + self._offset

    def set(self, now: int) -> None:
        """Stand still at `now` from here on."""
        with self._lock:
            self._frozen = now

    def advance(self, seconds: int) -> None:
        """Move by `seconds`; a running clock keeps running."""
        with self._lock:
            if self._frozen is not None:
                self._frozen += seconds
            else:
                self._offset += seconds


class ServerClock:
    """The server's own clock, which the `Date` header of each answer tells.

    Attributes:
        skew: Seconds that it is ahead of the real time; behind, if negative.
    """

    def __init__(self, skew: int = 0) -> None:
        self.skew = skew

    def date(self) -> str:
        """Return the value of a `Date` header sent now."""
        return formatdate(time.time() + self.skew, usegmt=True)
