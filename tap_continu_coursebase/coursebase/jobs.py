"""Report exports: start a job, wait for it, and fetch its file.

Facts: the methods report.export and report.export.status (documented). One export of a
type runs at a time, a finished one is kept for an hour, its link for 15 minutes.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import IO, Any

from tap_continu_coursebase.core.concurrency import in_background
from tap_continu_coursebase.core.errors import RejectedError
from tap_continu_coursebase.coursebase.client import CoursebaseClient, RpcError
from tap_continu_coursebase.coursebase.storage import LinkExpiredError, download
from tap_continu_coursebase.decode.value import Misfit, coerce

_FIRST_WAIT, _LONGEST_WAIT = 2.0, 30.0
_RESTARTS = 5
_DOWNLOADS = 3
_WORD = re.compile(r"[a-z_]{0,30}", re.ASCII)
_TEXTS = (
    "data_updated_at",
    "finished_at",
    "language",
    "started_at",
    "status",
    "time_zone",
    "url",
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Selector:
    """What is exported: a report type or a saved report.

    Attributes:
        argument: ``report_type`` or ``report_id``.
        value: Which one.
    """

    argument: str
    value: str

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments that select it."""
        return {self.argument: self.value}

    def __str__(self) -> str:
        return f"{self.argument} {self.value}"


@dataclass(frozen=True, slots=True)
class FinishedExport:
    """A finished job.

    Attributes:
        data_updated_at: How fresh the data behind it is, ISO 8601 UTC.
        finished_at: When it finished, ISO 8601 UTC.
        row_count: How many rows its file has, if told.
        url: Where the file is, for 15 minutes; a credential, never shown.
    """

    data_updated_at: str | None
    finished_at: str | None
    row_count: int | None
    url: str | None


class ExportTimeoutError(RejectedError):
    """An export did not finish in time."""


class Exports:
    """Runs export jobs, those of different selectors side by side.

    Args:
        client: Calls the methods.
        together: What is exported in this run, so that all jobs run side by side.
        language: Of the reports' content.
        time_zone: Of their dates.
        timeout: Seconds to wait for one export.
        request_timeout: Seconds for one download to go on.
        clock: Monotonic seconds.
        sleep: Waits for a number of seconds.
    """

    def __init__(
        self,
        client: CoursebaseClient,
        *,
        together: Callable[[], Iterable[Selector]],
        language: str,
        time_zone: str,
        timeout: float,
        request_timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._together = together
        self._language = language
        self._time_zone = time_zone
        self._timeout = timeout
        self._request_timeout = request_timeout
        self._clock = clock
        self._sleep = sleep
        self._jobs: dict[Selector, Future[FinishedExport]] = {}

    def wait_for(self, selector: Selector) -> FinishedExport:
        """Wait for a job; the first one asked for starts all that are wanted together.

        Raises:
            RpcError: With the code that the API answered with.
            RejectedError: If it does not finish in time or in a way that is not known.
        """
        for wanted in (selector, *self._together()):
            if wanted not in self._jobs:
                self._jobs[wanted] = in_background(self._run, wanted)
        return self._jobs[selector].result()

    def fetch(self, selector: Selector) -> tuple[FinishedExport, IO[bytes]]:
        """Fetch the file of a finished job, with a fresh link each time.

        Returns:
            The job whose file it is, and the file, which vanishes when closed.
        """
        refused: set[str | None] = set()
        for _ in range(_DOWNLOADS):
            fresh = self._status(selector)
            is_usable = (
                fresh is not None
                and self._is_ours(fresh)
                and fresh["status"] == "finished"
                and fresh.get("url") not in refused
            )
            export = _finished_export(fresh) if fresh and is_usable else self._run(selector)
            if export.url is None:
                raise RejectedError(f"the export of {selector} finished without a link")
            try:
                return export, download(export.url, self._request_timeout)
            except LinkExpiredError:
                refused.add(export.url)
                logger.info(
                    "The link to the export of %s is no longer valid: getting another", selector
                )
        raise RejectedError(f"storage refuses each link to the export of {selector}")

    def _run(self, selector: Selector) -> FinishedExport:
        """Start an export in our language and time zone, and wait until it is finished."""
        deadline = self._clock() + self._timeout
        earlier = self._status(selector)
        stale = earlier.get("started_at") if earlier and earlier["status"] == "finished" else None
        for _ in range(_RESTARTS):
            begun = self._client.call("report.export", self._request(selector))
            ours = isinstance(begun, Mapping) and self._is_ours(_readable(begun))
            if not ours:
                logger.info("Another export of %s is running: waiting for it to end", selector)
            job = self._wait(selector, stale if ours else None, deadline)
            if job is not None and ours and self._is_ours(job):
                return _finished_export(job)
        raise RejectedError(f"the export of {selector} was lost {_RESTARTS} times")

    def _wait(
        self, selector: Selector, stale: str | None, deadline: float
    ) -> Mapping[str, Any] | None:
        """Poll until a job is finished that is not the stale one; None if it has vanished."""
        wait = _FIRST_WAIT
        while True:
            job = self._status(selector)
            if job is None:
                return None
            is_stale = stale is not None and job.get("started_at") == stale
            if job["status"] == "finished" and not is_stale:
                return job
            if self._clock() + wait > deadline:
                raise ExportTimeoutError(
                    f"the export of {selector} is still {job['status']} after "
                    f"{self._timeout / 60:.0f} minutes (coursebase_export_timeout_minutes)"
                )
            self._sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)

    def _status(self, selector: Selector) -> Mapping[str, Any] | None:
        """Ask for a job's status; None if there is none (never started, or an hour ago)."""
        try:
            job = _readable(self._client.call("report.export.status", selector.arguments))
        except RpcError as error:
            if error.code == "not_found":
                return None
            raise
        if (status := job.get("status", "")) not in {"pending", "started", "finished"}:
            shown = repr(status) if _WORD.fullmatch(status) else "(no word)"
            raise RejectedError(f"the export of {selector} has the unknown status {shown}")
        return job

    def _request(self, selector: Selector) -> dict[str, str]:
        return {
            **selector.arguments,
            "language": self._language,
            "time_zone": self._time_zone,
        }

    def _is_ours(self, job: Mapping[str, Any]) -> bool:
        """Tell whether a job is in our language and time zone, as far as it says."""
        return all(
            job.get(name) in {None, wanted}
            for name, wanted in (("language", self._language), ("time_zone", self._time_zone))
        )


def _readable(job: Any) -> dict[str, Any]:
    """Keep what a job says in a way that can be read; anything else counts as not said."""
    if not isinstance(job, Mapping):
        return {}
    said = {name: job[name] for name in _TEXTS if isinstance(job.get(name), str)}
    try:
        return {**said, "row_count": coerce(job.get("row_count"), ("integer",))}
    except Misfit:
        return said


def _finished_export(job: Mapping[str, Any]) -> FinishedExport:
    return FinishedExport(
        data_updated_at=job.get("data_updated_at"),
        finished_at=job.get("finished_at"),
        row_count=job.get("row_count"),
        url=job.get("url"),
    )
