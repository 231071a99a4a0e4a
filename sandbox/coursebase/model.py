"""What an organisation consists of. Everything is immutable: an edit makes a new `State`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Scalar = str | int | float

ROLES = ("learner", "admin", "instructor")
WRITABLE_ROLES = ("learner", "admin")
"""Documented: M; `instructor` can be read but not written."""

APPROVERS = "approvers"
UDEMY = "udemy"
FEATURES = frozenset({APPROVERS, UDEMY})


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a profile field."""

    choice_id: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Field:
    """A profile field.

    Attributes:
        choices: What org.profile.list shows; empty unless the type ends in `_choice`.
        retired: Choices that users still hold though the list has them no longer;
            documented by example: the choice of user.info is not among the listed ones.
    """

    field_id: str
    name: str
    type: str
    choices: tuple[Choice, ...] = ()
    retired: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """What user.info tells beyond the ids.

    Attributes:
        profile: Values by field id: scalars, or choice ids; no value at all may stand as an
            empty tuple or as a missing field.
    """

    last_name: str
    first_name: str
    language: str
    time_zone: str
    profile: Mapping[str, tuple[Scalar, ...]]


@dataclass(frozen=True, slots=True)
class User:
    """A user.

    Attributes:
        number: Place in every list.
        person: None as long as nobody edited what the number makes of them.
    """

    number: int
    user_id: str
    login_id: str
    active: bool = True
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group; the root has no parent."""

    number: int
    group_id: str
    name: str
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A membership; a user may be in a group in several roles."""

    number: int
    user_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Course:
    """A course.

    Attributes:
        properties: What course.info shows, without the id and the learner count.
    """

    number: int
    course_id: str
    properties: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The title in the course's own language."""
        return str(self.properties["title"])

    def title_in(self, language: str) -> str:
        """Return the title in a language, or the title where it was not translated."""
        translated = {t["language"]: t["value"] for t in self.properties["title_translations"]}
        return str(translated.get(language, self.title))


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A learner's participation in a course; the same course more than once is possible.

    Attributes:
        mark: Decides all draws about it; survives a merge of users.
    """

    course_id: str
    mark: str


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A report set up by an administrator.

    Attributes:
        columns: Names of its columns in their order; documented: H:add-report-column.
    """

    number: int
    report_id: str
    title: str
    type: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves whose course enrolments."""

    number: int
    approver_id: str
    requester_id: str


@dataclass(frozen=True, slots=True)
class State:
    """The organisation at one moment.

    Attributes:
        members: Memberships by group id.
        enrolments: By user id.
        approvals: By (approver id, requester id).
        updated: Instant of the last change, by report type.
        next_number: The number the next created thing gets.
    """

    users: Mapping[str, User]
    groups: Mapping[str, Group]
    members: Mapping[str, tuple[Member, ...]]
    courses: Mapping[str, Course]
    fields: Mapping[str, Field]
    reports: Mapping[str, SavedReport]
    approvals: Mapping[tuple[str, str], Approval]
    enrolments: Mapping[str, tuple[Enrolment, ...]]
    features: frozenset[str]
    updated: Mapping[str, float]
    next_number: int
