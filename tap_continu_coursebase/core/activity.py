"""What is done for one stream: how often it asks, and what it waits for.

Whoever sends requests for a stream, in whatever thread, finds its activity by ``current``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(eq=False)
class Wait:
    """Something that is waited for.

    Attributes:
        what: For instance ``the export of report_type People``.
        until: When the wait ends at the latest, UTC.
        since: Monotonic seconds.
    """

    what: str
    until: datetime
    since: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return datetime.now(UTC) >= self.until

    def __str__(self) -> str:
        return f"{self.what} (until {self.until:%Y-%m-%dT%H:%M:%SZ} at the latest)"


class Activity:
    """Counts what is done for a stream, in all of its threads, and knows what it waits for.

    Args:
        stream: The stream's name.

    Attributes:
        requests: How many were sent.
        retries: How many of them are to be sent once more.
        rows: How many were read.
        planned: How many windows there are to fetch; 0 if it has none.
        reached: How many of those are fetched, in whole or in pieces.
        windows: How many windows or pieces of them are fetched.
        started: When its reading began, monotonic seconds; None if it has not.
        ended: When its reading ended, likewise.
    """

    def __init__(self, stream: str = "") -> None:
        self.stream = stream
        self.requests = 0
        self.retries = 0
        self.rows = 0
        self.planned = 0
        self.reached = 0
        self.windows = 0
        self.started: float | None = None
        self.ended: float | None = None
        self._lock = threading.Lock()
        self._waits: list[Wait] = []

    def sent(self) -> None:
        """Count a request."""
        with self._lock:
            self.requests += 1

    def retried(self, what: str, seconds: float) -> None:
        """Count a request that is sent once more, after a wait that begins now.

        Args:
            what: Why.
            seconds: How long.
        """
        with self._lock:
            self.retries += 1
            self._waits.append(_wait(what, seconds))

    @property
    def prefix(self) -> str:
        """What a message of its own begins with."""
        return f"{self.stream}: " if self.stream else ""

    def seconds(self) -> float:
        """Return how long the stream has been read so far, or was."""
        if self.started is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.started

    @contextmanager
    def waiting(self, what: str, seconds: float) -> Iterator[None]:
        """Let something be waited for.

        Args:
            what: For what.
            seconds: For how long at most.
        """
        wait = _wait(what, seconds)
        with self._lock:
            self._waits.append(wait)
        try:
            yield
        finally:
            with self._lock:
                if wait in self._waits:
                    self._waits.remove(wait)

    def waits(self) -> list[Wait]:
        """Return what is waited for now, the longest since first."""
        with self._lock:
            self._waits = [wait for wait in self._waits if not wait.is_over]
            return sorted(self._waits, key=lambda wait: wait.since)


def _wait(what: str, seconds: float) -> Wait:
    return Wait(what, datetime.now(UTC) + timedelta(seconds=seconds))


_nobodys = Activity()
_current: ContextVar[Activity] = ContextVar("activity", default=_nobodys)


def current() -> Activity:
    """Return the activity of the stream that the caller works for."""
    return _current.get()


def work_for(activity: Activity) -> None:
    """Let what this thread does from now on, and the threads it starts, be for one stream."""
    _current.set(activity)
