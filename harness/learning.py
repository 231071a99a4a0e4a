"""What people have learned, as the sandbox knows it: neither the tap nor the warehouse is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness import coursebase
from harness.compare import Row, Sandbox, begin
from harness.documented import RANGE_TARGETS

FACTS = (
    "content_completion",
    "user_content",
    "assignment_summary",
    "track_status",
    "scorm_status",
    "assessment_status",
    "workshop_status",
)
"""The reports that tell what happened, each of whose rows is about a person."""
UNITS = ("department", "location", "team", "group")
LOGIN, COURSE, COMPLETED = "Email or other login ID", "Course name", "Completion date"
"""Headers of the export of learners."""


@dataclass(frozen=True)
class Loaded:
    """What a warehouse was loaded with.

    Attributes:
        start: The tap's start date, UTC.
        until: The last run's end, UTC.
        as_of: What the models take for now, UTC.
    """

    start: datetime
    until: datetime
    as_of: datetime


@dataclass(frozen=True)
class Person:
    """A person in either system, or in both.

    Attributes:
        systems: Where there is an account.
        units: Departments and the like by kind, each in the order of the API.
    """

    key: str
    name: str | None
    systems: frozenset[str]
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    manager: str | None = None
    suspended: bool = False
    created: datetime | None = None
    first_login: datetime | None = None
    last_login: datetime | None = None

    @property
    def departments(self) -> tuple[str, ...]:
        """Departments, in the order of the API."""
        return self.units.get("department", ())


@dataclass(frozen=True)
class Assignment:
    """One content item, assigned to one person."""

    person: str
    content: str
    assigned: datetime | None
    due: datetime | None
    done: bool
    completed: datetime | None
    removed: bool

    def status(self, as_of: datetime) -> str:
        """Return what has come of it."""
        if self.removed:
            return "removed"
        if self.done:
            late = self.completed and self.due and self.completed > self.due
            return "completed_late" if late else "completed_on_time"
        return "overdue" if self.due and self.due < as_of else "open"


@dataclass(frozen=True)
class Completion:
    """A person has completed a content item."""

    person: str
    content: str
    completed: datetime
    system: str


@dataclass(frozen=True)
class Content:
    """What can be learned."""

    key: str
    title: str
    type: str


@dataclass(frozen=True)
class Learning:
    """All of it.

    Attributes:
        people: By key.
        contents: By key.
        facts: Continu's rows by report, those of ``FACTS``.
        failed: Failed assessments by person.
        groups: Coursebase's groups.
        members: Who is in them, in which role.
    """

    people: Mapping[str, Person]
    contents: Mapping[str, Content]
    assignments: tuple[Assignment, ...]
    completions: tuple[Completion, ...]
    facts: Mapping[str, list[Row]]
    failed: Counter[str]
    groups: list[Row]
    members: list[Row]


def learning(sandbox: Sandbox, loaded: Loaded) -> Learning:
    """Read what a warehouse knows that was loaded with all of the sandbox.

    Args:
        sandbox: The source.
        loaded: What of it was loaded.
    """
    facts = {
        report: sandbox.expected(
            report, loaded.start, loaded.until, range_target=RANGE_TARGETS.get(report)
        )
        for report in FACTS
    }
    first = begin(loaded.start, "month")
    users = sandbox.truth("user_engagement", first, loaded.until)
    catalogue = sandbox.truth("content_engagement", first, loaded.until)
    logins = coursebase.truth(sandbox, "users")
    people = _people([*users, *(row for rows in facts.values() for row in rows)], logins, sandbox)
    keys = _keys_by_login(people, logins)
    courses = coursebase.truth(sandbox, "course_details")
    return Learning(
        people,
        {content.key: content for content in _contents(catalogue, facts, courses)},
        tuple(map(_assignment, facts["assignment_summary"])),
        (*_completions(facts), *_courses_completed(sandbox, keys, courses)),
        facts,
        Counter(
            row["email"]
            for row in facts["assessment_status"]
            if row["assessment_status"] == "Failed"
        ),
        coursebase.truth(sandbox, "groups"),
        coursebase.truth(sandbox, "group_users"),
    )


def instant(text: str | None) -> datetime | None:
    """Read an instant as reports write it."""
    return None if text is None else datetime.fromisoformat(text)


def _people(rows: Iterable[Row], logins: list[Row], sandbox: Sandbox) -> dict[str, Person]:
    """Return Continu's people, and those of Coursebase whose login is the address of none."""
    known = {row["email"].lower(): row for row in rows}
    times = Counter(row["login_id"].lower() for row in logins)
    both = {login for login, count in times.items() if count == 1 and login in known}
    people = {
        key: Person(
            key,
            f"{row['first_name']} {row['last_name']}",
            frozenset({"continu", "coursebase"} if key in both else {"continu"}),
            {unit: tuple(row[f"{unit}s"]) for unit in UNITS},
            row["manager_email"] and row["manager_email"].lower(),
            row["suspended"],
            instant(row["created_at"]),
            instant(row["first_login"]),
            instant(row["last_login"]),
        )
        for key, row in known.items()
    }
    details = {row["user_id"]: row for row in coursebase.truth(sandbox, "user_details")}
    for row in logins:
        if row["login_id"].lower() not in both:
            key, told = f"coursebase:{row['user_id']}", details[row["user_id"]]
            name = f"{told['first_name']} {told['last_name']}"
            people[key] = Person(key, name, frozenset({"coursebase"}))
    return people


