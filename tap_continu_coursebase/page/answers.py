"""What a warehouse answers: one kind of row a model, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from tap_continu_coursebase.page.formats import utc


class People(NamedTuple):
    """Who is known, and to which system."""

    people: int
    in_both: int
    in_continu: int
    in_coursebase: int


class Completions(NamedTuple):
    """How much was completed."""

    completions: int


class Assignments(NamedTuple):
    """How much is assigned and not removed again, and how much of it is completed."""

    assigned: int
    completed: int


class DepartmentMonth(NamedTuple):
    """What was assigned to a department in a month."""

    department: str
    month: date
    assigned: int
    completed: int
    completed_on_time: int
    completion_rate: float | None


class Manager(NamedTuple):
    """Whose people are late."""

    manager_key: str
    manager_name: str | None
    overdue: int
    people: int
    oldest_due_at: datetime | None


class DepartmentRisk(NamedTuple):
    """How many are at risk in a department."""

    department: str
    high: int
    medium: int


class Learner(NamedTuple):
    """Somebody at risk."""

    user_key: str
    full_name: str | None
    department: str
    risk_level: str
    overdue: int
    due_soon: int
    days_inactive: float | None
    failed_assessments: int
    risk_points: int
    reasons: str


class Content(NamedTuple):
    """How far people are with one content item."""

    content_key: str
    title: str | None
    content_type: str | None
    assigned: int
    completed: int
    completion_rate: float | None
    completions: int
    people: int
    most_finished_rank: int | None
    least_finished_rank: int | None


class Pace(NamedTuple):
    """How long one content item takes."""

    content_key: str
    title: str | None
    completed: int
    average_days: float | None
    median_days: float | None
    p90_days: float | None


class Step(NamedTuple):
    """How many of those who joined in a month have come how far."""

    cohort_month: date
    step_number: int
    step: str
    people: int
    share_of_joined: float | None


class Compliance(NamedTuple):
    """What was due to a department before the end of a day, and how much was done by then."""

    department: str
    day: date
    due: int
    compliant: int
    overdue: int
    compliance_rate: float | None


class Freshness(NamedTuple):
    """How old a table is."""

    stream: str
    row_count: int | None
    current_at: datetime | None
    cadence_hours: float | None
    age_hours: float | None
    is_stale: bool | None
    as_of_at: datetime


class Reconciled(NamedTuple):
    """How many of a report's own numbers agree with those counted from its facts."""

    check_name: str
    compared: int
    agreeing: int
    disagreeing: int


class Covered(NamedTuple):
    """What is loaded of a stream in a month."""

    stream: str
    month: date
    windows: int
    row_count: int
    gaps: int
    fully_covered: bool


class Gap(NamedTuple):
    """A span that no window covers."""

    stream: str
    gap_from_at: datetime
    gap_until_at: datetime


@dataclass(frozen=True)
class Answers:
    """All that was asked.

    Attributes:
        has_names: Whether people are named.
    """

    has_names: bool
    people: People
    completions: Completions
    assignments: Assignments
    department_months: Sequence[DepartmentMonth]
    managers: Sequence[Manager]
    risks: Sequence[DepartmentRisk]
    learners: Sequence[Learner]
    content: Sequence[Content]
    paces: Sequence[Pace]
    steps: Sequence[Step]
    compliance: Sequence[Compliance]
    freshness: Sequence[Freshness]
    reconciled: Sequence[Reconciled]
    covered: Sequence[Covered]
    gaps: Sequence[Gap]

    @property
    def as_of(self) -> datetime | None:
        """What the models take for now, UTC; None if no table is loaded."""
        newest = max((one.as_of_at for one in self.freshness), default=None)
        return newest and utc(newest).replace(microsecond=0)
