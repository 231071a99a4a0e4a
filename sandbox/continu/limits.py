"""Request budgets: so many requests a minute and a day for the whole company."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple, Protocol

from sandbox.instants import DAY, MINUTE
from sandbox.options import LimitStyle


class Counter(Protocol):
    """Counts requests over a span of seconds."""

    def add(self, now: float, count: int) -> int:
        """Count `count` requests at `now`; return how many the current span holds."""


class FixedCounter:
    """Counts in spans that follow one another, the first one beginning at `origin`."""

    def __init__(self, span: int, origin: float) -> None:
        self._span = span
        self._origin = origin
        self._window = 0
        self._count = 0

    def add(self, now: float, count: int) -> int:
        """Count `count` requests at `now`; return how many the current span holds."""
        window = int((now - self._origin) // self._span)
        if window != self._window:
            self._window, self._count = window, 0
        self._count += count
        return self._count


class SlidingCounter:
    """Counts whatever came in the last `span` seconds."""

    def __init__(self, span: int) -> None:
        self._span = span
        self._seen: deque[tuple[float, int]] = deque()
        self._count = 0

    def add(self, now: float, count: int) -> int:
        """Count `count` requests at `now`; return how many the last span holds."""
        self._seen.append((now, count))
        self._count += count
        while self._seen[0][0] <= now - self._span:
            self._count -= self._seen.popleft()[1]
        return self._count


class Consumed(NamedTuple):
    """How many requests were counted, this one included."""

    minute: int
    day: int


class Budget:
    """The two caps of the company, shared by all its clients.

    A refused request counts as well: the count is written before the cap is checked.
    Documented: R-rate (the 429 itself reports 51).
    """

    def __init__(
        self,
        per_minute: int,
        per_day: int,
        style: LimitStyle,
        clock: Callable[[], float],
    ) -> None:
        self.per_minute = per_minute
        self.per_day = per_day
        self._clock = clock
        self._lock = Lock()
        self._minute, self._day = self._counter(style, MINUTE), self._counter(style, DAY)

    def _counter(self, style: LimitStyle, span: int) -> Counter:
        return SlidingCounter(span) if style == "sliding" else FixedCounter(span, self._clock())

    def consume(self, count: int = 1) -> Consumed:
        """Count `count` requests now."""
        with self._lock:
            now = self._clock()
            return Consumed(self._minute.add(now, count), self._day.add(now, count))

    def minute_message(self, consumed: int) -> str:
        """Return the text of the minute's 429; documented: R-err."""
        return f"too many requests per minute, rate limit {self.per_minute} exceeded {consumed}"

    def day_message(self, consumed: int) -> str:
        """Return the text of the day's 429; documented: R-err."""
        return f"too many requests today, rate limit {self.per_day} exceeded {consumed}"

    def refusal(self, consumed: Consumed) -> str | None:
        """Return the message of the 429 that `consumed` earns, or None."""
        if consumed.day > self.per_day:
            return self.day_message(consumed.day)
        if consumed.minute > self.per_minute:
            return self.minute_message(consumed.minute)
        return None