def _keys_by_login(people: Mapping[str, Person], logins: list[Row]) -> dict[str, str]:
    return {
        row["login_id"]: login if login in people else f"coursebase:{row['user_id']}"
        for row in logins
        for login in [row["login_id"].lower()]
    }


def _contents(
    catalogue: list[Row], facts: Mapping[str, list[Row]], courses: list[Row]
) -> Iterator[Content]:
    """Yield all content; what stands in the catalogue comes last, since it knows best."""
    for kind in ("track", "scorm", "assessment", "workshop"):
        for row in facts[f"{kind}_status"]:
            yield Content(f"continu:{row[f'{kind}_id']}", row[f"{kind}_title"], kind)
    for report in ("user_content", "content_completion", "assignment_summary"):
        for row in facts[report]:
            yield Content(f"continu:{row['content_id']}", row["content_title"], row["content_type"])
    for row in catalogue:
        yield Content(f"continu:{row['id']}", row["title"], row["type"])
    for row in courses:
        yield Content(f"coursebase:{row['course_id']}", row["title"], "course")


def _assignment(row: Row) -> Assignment:
    completed, status = instant(row["completed_date"]), row["assignment_status"]
    return Assignment(
        row["email"],
        f"continu:{row['content_id']}",
        instant(row["assigned_date"]),
        instant(row["due_date"]),
        completed is not None or status == "Completed",
        completed,
        status == "Removed",
    )


def _completions(facts: Mapping[str, list[Row]]) -> Iterator[Completion]:
    """Yield Continu's completions, each of which stands in two reports."""
    rows = {
        row["completion_id"]: row
        for report in ("user_content", "content_completion")
        for row in facts[report]
    }
    for row in rows.values():
        content = f"continu:{row['content_id']}"
        yield Completion(
            row["email"], content, datetime.fromisoformat(row["completed_on"]), "continu"
        )


def _courses_completed(
    sandbox: Sandbox, keys: Mapping[str, str], courses: list[Row]
) -> Iterator[Completion]:
    """Yield Coursebase's completions; who took a course twice may have two."""
    report = coursebase.truth(sandbox, "report/learners")
    titles = {_title(course): f"coursebase:{course['course_id']}" for course in courses}
    for cells in report["rows"]:
        row: dict[str, Any] = dict(zip(report["header"], cells, strict=True))
        if row[COMPLETED]:
            at = datetime.fromisoformat(f"{row[COMPLETED]}:00+00:00")
            yield Completion(keys[row[LOGIN]], titles[row[COURSE]], at, "coursebase")


def _title(course: Row) -> str:
    """Return the title as it stands in an export."""
    translated = {one["language"]: one["value"] for one in course["title_translations"]}
    return str(translated.get(coursebase.LANGUAGE, course["title"]))
