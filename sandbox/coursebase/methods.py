"""The methods of the API as a table; documented: M."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.coursebase import reads, writes
from sandbox.coursebase.calls import Handler, export, export_status, paging, reading, writing
from sandbox.coursebase.errors import MethodError


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        name: As in the URL.
        handler: Makes `data`.
        required: Arguments that must be there.
        optional: Arguments that may be there.
        errors: Codes that are documented for it.
        writes: Whether it changes the organisation.
    """

    name: str
    handler: Handler
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    errors: frozenset[str] = frozenset()
    writes: bool = False


KINDS: Mapping[str, type] = {"password_change_required": bool, "profile": list}
"""JSON types of arguments; all others are strings."""


def check_arguments(method: Method, arguments: Mapping[str, Any]) -> None:
    """Check names and types of arguments.

    Raises:
        MethodError: `missing_argument`, `unknown_argument` or `invalid_argument`; all three
            are inferred, no generic code is published.
    """
    if any(name not in arguments for name in method.required):
        raise MethodError("missing_argument")
    if set(arguments) - {*method.required, *method.optional}:
        raise MethodError("unknown_argument")
    if any(not isinstance(value, KINDS.get(name, str)) for name, value in arguments.items()):
        raise MethodError("invalid_argument")


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


PERSON = "login_id_exists invalid_time_zone invalid_language invalid_profile "
USER = ("user_id",)
NEXT = ("next",)
MEMBERSHIP = ("group_id", "user_id", "role")
MEMBERSHIP_CODES = _codes("group_not_found user_not_found invalid_role")
PAIR = ("approver_id", "requester_id")
PAIR_CODES = "approver_not_found requester_not_found feature_not_enabled "
NO_USER = _codes("user_not_found")
SELECTOR = ("report_type", "report_id")

METHODS = {
    method.name: method
    for method in (
        Method("user.info", reading(reads.user_info), USER, errors=NO_USER),
        Method("user.groups.list", reading(reads.user_groups), USER, errors=NO_USER),
        Method("org.users.list", paging(reads.users_list), optional=NEXT),
        Method("org.users.search", paging(reads.users_search), ("login_id",), NEXT),
        Method("org.groups.list", reading(reads.groups_list)),
        Method(
            "group.users.list",
            paging(reads.group_users),
            ("group_id",),
            NEXT,
            _codes("group_not_found"),
        ),
        Method("org.courses.list", paging(reads.courses_list), optional=NEXT),
        Method(
            "course.info",
            reading(reads.course_info),
            ("course_id",),
            errors=_codes("course_not_found"),
        ),
        Method("org.profile.list", reading(reads.profile_list)),
        Method("org.reports.list", paging(reads.reports_list), optional=NEXT),
        Method(
            "course.approvers.list",
            paging(reads.approvers_list),
            optional=("login_id", "next"),
            errors=_codes("feature_not_enabled"),
        ),
        Method(
            "report.export",
            export,
            ("language", "time_zone"),
            SELECTOR,
            _codes(
                "invalid_report_type invalid_report_id report_not_found invalid_language"
                " invalid_time_zone"
            ),
        ),
        Method(
            "report.export.status",
            export_status,
            optional=SELECTOR,
            errors=_codes("invalid_report_type not_found"),
        ),
        Method(
            "user.create",
            writing(writes.create),
            ("login_id", "last_name", "first_name", "password", "role", "language", "time_zone"),
            ("password_change_required", "profile"),
            _codes(PERSON + "invalid_password invalid_role"),
            writes=True,
        ),
        Method(
            "user.update",
            writing(writes.update),
            USER,
            ("login_id", "last_name", "first_name", "language", "time_zone", "profile"),
            _codes(PERSON + "user_not_found"),
            writes=True,
        ),
        Method("user.delete", writing(writes.delete), USER, errors=NO_USER, writes=True),
        Method(
            "user.merge",
            writing(writes.merge),
            ("base_user_id", "merge_user_id"),
            errors=_codes("user_not_found cant_merge_same_user"),
            writes=True,
        ),
        Method(
            "user.deactivate",
            writing(writes.deactivate),
            USER,
            errors=_codes("user_not_found user_already_deactivated"),
            writes=True,
        ),
        Method(
            "user.reactivate",
            writing(writes.reactivate),
            USER,
            errors=_codes("user_not_found user_already_activated"),
            writes=True,
        ),
        Method(
            "group.user.add",
            writing(writes.group_add),
            MEMBERSHIP,
            errors=MEMBERSHIP_CODES,
            writes=True,
        ),
        Method(
            "group.user.remove",
            writing(writes.group_remove),
            MEMBERSHIP,
            errors=MEMBERSHIP_CODES,
            writes=True,
        ),
        Method(
            "course.approvers.add",
            writing(writes.approvers_add),
            PAIR,
            errors=_codes(PAIR_CODES + "relationship_exists"),
            writes=True,
        ),
        Method(
            "course.approvers.remove",
            writing(writes.approvers_remove),
            PAIR,
            errors=_codes(PAIR_CODES + "relationship_not_found"),
            writes=True,
        ),
    )
}
