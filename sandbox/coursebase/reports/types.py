"""The 12 report types (documented: M): their columns, their rows, who may export them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.coursebase.model import UDEMY, State
from sandbox.coursebase.reports import sources, udemy
from sandbox.coursebase.reports.cells import Locale
from sandbox.coursebase.reports.sources import Row, Scene
from sandbox.coursebase.reports.words import WORDS, word

WHO = ("last_name", "first_name", "login_id")
TAKING = (*WHO, "course_name")


@dataclass(frozen=True, slots=True)
class ReportType:
    """One type of report.

    Attributes:
        columns: Its columns in the order of an export by type.
        rows: Makes its rows.
        profile: Whether the organisation's profile fields follow as columns.
        feature: What the organisation must have for it.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[Scene], Iterator[Row]]
    profile: bool = False
    feature: str | None = None

    def all_columns(self, state: State) -> tuple[str, ...]:
        """Return the columns with those of the profile."""
        names = tuple(field.name for field in state.fields.values()) if self.profile else ()
        return self.columns + names


TYPES = {
    declared.name: declared
    for declared in (
        ReportType("activities", (*TAKING, "activity", "at"), sources.activities),
        ReportType(
            "activity_solutions",
            (*TAKING, "activity", "solution", "score"),
            sources.activity_solutions,
        ),
        ReportType(
            "courses",
            (
                "course_name",
                "course_status",
                "location",
                "started",
                "end",
                "learner_count",
                "instructor_count",
                "passing_grade",
            ),
            sources.courses,
        ),
        ReportType(
            "learners",
            (*TAKING, "learner_status", "grade", "started", "completed_on"),
            sources.learners,
        ),
        ReportType(
            "people",
            (*WHO, "language", "time_zone", "groups", "account"),
            sources.people,
            profile=True,
        ),
        ReportType(
            "submission_answers",
            (*TAKING, "item", "question", "answer", "correct"),
            sources.submission_answers,
        ),
        ReportType(
            "submission_rates",
            ("course_name", "item", "learner_count", "submitted_count", "rate"),
            sources.submission_rates,
        ),
        ReportType(
            "submissions",
            (*TAKING, "item", "state", "score", "submitted_at", "comment"),
            sources.submissions,
        ),
        ReportType(
            "video_analytics",
            ("course_name", "video", "viewers", "plays", "watched"),
            sources.video_analytics,
        ),
        ReportType(
            "udemy_user_activity",
            (
                *WHO,
                "role",
                "account",
                "joined",
                "enrolled_count",
                "started_count",
                "completed_count",
                "minutes",
                "last_visit",
            ),
            udemy.udemy_user_activity,
            feature=UDEMY,
        ),
        ReportType(
            "udemy_user_course_activity",
            (
                *TAKING,
                "udemy_course",
                "category",
                "ratio",
                "minutes",
                "enrolled_at",
                "started",
                "completed_on",
                "assigned_by",
            ),
            udemy.udemy_user_course_activity,
            feature=UDEMY,
        ),
        ReportType(
            "udemy_user_progress",
            (*TAKING, "udemy_course", "item", "item_type", "started", "ratio", "views"),
            udemy.udemy_user_progress,
            feature=UDEMY,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Table:
    """A report as text: what the CSV holds."""

    header: list[str]
    rows: list[list[str]]


def make_table(
    declared: ReportType, columns: Sequence[str], scene: Scene, language: str, time_zone: str
) -> Table:
    """Make a report in a language and a time zone.

    A column that is no word of ours is a profile field, whose name is never translated.
    """
    locale = Locale(language, time_zone)
    header = [word(column, language) if column in WORDS else column for column in columns]
    rows = [[locale.text(row[c]) for c in columns] for row in declared.rows(scene)]
    return Table(header, rows)
