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
from typing import IO, Any, Literal, NamedTuple

from tap_continu_coursebase.core.concurrency import in_background
from tap_continu_coursebase.core.errors import RejectedError
from tap_continu_coursebase.coursebase.client import CoursebaseClient, RpcError
from tap_continu_coursebase.coursebase.storage import LinkExpiredError, download
from tap_continu_coursebase.decode.value import Misfit, coerce

_FIRST_WAIT, _LONGEST_WAIT = 2.0, 30.0
_RESTARTS = 5
_DOWNLOADS = 3
_WORD = re.compile(r"[a-z_]{0,30}", re.ASCII)
logger = logging.getLogger(__name__)


class Selector(NamedTuple):
    """What is exported: a report type or a saved report."""

    argument: Literal["report_type", "report_id"]
    value: str

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments that select it."""
        return {self.argument: self.value}

    def __str__(self) -> str:
        return f"{self.argument} {self.value}"


class ExportJob(NamedTuple):
    """What the API says of a job; None where it says nothing, or nothing readable.

    Instants are ISO 8601 in UTC; ``data_updated_at`` tells how fresh the data behind it are. The
    ``url`` leads to its file for 15 minutes: a credential, never shown.
    """

    status: str | None
    language: str | None
    time_zone: str | None
    started_at: str | None
    finished_at: str | None
    data_updated_at: str | None
    url: str | None
    row_count: int | None


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
        self._jobs: dict[Selector, Future[ExportJob]] = {}

    def wait_for(self, selector: Selector) -> ExportJob:
        """Wait for a job; the first one asked for starts all that are wanted together.

        Raises:
            RpcError: With the code that the API answered with.
            RejectedError: If it does not finish in time or in a way that is not known.
        """
        for wanted in (selector, *self._together()):
            if wanted not in self._jobs:
                self._jobs[wanted] = in_background(self._run, wanted)
        return self._jobs[selector].result()

    def fetch(self, selector: Selector) -> tuple[ExportJob, IO[bytes]]:
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
                and fresh.status == "finished"
                and fresh.url not in refused
            )
            export = fresh if fresh and is_usable else self._run(selector)
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

    def _run(self, selector: Selector) -> ExportJob:
        """Start an export in our language and time zone, and wait until it is finished."""
        deadline = self._clock() + self._timeout
        earlier = self._status(selector)
        stale = earlier.started_at if earlier and earlier.status == "finished" else None
        for _ in range(_RESTARTS):
            begun = self._client.call("report.export", self._request(selector))
            ours = isinstance(begun, Mapping) and self._is_ours(_read(begun))
            if not ours:
                logger.info("Another export of %s is running: waiting for it to end", selector)
            job = self._wait(selector, stale if ours else None, deadline)
            if job is not None and ours and self._is_ours(job):
                return job
        raise RejectedError(f"the export of {selector} was lost {_RESTARTS} times")

    def _wait(self, selector: Selector, stale: str | None, deadline: float) -> ExportJob | None:
        """Poll until a job is finished that is not the stale one; None if it has vanished."""
        wait = _FIRST_WAIT
        while True:
            job = self._status(selector)
            if job is None:
                return None
            is_stale = stale is not None and job.started_at == stale
            if job.status == "finished" and not is_stale:
                return job
            if self._clock() + wait > deadline:
                raise ExportTimeoutError(
                    f"the export of {selector} is still {job.status} after "
                    f"{self._timeout / 60:.0f} minutes (coursebase_export_timeout_minutes)"
                )
            self._sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)

    def _status(self, selector: Selector) -> ExportJob | None:
        """Ask for a job's status; None if there is none (never started, or an hour ago)."""
        try:
            job = _read(self._client.call("report.export.status", selector.arguments))
        except RpcError as error:
            if error.code == "not_found":
                return None
            raise
        if job.status not in {"pending", "started", "finished"}:
            status = job.status or ""
            shown = repr(status) if _WORD.fullmatch(status) else "(no word)"
            raise RejectedError(f"the export of {selector} has the unknown status {shown}")
        return job

    def _request(self, selector: Selector) -> dict[str, str]:
        return {
            **selector.arguments,
            "language": self._language,
            "time_zone": self._time_zone,
        }

    def _is_ours(self, job: ExportJob) -> bool:
        """Tell whether a job is in our language and time zone, as far as it says."""
        return job.language in {None, self._language} and job.time_zone in {None, self._time_zone}


def _read(job: Any) -> ExportJob:
    """Read what a job says; anything unreadable counts as not said."""
    said = job if isinstance(job, Mapping) else {}
    *texts, row_count = (said.get(name) for name in ExportJob._fields)
    try:
        rows = coerce(row_count, ("integer",))
    except Misfit:
        rows = None
    return ExportJob._make([*(text if isinstance(text, str) else None for text in texts), rows])
