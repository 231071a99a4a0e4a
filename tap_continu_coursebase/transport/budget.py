"""The request budget that all callers of one API share."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from tap_continu_coursebase.core.errors import SourceStoppedError

MINUTE = 60.0
_POLL = 0.05


class RequestBudget:
    """Keeps a company's calls within its calls a minute and a day.

    A call occupies its place from when it is sent until a minute after it was answered:
    wherever the server's minute begins, fixed or sliding (neither is documented), it can
    then never count more of our calls than allowed. What the response headers report
    beyond our own calls was spent by other clients of the same company (documented: the
    budget is per company and the headers carry consumed counts) and is left to them for
    a minute.

    Args:
        per_minute: Calls allowed a minute.
        per_day: Calls allowed a day.
        clock: Monotonic seconds.
        sleep: Waits for a number of seconds.
    """

    def __init__(
        self,
        per_minute: int,
        per_day: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._per_day = per_day
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._open = 0
        self._answered: deque[float] = deque()
        self._others = 0
        self._others_until = 0.0
        self._paused_until = 0.0
        self._spent_today = 0

    def acquire(self) -> None:
        """Wait until a call may be sent, and take its place.

        Raises:
            SourceStoppedError: If the day's budget is used up.
        """
        while (wait := self._try_acquire()) > 0:
            self._sleep(wait)

    def answered(self, minute_count: int | None = None, day_count: int | None = None) -> None:
        """Note that a call was answered, or given up.

        Args:
            minute_count: Calls of the whole company in the current minute, as the
                response reports it; None if it doesn't.
            day_count: The same for the day.
        """
        with self._lock:
            now = self._clock()
            self._forget_before(now - MINUTE)
            if minute_count is not None:
                own = self._open + len(self._answered)
                self._others = max(0, minute_count - own)
                self._others_until = now + MINUTE
            self._open -= 1
            self._answered.append(now)
            self._spent_today = self._day_so_far(day_count)

    def pause(self, seconds: float) -> None:
        """Send nothing for a while: the API said that the calls a minute are exceeded."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _try_acquire(self) -> float:
        """Take a place if one is free; else return the seconds until that may have changed."""
        with self._lock:
            if self._spent_today + self._open >= self._per_day:
                raise SourceStoppedError(
                    f"the budget of {self._per_day} requests a day is used up; what was loaded "
                    "is safe: run again after 00:00 UTC (when the day begins is not documented)"
                )
            now = self._clock()
            if now < self._paused_until:
                return self._paused_until - now
            self._forget_before(now - MINUTE)
            others = self._others if now < self._others_until else 0
            if self._open + len(self._answered) + others < self._per_minute:
                self._open += 1
                return 0
            ends = [self._answered[0] + MINUTE] if self._answered else []
            if others:
                ends.append(self._others_until)
            return max(min(ends) - now, _POLL) if ends else _POLL

    def _day_so_far(self, reported: int | None) -> int:
        """Count the calls of the day; answers may come out of order, and days begin anew."""
        if reported is None:
            return self._spent_today + 1
        is_new_day = reported < self._spent_today - self._per_minute
        return reported if is_new_day else max(reported, self._spent_today)

    def _forget_before(self, instant: float) -> None:
        while self._answered and self._answered[0] <= instant:
            self._answered.popleft()
