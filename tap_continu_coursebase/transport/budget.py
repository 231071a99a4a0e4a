"""The request budget that all callers of one API share."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tap_continu_coursebase.core.activity import current
from tap_continu_coursebase.core.errors import SourceStoppedError
from tap_continu_coursebase.transport.headers import PER_DAY, PER_MINUTE, Meter

MINUTE = 60.0
_POLL = 0.05
_SHARE_LEFT = 10
_RECONSIDER = 1.0
"""Seconds after which to look again at what others use: an answer may have told otherwise."""
_WORTH_TELLING = 5.0
"""Seconds from which a wait is told."""

logger = logging.getLogger(__name__)


class _Wait(NamedTuple):
    """Why no call may be sent now.

    ``seconds`` is when to look again, ``left`` when a call may be sent at the latest.
    """

    seconds: float
    left: float
    why: str


class RequestBudget:
    """Keeps a company's calls within its calls a minute and a day.

    A call occupies its place from when it is sent until a minute after it was answered:
    wherever the server's minute begins, fixed or sliding (neither is documented), it can
    then never count more of our calls than allowed. What the response headers report
    beyond our own calls was spent by other clients of the same company (documented: the
    budget is per company and the headers carry consumed counts) and is left to them for
    a minute; and a tenth of the minute to any that come, so that none is kept out. A header
    that holds something else, as its moves show, is left aside, and the day's is believed only
    once it has risen: a wrong reading of it would end the run.

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
        self._calls = 0
        self._minute, self._day = Meter(PER_MINUTE), Meter(PER_DAY)
        self._told: set[str] = set()
        self._told_wait_at = -MINUTE

    def acquire(self) -> None:
        """Wait until a call may be sent, and take its place.

        Raises:
            SourceStoppedError: If the day's budget is used up.
        """
        while (wait := self._try_acquire()) is not None:
            self._tell_wait(wait)
            with current().waiting(wait.why, wait.left):
                self._sleep(wait.seconds)

    def left(self) -> tuple[int, int]:
        """Return how many calls are left of this minute and of this day, as far as is known."""
        with self._lock:
            self._forget_before(self._clock() - MINUTE)
            minute = self._per_minute - self._open - len(self._answered) - self._of_others()
            return max(0, minute), max(0, self._per_day - self._spent_today - self._open)

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
            self._minute.read(minute_count)
            self._day.read(day_count)
            if minute_count is not None:
                counts = self._minute.may_count(self._per_minute)
                self._others = self._beyond_own(minute_count) if counts else 0
                self._others_until = now + MINUTE
            self._open -= 1
            self._answered.append(now)
            self._calls += 1
            self._spent_today = self._day_so_far(day_count)
            self._tell_meanings()

    def pause(self, seconds: float) -> None:
        """Send nothing for a while: the API said that the calls a minute are exceeded."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def is_used_by_others(self, told: int | None, header: int | None) -> bool:
        """Tell whether others have used a minute that was refused, and so made progress.

        Args:
            told: The company's calls of that minute, the refused one included, as the refusal's
                text tells; None if it doesn't.
            header: The same as its header tells, which beyond the limit can mean nothing else.
        """
        if told is None and header is not None and header > self._per_minute:
            told = header
        with self._lock:
            self._forget_before(self._clock() - MINUTE)
            return told is not None and self._beyond_own(told) > 0

    def _beyond_own(self, counted: int) -> int:
        return max(0, counted - self._open - len(self._answered))

    def _tell_meanings(self) -> None:
        for meter in (self._minute, self._day):
            meaning = meter.other_meaning()
            if meaning is not None and meter.name not in self._told:
                self._told.add(meter.name)
                logger.info("%s %s: it is not taken for calls used", meter.name, meaning)

    def _tell_wait(self, wait: _Wait) -> None:
        """Tell of a long wait, at most once a minute."""
        with self._lock:
            now = self._clock()
            if wait.left < _WORTH_TELLING or now < self._told_wait_at + MINUTE:
                return
            self._told_wait_at = now
        until = datetime.now(UTC) + timedelta(seconds=wait.left)
        logger.info("Waiting until %s: %s", f"{until:%Y-%m-%dT%H:%M:%SZ}", wait.why)

    def _of_others(self) -> int:
        return self._others if self._clock() < self._others_until else 0

    def _try_acquire(self) -> _Wait | None:
        """Take a place if one is free; else return how long to wait, and why."""
        with self._lock:
            if self._spent_today + self._open >= self._per_day:
                raise SourceStoppedError(
                    f"the budget of {self._per_day} requests a day is used up "
                    f"(continu_requests_per_day; {self._day_told()}); what was loaded is safe: run "
                    "again after 00:00 UTC (when the day begins is not documented)"
                )
            now = self._clock()
            if now < self._paused_until:
                left = self._paused_until - now
                return _Wait(left, left, "the API said that the calls a minute are used up (429)")
            self._forget_before(now - MINUTE)
            others = self._of_others()
            is_shared = others and self._minute.has_risen
            room = self._per_minute // _SHARE_LEFT if is_shared else 0
            if self._open + len(self._answered) + others < self._per_minute - room:
                self._open += 1
                return None
            ends = [self._answered[0] + MINUTE] if self._answered else []
            why = f"the {self._per_minute} calls a minute (continu_requests_per_minute) are used up"
            if others:
                ends.append(self._others_until)
                why += f", {others} of them by other clients of the company"
            left = max(min(ends, default=now) - now, _POLL)
            return _Wait(min(left, _RECONSIDER) if others else left, left, why)

    def _day_told(self) -> str:
        header = "none" if self._day.value is None else self._day.value
        return f"calls of this run: {self._calls + self._open}, header {PER_DAY}: {header}"

    def _day_so_far(self, reported: int | None) -> int:
        """Count the calls of the day; answers may come out of order, and days begin anew."""
        if reported is None or not self._day.has_risen:
            return self._spent_today + 1
        is_new_day = reported < self._spent_today - self._per_minute
        return reported if is_new_day else max(reported, self._spent_today)

    def _forget_before(self, instant: float) -> None:
        while self._answered and self._answered[0] <= instant:
            self._answered.popleft()
