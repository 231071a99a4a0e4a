"""Report exports: start a job, wait for it, and fetch its file.

Facts: the methods report.export and report.export.status (documented). One export of a
type runs at a time, a finished one is kept for an hour, its link for 15 minutes. The status is
``pending``, ``started`` or ``finished``; ``not_found`` is a job that was never started, or whose
hour is over.

Inferred, since nothing else is published:

- A job that is ``not_found`` right after it was asked for is not visible yet: it is waited for.
- Any other status is a word of a running job, waited for until the timeout, which shows it. Words
  for a failure end the stream at once; words for an end are one if there is a link to the file or
  the job says that it has no rows.
- A job without rows may have neither link nor file: its report is empty.
- ``language`` and ``time_zone`` come back spelt as they were sent, but for capitals and hyphens.
- Fields may be in camelCase.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import IO, Any, Literal, NamedTuple

from tap_continu_coursebase.core.concurrency import in_background
from tap_continu_coursebase.core.errors import RejectedError
from tap_continu_coursebase.coursebase.client import CoursebaseClient, RpcError, told
from tap_continu_coursebase.coursebase.storage import LinkExpiredError, NoFileError, download
from tap_continu_coursebase.decode.record import snake_case
from tap_continu_coursebase.decode.value import Misfit, coerce

_FIRST_WAIT, _LONGEST_WAIT = 2.0, 30.0
_VISIBLE_WITHIN = 120.0
_STARTS = 5
_FIRST_PAUSE = 2.0
_DOWNLOADS = 3
_SHOWN = 60
_RUNNING = frozenset({"pending", "started"})
_ENDED = frozenset({"", "complete", "completed", "done", "ready", "succeeded", "success"})
_FAILED = frozenset(
    {"aborted", "canceled", "cancelled", "error", "errored", "failed", "failure", "rejected"}
)
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
    ``url`` leads to its file for 15 minutes: a credential, never shown. ``reason`` is what it says
    of a failure.
    """

    status: str | None
    language: str | None
    time_zone: str | None
    started_at: str | None
    finished_at: str | None
    data_updated_at: str | None
    url: str | None
    row_count: int | None
    reason: str = ""

    @property
    def word(self) -> str:
        """The status, spelt as documented."""
        return (self.status or "").strip().lower()

    @property
    def is_finished(self) -> bool:
        """Whether its file is there, or it says that it has no rows."""
        has_result = self.url is not None or self.row_count == 0
        return self.word == "finished" or (self.word in _ENDED and has_result)

    @property
    def has_failed(self) -> bool:
        """Whether its status is a word for a failure."""
        return self.word in _FAILED


