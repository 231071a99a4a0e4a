"""Flag sets that several reports share; documented: R-oas (= R-pm)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.continu.people import User

Column = Callable[[Any], Any]
"""Takes a row of a report, returns the canonical value of one of its fields."""

U32 = (
    "address",
    "buddy_email",
    "created_at",
    "departments",
    "distributor",
    "email",
    "first_login",
    "first_name",
    "grade",
    "group",
    "groups",
    "hired_on",
    "image",
    "is_collaborator",
    "is_manager",
    "is_purchaser",
    "job_title",
    "language",
    "last_login",
    "last_name",
    "locations",
    "manager_email",
    "org_level",
    "partner",
    "partner_name",
    "region",
    "role",
    "suspended",
    "suspended_on",
    "teams",
    "user_metadata",
    "userid",
)

CREATOR = ("email", "first_name", "image", "is_manager", "job_title", "last_name", "userid")
MANUAL = CREATOR
ASSIGNER = (*CREATOR, "is_purchaser", "is_suspended")


def _of_user(name: str) -> Column:
    return lambda row: row.user.columns[name]


def user_columns(without: Iterable[str] = ()) -> dict[str, Column]:
    """Return the columns of `row.user`: U32 without those named."""
    return {name: _of_user(name) for name in U32 if name not in set(without)}


def person_columns(
    prefix: str, person: Callable[[Any], User | None], suffixes: Iterable[str]
) -> dict[str, Column]:
    """Return the nested object `prefix` of a person and one `prefix_...` column per suffix."""

    def part(name: str) -> Column:
        def column(row: Any) -> Any:
            found = person(row)
            return None if found is None else found.columns[name]

        return column

    def nested(row: Any) -> Any:
        found = person(row)
        return None if found is None else found.as_object()

    renamed = {"is_suspended": "suspended"}
    parts = {f"{prefix}_{suffix}": part(renamed.get(suffix, suffix)) for suffix in suffixes}
    return {prefix: nested, **parts}
