"""track-status, scorm-status and assessment-status: users on their way through something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sandbox.continu.catalogue import Item
from sandbox.continu.facts import Kind, Progress
from sandbox.continu.filters import CONTENT_FILTER, USER_FILTER
from sandbox.continu.flags import MANUAL, Column, person_columns, user_columns
from sandbox.continu.life import (
    ASSESSMENT_ENROLMENTS,
    DONE,
    PASS_MARK,
    SCORM_ENROLMENTS,
    TRACK_ENROLMENTS,
)
from sandbox.continu.organisation import View
from sandbox.continu.people import User
from sandbox.continu.query import Query
from sandbox.continu.report import Date, Report
from sandbox.instants import iso


def _updated(fact: Progress, now: int) -> int:
    step = fact.reached(now)
    return fact.at if step is None else step.at


DATES: Mapping[str, Date] = {
    "completed_date": lambda fact, now: fact.first(DONE, now),
    "created_at": lambda fact, _now: int(fact.at),
    "updated_date": _updated,
}

BIRTHS = frozenset({"created_at"})
"""Targets that name the instant at which a fact is born."""


@dataclass(slots=True)
class ProgressRow:
    """One user and one item in one place, as they stand at `view.now`."""

    view: View
    fact: Progress
    user: User
    item: Item

    @property
    def value(self) -> int | None:
        """Progress in percent, or the last score; None before the first step."""
        step = self.fact.reached(self.view.now)
        return None if step is None else step.value

    @property
    def updated(self) -> int:
        """When the record last changed."""
        return _updated(self.fact, self.view.now)

    @property
    def attempts(self) -> int:
        """How many steps have been taken."""
        return sum(step.at <= self.view.now for step in self.fact.steps)

    @property
    def manual_by(self) -> User | None:
        """Who marked it as completed, if anybody did."""
        if self.fact.manual_by is None or self.done(DONE) is None:
            return None
        return self.view.user(self.fact.manual_by)

    def done(self, value: int) -> int | None:
        """Return when `value` was first reached, if it is."""
        return self.fact.first(value, self.view.now)

    def status(self) -> str:
        """Return the state of a track or SCORM package (names of H-rep, inferred here)."""
        value = self.value or 0
        return "Completed" if value >= DONE else "In Progress" if value else "Not Started"

    def verdict(self) -> str:
        """Return the state of an assessment (`Passed` as in O-sw, the others inferred)."""
        if self.value is None:
            return "Not Started"
        return "Failed" if self.done(PASS_MARK) is None else "Passed"

    def container(self, kind: str) -> Item | None:
        """Return the track or journey that contains the item here, if any."""
        index = getattr(self.fact, kind)
        return None if index is None else self.view.item(kind, index)


def _read(
    kind: Kind[Progress], item_kind: str, control: str
) -> Callable[[View, Query], Iterator[ProgressRow]]:
    def read(view: View, query: Query) -> Iterator[ProgressRow]:
        date = DATES.get(query.target)
        for fact in view.facts(kind, *query.window, born=query.target in BIRTHS):
            if date is not None and not query.window.holds(date(fact, view.now)):
                continue
            row = ProgressRow(view, fact, view.user(fact.user), view.item(item_kind, fact.item))
            if query.admits("user_filter", row.user) and query.admits(control, row.item):
                yield row

    return read


def _container(kind: str) -> dict[str, Column]:
    def title(row: ProgressRow) -> str | None:
        item = row.container(kind)
        return None if item is None else item.title

    def identity(row: ProgressRow) -> str | None:
        item = row.container(kind)
        return None if item is None else item.id

    return {f"containing_{kind}": title, f"containing_{kind}_id": identity}


TRACK_STATUS = Report(
    name="track_status",
    path="track-status",
    read=_read(TRACK_ENROLMENTS, "track", "track_filter"),
    columns={
        **user_columns(),
        **person_columns("manual_completed_by", lambda row: row.manual_by, MANUAL),
        **_container("journey"),
        "track_completed_date": lambda row: iso(row.done(DONE)),
        "track_id": lambda row: row.item.id,
        "track_progress": lambda row: row.value or 0,
        "track_status": ProgressRow.status,
        "track_title": lambda row: row.item.title,
    },
    always=("track_id", "email", "containing_journey_id"),
    dates=DATES,
    default_target="completed_date",
    filters={"track_filter": CONTENT_FILTER, "user_filter": USER_FILTER},
    aliases={"track_title": "trackTitle", "created_at": "createdAt"},
    undeclared={
        "lastActivityAt": lambda row: iso(row.updated),
        "startedAt": lambda row: iso(row.fact.at),
    },
)

SCORM_STATUS = Report(
    name="scorm_status",
    path="scorm-status",
    read=_read(SCORM_ENROLMENTS, "scorm", "scorm_filter"),
    columns={
        **user_columns(),
        **person_columns("manual_completed_by", lambda row: row.manual_by, MANUAL),
        **_container("journey"),
        **_container("track"),
        "scorm_id": lambda row: row.item.id,
        "scorm_last_updated_date": lambda row: iso(row.updated),
        "scorm_started_date": lambda row: iso(row.fact.at),
        "scorm_status": ProgressRow.status,
        "scorm_title": lambda row: row.item.title,
    },
    always=("scorm_id", "email", "containing_track_id", "containing_journey_id"),
    dates=DATES,
    default_target="completed_date",
    filters={"scorm_filter": CONTENT_FILTER, "user_filter": USER_FILTER},
    aliases={"scorm_started_date": "scormStartedDate", "is_purchaser": "isPurchaser"},
    undeclared={
        "sourceSystem": lambda _row: "scorm-engine",
        "progress": lambda row: row.value or 0,
    },
)

ASSESSMENT_STATUS = Report(
    name="assessment_status",
    path="assessment-status",
    read=_read(ASSESSMENT_ENROLMENTS, "assessment", "assessment_filter"),
    columns={
        **user_columns(),
        **_container("journey"),
        **_container("track"),
        "assessment_attempts": lambda row: row.attempts,
        "assessment_completed_date": lambda row: iso(row.done(PASS_MARK)),
        "assessment_id": lambda row: row.item.id,
        "assessment_score": lambda row: row.value,
        "assessment_started_date": lambda row: iso(row.fact.at),
        "assessment_status": ProgressRow.verdict,
        "assessment_title": lambda row: row.item.title,
    },
    always=("assessment_id", "email", "containing_track_id", "containing_journey_id"),
    ranged=False,
    filters={"assessment_filter": CONTENT_FILTER, "user_filter": USER_FILTER},
    aliases={"assessment_title": "assessmentTitle"},
    undeclared={
        "gradingStatus": lambda row: "Pending" if row.value is None else "Completed",
        "lastActivityAt": lambda row: iso(row.updated),
    },
)