_TEXTS = ExportJob._fields[: ExportJob._fields.index("row_count")]


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
        takes_earlier: Whether a job that had finished before is good enough.
        clock: Monotonic seconds.
        sleep: Waits for a number of seconds.
    """

    def __init__(  # noqa: PLR0913 - each is one thing to know of an export
        self,
        client: CoursebaseClient,
        *,
        together: Callable[[], Iterable[Selector]],
        language: str,
        time_zone: str,
        timeout: float,
        request_timeout: float,
        takes_earlier: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._together = together
        self._language = language
        self._time_zone = time_zone
        self._timeout = timeout
        self._request_timeout = request_timeout
        self._takes_earlier = takes_earlier
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
            The job whose file it is, and the file, which vanishes when closed; it has no bytes
            if the job says that it has no rows and there is no file.
        """
        refused: set[str | None] = set()
        for _ in range(_DOWNLOADS):
            fresh = self._status(selector)
            is_usable = (
                fresh is not None
                and self._is_ours(fresh)
                and fresh.is_finished
                and (fresh.url is None or fresh.url not in refused)
            )
            export = fresh if fresh and is_usable else self._run(selector)
            try:
                if export.url is not None:
                    return export, download(export.url, self._request_timeout)
                if export.row_count == 0:
                    return export, io.BytesIO()
            except LinkExpiredError:
                refused.add(export.url)
                logger.info(
                    "The link to the export of %s is no longer valid: getting another", selector
                )
            except NoFileError:
                if export.row_count != 0:
                    raise
                return export, io.BytesIO()
            else:
                rows = "an unknown number of" if export.row_count is None else export.row_count
                raise RejectedError(
                    f"the export of {selector} finished with {rows} rows and without a link (url)"
                )
        raise RejectedError(f"storage refuses each link to the export of {selector}")

    def _run(self, selector: Selector) -> ExportJob:
        """Start an export in our language and time zone, and wait until it is finished.

        It is started anew, after a pause that doubles, if it is lost or another one ran instead.
        """
        deadline = self._clock() + self._timeout
        earlier = self._status(selector)
        if self._takes_earlier and earlier and earlier.is_finished and self._is_ours(earlier):
            return earlier
        is_over = earlier is not None and (earlier.is_finished or earlier.has_failed)
        stale = earlier.started_at if earlier is not None and is_over else None
        outcome, pause = "", _FIRST_PAUSE
        for start in range(_STARTS):
            if start:
                logger.info(
                    "The export of %s %s: starting it again in %.0f s", selector, outcome, pause
                )
                self._sleep(pause)
                pause *= 2
            begun = _read(self._client.call("report.export", self._request(selector)))
            ours = self._is_ours(begun)
            if not ours:
                logger.info("Another export of %s is running: waiting for it to end", selector)
            is_new = ours and not begun.is_finished
            job = self._wait(selector, stale if is_new else None, deadline)
            if job is None:
                outcome = "was lost (not_found)"
            elif ours and self._is_ours(job) and job.has_failed:
                raise RejectedError(
                    f"the export of {selector} ended with the status {self._shown(job.status)}"
                    f"{': ' if job.reason else ''}{job.reason}"
                )
            elif ours and self._is_ours(job):
                return job
            else:
                outcome = (
                    f"was another one's, in {self._shown(job.language)} and "
                    f"{self._shown(job.time_zone)}"
                )
        raise RejectedError(
            f"the export of {selector} {outcome}, {_STARTS} times; asked for were "
            f"{self._language!r} and {self._time_zone!r} (coursebase_language, "
            "coursebase_time_zone)"
        )

    def _wait(self, selector: Selector, stale: str | None, deadline: float) -> ExportJob | None:
        """Poll until a job has ended that is not the stale one; None if it has vanished."""
        wait = _FIRST_WAIT
        visible_by = self._clock() + _VISIBLE_WITHIN
        seen: str | None = None
        while True:
            job = self._status(selector)
            is_stale = job is not None and stale is not None and job.started_at == stale
            if job is None or is_stale:
                if job is None and (seen is not None or self._clock() >= visible_by):
                    return None
            else:
                if job.is_finished or job.has_failed:
                    return job
                if job.word not in _RUNNING and job.status != seen:
                    logger.warning(
                        "The export of %s has the status %s, which is not documented: waiting for "
                        "it to finish",
                        selector,
                        self._shown(job.status),
                    )
                seen = job.status or ""
            if (left := deadline - self._clock()) <= 0:
                raise ExportTimeoutError(
                    f"the export of {selector} is still {self._still(job)} after "
                    f"{self._timeout / 60:.0f} minutes (coursebase_export_timeout_minutes)"
                )
            self._sleep(min(wait, left))
            wait = min(wait * 1.5, _LONGEST_WAIT)

    def _status(self, selector: Selector) -> ExportJob | None:
        """Ask for a job's status; None if there is none (never started, or an hour ago)."""
        try:
            answer = self._client.call("report.export.status", selector.arguments)
        except RpcError as error:
            if error.code == "not_found":
                return None
            raise
        job = _read(answer)
        if job.status is None and not job.is_finished:
            raise RejectedError(
                f"the export of {selector} has no status{self._client.shape(answer)}"
            )
        if not job.has_failed:
            return job
        return job._replace(reason=self._client.shown(": ".join(filter(None, told(answer)))))

    def _still(self, job: ExportJob | None) -> str:
        """Tell what a job is that has not ended in time."""
        if job is None:
            return "not visible (not_found)"
        if job.is_finished or job.has_failed:
            return f"the one before, which ended at {job.finished_at or 'an unknown time'},"
        if job.word in _RUNNING:
            return job.word
        return f"{self._shown(job.status)} (a status that is not documented)"

    def _shown(self, word: str | None) -> str:
        """Return a word of the API as it is, on one short line."""
        return "nothing" if word is None else self._client.shown(repr(word), _SHOWN)

    def _request(self, selector: Selector) -> dict[str, str]:
        return {
            **selector.arguments,
            "language": self._language,
            "time_zone": self._time_zone,
        }

    def _is_ours(self, job: ExportJob) -> bool:
        """Tell whether a job is in our language and time zone, as far as it says."""
        said = (job.language, self._language), (job.time_zone, self._time_zone)
        return all(one is None or _spelt(one) == _spelt(ours) for one, ours in said)


def _spelt(name: str) -> str:
    return name.strip().replace("-", "_").casefold()


def _read(job: Any) -> ExportJob:
    """Read what a job says; anything unreadable counts as not said, as does an empty text."""
    said = {snake_case(name): job[name] for name in job} if isinstance(job, Mapping) else {}
    texts = [said.get(name) for name in _TEXTS]
    try:
        rows = coerce(said.get("row_count"), ("integer",))
    except Misfit:
        rows = None
    status, *others = (text if isinstance(text, str) else None for text in texts)
    return ExportJob._make([status, *(text or None for text in others), rows, ""])
