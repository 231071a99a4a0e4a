"""Export jobs: what one is, and what it looks like at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from sandbox.coursebase.timekeeper import iso_milliseconds

PENDING, STARTED, FINISHED = "pending", "started", "finished"
KEPT_SECONDS = 3600
"""Documented: M; the status of a finished export can be read for one hour."""
QUEUE_SHARE = 0.25
"""Part of an export's time that it is queued."""
ONLY_LATER = ("started_at", "finished_at", "data_updated_at", "row_count", "url")
"""Fields that an unfinished export lacks; documented: M."""


class Selector(NamedTuple):
    """What is exported: a type, or a saved report."""

    key: str
    value: str


class File(NamedTuple):
    """The outcome of a job."""

    content: bytes
    row_count: int


@dataclass(frozen=True, slots=True)
class Job:
    """One export.

    Attributes:
        selector: What is exported.
        started_at: When it leaves the queue.
        finished_at: When it ends; infinite for one that never does.
        data_updated_at: How fresh its data is.
        path: Where the file lies in the storage.
        file: The file, which may still be in the making.
        foreign: Whether another client started it.
    """

    selector: Selector
    language: str
    time_zone: str
    started_at: float
    finished_at: float
    data_updated_at: float
    path: str
    file: Future[File]
    foreign: bool = False

    def status(self, now: float) -> str | None:
        """Return the status at an instant; None once it is forgotten."""
        if now < self.started_at:
            return PENDING
        if now < self.finished_at:
            return STARTED
        return FINISHED if now <= self.finished_at + KEPT_SECONDS else None

    def running(self, now: float) -> bool:
        """Tell whether it holds the slot of its selector."""
        return self.status(now) in (PENDING, STARTED)

    def echo(self, now: float) -> dict[str, Any]:
        """Return what report.export answers."""
        return {
            "status": self.status(now),
            self.selector.key: self.selector.value,
            "language": self.language,
            "time_zone": self.time_zone,
        }

    def progress(self, now: float) -> dict[str, Any]:
        """Return what report.export.status answers, without what only the file tells."""
        status = self.status(now)
        data = self.echo(now)
        if status != PENDING:
            data["started_at"] = iso_milliseconds(self.started_at)
        if status == FINISHED:
            data["finished_at"] = iso_milliseconds(self.finished_at)
            data["data_updated_at"] = iso_milliseconds(self.data_updated_at)
        return data


class Times(NamedTuple):
    """When a job starts and ends."""

    started_at: float
    finished_at: float


def plan_times(now: float, seconds: float, *, endless: bool = False) -> Times:
    """Return when a job that is requested now starts and ends."""
    return Times(now + seconds * QUEUE_SHARE, inf if endless else now + seconds)


def foreign_times(now: float, state: str, wanted: Mapping[str, Any], seconds: float) -> Times:
    """Return the times of a job that is in a state now.

    Args:
        now: The present.
        state: `pending`, `started` or `finished`.
        wanted: May hold `seconds`, how long it still takes, `endless`, and `age_seconds`, how
            long ago it finished.
        seconds: How long a job takes otherwise.

    Raises:
        ValueError: There is no such state.
    """
    left = inf if wanted.get("endless") else float(wanted.get("seconds", seconds))
    ages = float(wanted.get("age_seconds", 0.0))
    table = {
        PENDING: Times(now + min(left, seconds) * QUEUE_SHARE, now + left),
        STARTED: Times(now, now + left),
        FINISHED: Times(now - ages - seconds, now - ages),
    }
    if state not in table:
        raise ValueError(f"state is one of {sorted(table)}")
    return table[state]
