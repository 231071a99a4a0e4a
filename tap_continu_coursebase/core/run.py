"""One run of the tap: what all its streams share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

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
        started: Monotonic seconds.
        ledger: Where each window is recorded; None if the source has no windows.
        rejected: Where each row without its key is recorded; None if no source has a place.
        failures: Why streams failed, by stream.
        watches: By source, what keeps its exchanges where sources are only looked at, by as few
            and small requests as possible; empty where they are loaded.
    """

    start: datetime
    until: datetime
    version: int
    tries: int
    most: float | None = None
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

    def is_out_of_time(self) -> bool:
        """Tell whether the run has taken as long as it may."""
        return self.most is not None and time.monotonic() - self.started >= self.most
