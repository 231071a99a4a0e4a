"""The reading methods, each a function of the organisation and the arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.coursebase.errors import MethodError
from sandbox.coursebase.fields import shown_value
from sandbox.coursebase.model import APPROVERS, Approval, Course, Field, State, User
from sandbox.coursebase.organisation import Organisation
from sandbox.coursebase.paging import Listing, listing
from sandbox.coursebase.settings import Settings

Arguments = Mapping[str, Any]
Row = dict[str, Any]

FEWEST_CHARACTERS, MOST_TERMS = 3, 100
"""Limits of org.users.search; documented: M."""


def find_user(state: State, user_id: str, code: str = "user_not_found") -> User:
    """Return a user.

    Raises:
        MethodError: There is none.
    """
    user = state.users.get(user_id)
    if user is None:
        raise MethodError(code)
    return user


def find_course(state: State, course_id: str) -> Course:
    """Return a course.

    Raises:
        MethodError: There is none.
    """
    course = state.courses.get(course_id)
    if course is None:
        raise MethodError("course_not_found")
    return course


def need_group(state: State, group_id: str) -> None:
    """Make sure that a group exists.

    Raises:
        MethodError: It does not.
    """
    if group_id not in state.groups:
        raise MethodError("group_not_found")


def need_approvers(state: State) -> None:
    """Make sure that course enrolments are approved at all here.

    Raises:
        MethodError: They are not.
    """
    if APPROVERS not in state.features:
        raise MethodError("feature_not_enabled")


def _user_row(user: User) -> Row:
    return {"user_id": user.user_id, "login_id": user.login_id}


def listed_users(state: State, settings: Settings) -> list[User]:
    """Return the users that lists show; whether the deactivated ones are there is UNKNOWN."""
    return [user for user in state.users.values() if user.active or settings.deactivated_listed]


def users_list(organisation: Organisation, settings: Settings, _arguments: Arguments) -> Listing:
    """org.users.list."""
    return listing("users", listed_users(organisation.state, settings), _user_row)


def users_search(organisation: Organisation, settings: Settings, arguments: Arguments) -> Listing:
    """org.users.search: partial matches on login ids.

    Inferred: case does not matter, blanks around a term neither; too short or too many
    terms are `invalid_argument`.
    """
    terms = [term.strip().casefold() for term in arguments["login_id"].split(",")]
    if len(terms) > MOST_TERMS or any(len(term) < FEWEST_CHARACTERS for term in terms):
        raise MethodError("invalid_argument")
    found = [
        user
        for user in listed_users(organisation.state, settings)
        if any(term in user.login_id.casefold() for term in terms)
    ]
    return listing("users", found, _user_row)


def user_info(organisation: Organisation, arguments: Arguments) -> Row:
    """user.info."""
    state = organisation.state
    user = find_user(state, arguments["user_id"])
    person = organisation.person(user)
    return {
        **_user_row(user),
        "last_name": person.last_name,
        "first_name": person.first_name,
        "time_zone": person.time_zone,
        "language": person.language,
        "profile": [
            {
                "field_id": field_id,
                "name": state.fields[field_id].name,
                "values": [shown_value(state.fields[field_id], value) for value in values],
            }
            for field_id, values in person.profile.items()
        ],
    }


def user_groups(organisation: Organisation, arguments: Arguments) -> list[Row]:
    """user.groups.list."""
    state = organisation.state
    user = find_user(state, arguments["user_id"])
    return [
        {"group_id": group_id, "name": state.groups[group_id].name}
        for group_id in organisation.groups_of(state, user.user_id)
    ]


def groups_list(organisation: Organisation, _arguments: Arguments) -> list[Row]:
    """org.groups.list."""
    return [
        {"group_id": group.group_id, "name": group.name, "parent_id": group.parent_id}
        for group in organisation.state.groups.values()
    ]


def group_users(organisation: Organisation, _settings: Settings, arguments: Arguments) -> Listing:
    """group.users.list."""
    state = organisation.state
    need_group(state, arguments["group_id"])
    return listing(
        "users",
        state.members[arguments["group_id"]],
        lambda member: {**_user_row(state.users[member.user_id]), "role": member.role},
    )


def courses_list(organisation: Organisation, _settings: Settings, _arguments: Arguments) -> Listing:
    """org.courses.list; whether archived courses are there is UNKNOWN, here they are."""
    return listing(
        "courses",
        list(organisation.state.courses.values()),
        lambda course: {"course_id": course.course_id, "title": course.title},
    )


def course_info(organisation: Organisation, arguments: Arguments) -> Row:
    """course.info."""
    state = organisation.state
    course = find_course(state, arguments["course_id"])
    learners = organisation.learner_count(state, course.course_id)
    return {"course_id": course.course_id, **course.properties, "learner_count": learners}


def _field_row(field: Field) -> Row:
    row: Row = {"field_id": field.field_id, "name": field.name, "type": field.type}
    if field.choices:
        row["choices"] = [{"choice_id": c.choice_id, "value": c.value} for c in field.choices]
    return row


def profile_list(organisation: Organisation, _arguments: Arguments) -> list[Row]:
    """org.profile.list."""
    return [_field_row(field) for field in organisation.state.fields.values()]


def reports_list(organisation: Organisation, _settings: Settings, _arguments: Arguments) -> Listing:
    """org.reports.list."""
    return listing(
        "reports",
        list(organisation.state.reports.values()),
        lambda saved: {"report_id": saved.report_id, "title": saved.title, "type": saved.type},
    )


def approvers_list(
    organisation: Organisation, _settings: Settings, arguments: Arguments
) -> Listing:
    """course.approvers.list: all pairs, or those in which a login id matches on either side."""
    state = organisation.state
    need_approvers(state)
    term = str(arguments.get("login_id", "")).casefold()

    def matches(pair: Approval) -> bool:
        sides = (state.users[pair.approver_id], state.users[pair.requester_id])
        return any(term in user.login_id.casefold() for user in sides)

    def side(user_id: str) -> Row:
        user = state.users[user_id]
        person = organisation.person(user)
        return {
            "user_id": user.user_id,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "login_id": user.login_id,
        }

    return listing(
        "relationships",
        [pair for pair in state.approvals.values() if not term or matches(pair)],
        lambda pair: {"approver": side(pair.approver_id), "requester": side(pair.requester_id)},
    )
