"""One run of the tap: what all its streams share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tap_continu_coursebase.core.activity import Activity
from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.core.watch import Watch

LONGEST_LOOK = 20.0


class Ledger(Protocol):
    """Where streams record what is worth knowing of their loads."""

    def add(self, row: Mapping[str, Any]) -> bool:
        """Record one row; tell whether that is wanted."""


@dataclass
class Run:
    """What the tap decides once, at its start, for all streams.

    Attributes:
        start: First instant to load, UTC.
        until: First instant not to load, UTC.
        version: Of every full table of this run, milliseconds since the epoch.
        tries: How often one request is tried at most.
        most: Seconds that the run may take; None if there is no limit.
        is_test: Whether only the connection is tried: a little of each stream is asked for, and
            no export is started.
        started: Monotonic seconds.
        ledger: Where each window is recorded; None if the source has no windows.
        rejected: Where each row without its key is recorded; None if no source has a place.
        failures: Why streams failed, by stream.
        watches: By source, what keeps its exchanges where sources are only looked at, by as few
            and small requests as possible; empty where they are loaded.
        activities: What is done for the streams whose reading has begun, in order.
        calls_left: Tells how many calls of the minute and the day are left; None if no source
            has a budget.
        is_live: Whether somebody watches the progress on a terminal.
    """

    start: datetime
    until: datetime
    version: int
    tries: int
    most: float | None = None
    is_test: bool = False
    started: float = field(default_factory=time.monotonic)
    ledger: Ledger | None = None
    rejected: Ledger | None = None
    failures: dict[str, TapError] = field(default_factory=dict)
    watches: Mapping[str, Watch] = field(default_factory=dict)

    @property
    def only_looks(self) -> bool:
        """Whether sources are only looked at."""
        return bool(self.watches)

    def patience(self, seconds: float) -> float:
        """Return how long to wait for what may take so many seconds: less where it is a look."""
        return min(seconds, LONGEST_LOOK) if self.only_looks else seconds

    activities: list[Activity] = field(default_factory=list)
    calls_left: Callable[[], tuple[int, int]] | None = None
    is_live: bool = False

    def begin(self, now: datetime, last: datetime | None) -> None:
        """Fix the end and the version: once nobody else loads the streams, so that all is newer.

        Args:
            now: The present.
            last: First instant that is not wanted, if not the present.
        """
        self.until = min(now.replace(microsecond=0), last or now)
        self.version = int(now.timestamp() * 1000)

    def is_out_of_time(self) -> bool:
        """Tell whether the run has taken as long as it may."""
        return self.most is not None and time.monotonic() - self.started >= self.most
