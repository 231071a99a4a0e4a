"""The exports of an organisation: one running per selector; documented: M."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.coursebase.errors import MethodError
from sandbox.coursebase.files import Shape, make_file
from sandbox.coursebase.jobs import (
    FINISHED,
    KEPT_SECONDS,
    File,
    Job,
    Selector,
    Times,
    foreign_times,
    plan_times,
)
from sandbox.coursebase.languages import LANGUAGES, time_zones
from sandbox.coursebase.links import LIFETIME, Signer
from sandbox.coursebase.model import SavedReport, State
from sandbox.coursebase.opaque import opaque
from sandbox.coursebase.organisation import Organisation
from sandbox.coursebase.reports.sources import Scene
from sandbox.coursebase.reports.types import TYPES, ReportType, Table, make_table
from sandbox.coursebase.settings import Settings
from sandbox.coursebase.timekeeper import Timekeeper


def find_type(state: State, name: str) -> ReportType:
    """Return a report type that the organisation may export.

    Raises:
        MethodError: `invalid_report_type`; documented: M, the udemy types are "only valid
            for certain orgs".
    """
    declared = TYPES.get(name)
    if declared is None or (declared.feature and declared.feature not in state.features):
        raise MethodError("invalid_report_type")
    return declared


def find_saved(state: State, report_id: str) -> SavedReport:
    """Return a saved report.

    Raises:
        MethodError: `invalid_report_id` for what cannot be an id (inferred), otherwise
            `report_not_found`.
    """
    if not (report_id.isascii() and report_id.isalnum()):
        raise MethodError("invalid_report_id")
    if report_id not in state.reports:
        raise MethodError("report_not_found")
    return state.reports[report_id]


def select(arguments: Mapping[str, Any]) -> Selector:
    """Return what a call is about: exactly one of type and id (documented: M).

    Raises:
        MethodError: `missing_argument` for none, `invalid_argument` for both (inferred).
    """
    given = [
        Selector(key, arguments[key]) for key in ("report_type", "report_id") if key in arguments
    ]
    if len(given) != 1:
        raise MethodError("invalid_argument" if given else "missing_argument")
    return given[0]


def make_report(scene: Scene, selector: Selector, language: str, time_zone: str) -> Table:
    """Make what an export holds.

    Raises:
        MethodError: There is no such report.
    """
    if selector.key == "report_id":
        saved = find_saved(scene.state, selector.value)
        return make_table(TYPES[saved.type], saved.columns, scene, language, time_zone)
    declared = find_type(scene.state, selector.value)
    columns = declared.all_columns(scene.state)
    return make_table(declared, columns, scene, language, time_zone)


def type_of(state: State, selector: Selector) -> str:
    """Return the type behind a selector.

    Raises:
        MethodError: There is no such report.
    """
    if selector.key == "report_id":
        return find_saved(state, selector.value).type
    return find_type(state, selector.value).name


class Exports:
    """All jobs, and the files they left in the storage.

    Args:
        organisation: Whose reports.
        settings: How long an export takes, and whether links are made anew.
        time: The clock of jobs and links.
    """

    def __init__(self, organisation: Organisation, settings: Settings, time: Timekeeper) -> None:
        self.signer = Signer(organisation.seed)
        self.origin = ""
        self._organisation = organisation
        self._settings = settings
        self._time = time
        self._jobs: dict[Selector, Job] = {}
        self._stored: dict[str, Job] = {}
        self._links: dict[str, str] = {}
        self._count = 0
        self._makers = ThreadPoolExecutor(1, thread_name_prefix="exports")

    def jobs(self) -> list[Job]:
        """Return the job of each selector that ever had one."""
        return list(self._jobs.values())

    def clear(self) -> None:
        """Forget all jobs."""
        self._jobs.clear()

    def find(self, selector: Selector) -> Job:
        """Return the job of a selector.

        Raises:
            MethodError: `invalid_report_type`, or `not_found` when there is none or its hour
                is over (documented: M).
        """
        if selector.key == "report_type":
            find_type(self._organisation.state, selector.value)
        job = self._jobs.get(selector)
        if job is None or job.status(self._time.now()) is None:
            raise MethodError("not_found")
        return job

    def running(self, selector: Selector) -> Job | None:
        """Return the job that holds the slot of a selector, if any."""
        job = self._jobs.get(selector)
        return job if job is not None and job.running(self._time.now()) else None

    def check(self, selector: Selector, language: str, time_zone: str) -> None:
        """Make sure that a job could be started.

        Raises:
            MethodError: It could not, for one of the documented reasons.
        """
        type_of(self._organisation.state, selector)
        if language not in LANGUAGES:
            raise MethodError("invalid_language")
        if time_zone not in time_zones():
            raise MethodError("invalid_time_zone")

    def start(
        self, selector: Selector, language: str, time_zone: str, shape: Shape, *, endless: bool
    ) -> Job:
        """Start a job for the caller."""
        times = plan_times(self._time.now(), self._settings.export_seconds, endless=endless)
        return self._add(selector, language, time_zone, times, shape)

    def start_foreign(self, selector: Selector, wanted: Mapping[str, Any]) -> Job:
        """Put a job in place that another client started.

        Raises:
            MethodError: It could not be started.
            ValueError: There is no such state.
        """
        language, zone = str(wanted.get("language", "ja")), str(wanted.get("time_zone", "UTC"))
        self.check(selector, language, zone)
        state = str(wanted.get("state", FINISHED))
        times = foreign_times(self._time.now(), state, wanted, self._settings.export_seconds)
        return self._add(selector, language, zone, times, Shape(), foreign=True)

    def link(self, job: Job, *, fresh: bool) -> str:
        """Return a link to the file of a finished job.

        Args:
            job: The job.
            fresh: Whether to sign now; otherwise the link is that of the job's end.
        """
        if fresh:
            return self.signer.sign(self.origin, job.path, self._time.now())
        if job.path not in self._links:
            self._links[job.path] = self.signer.sign(self.origin, job.path, job.finished_at)
        return self._links[job.path]

    def stored(self, path: str) -> Job | None:
        """Return the job whose file lies at a path of the storage."""
        return self._stored.get(path)

    def close(self) -> None:
        """Make no more files."""
        self._makers.shutdown(wait=False, cancel_futures=True)

    def _add(
        self,
        selector: Selector,
        language: str,
        time_zone: str,
        times: Times,
        shape: Shape,
        *,
        foreign: bool = False,
    ) -> Job:
        scene = self._organisation.scene()
        kind = type_of(scene.state, selector)
        name = kind.title().replace("_", "")
        self._count += 1
        folder = opaque(self._organisation.seed, "folder", self._count)

        def make() -> File:
            table = make_report(scene, selector, language, time_zone)
            table = Table(table.header, [] if shape.no_rows else table.rows)
            return File(make_file(name, table, shape), len(table.rows) + shape.miscounted)

        job = Job(
            selector,
            language,
            time_zone,
            *times,
            scene.state.updated[kind],
            f"/report-exports/{folder}/{name}/csv/{name}.zip",
            self._makers.submit(make),
            foreign,
        )
        self._jobs[selector] = job
        oldest = self._time.now() - KEPT_SECONDS - LIFETIME
        self._stored = {p: old for p, old in self._stored.items() if old.finished_at >= oldest}
        self._stored[job.path] = job
        return job
