"""The lists and details of Coursebase, declared: method, items, parent, errors.

Facts: the vendor's page of methods (documented). What a row is identified by stands in
``schemas/coursebase/<name>.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tap_continu_coursebase.core.estimate import Call

REPORT_TYPES = (
    "activities",
    "activity_solutions",
    "courses",
    "learners",
    "people",
    "submission_answers",
    "submission_rates",
    "submissions",
    "udemy_user_activity",
    "udemy_user_course_activity",
    "udemy_user_progress",
    "video_analytics",
)
LANGUAGES = (
    "en",
    "ja",
    "es",
    "zh_CN",
    "zh_TW",
    "fr",
    "vi",
    "de",
    "id",
    "it",
    "ko",
    "pt",
    "ru",
    "th",
)


@dataclass(frozen=True)
class Parent:
    """What a method is called once for each of.

    Attributes:
        name: Name of the resource that lists the parents.
        argument: The parents' id, which is the method's argument of the same name.
        vanished: The error code of a parent that no longer exists.
    """

    name: str
    argument: str
    vanished: str


@dataclass(frozen=True)
class Resource:
    """One stream of rows that a method gives.

    Attributes:
        name: The stream's name without its source, and its schema's file name.
        method: Which method.
        items: The array's name in ``data`` of a paginated method; None if ``data`` itself
            is the array, or the one row.
        parent: What it is called once for each of; None for a list of the organisation.
        adds_parent: Whether the parent's id is added to each row, which lacks it.
        flattens: Whether nested objects become columns named ``<outer>_<inner>``.
        feature_code: The error code of an organisation that lacks the feature.
        selected: Whether it is selected by default.
    """

    name: str
    method: str
    items: str | None = None
    parent: Parent | None = None
    adds_parent: bool = False
    flattens: bool = False
    feature_code: str | None = None
    selected: bool = True


_USER = Parent("users", "user_id", "user_not_found")

RESOURCES: tuple[Resource, ...] = (
    Resource("users", "org.users.list", "users"),
    Resource("user_details", "user.info", parent=_USER, selected=False),
    Resource("user_groups", "user.groups.list", parent=_USER, adds_parent=True, selected=False),
    Resource("groups", "org.groups.list"),
    Resource(
        "group_users",
        "group.users.list",
        "users",
        parent=Parent("groups", "group_id", "group_not_found"),
        adds_parent=True,
    ),
    Resource("courses", "org.courses.list", "courses"),
    Resource(
        "course_details",
        "course.info",
        parent=Parent("courses", "course_id", "course_not_found"),
    ),
    Resource("profile_fields", "org.profile.list"),
    Resource("reports", "org.reports.list", "reports"),
    Resource(
        "course_approvers",
        "course.approvers.list",
        "relationships",
        flattens=True,
        feature_code="feature_not_enabled",
    ),
)
ROWS_OF_A_PAGE = 100
"""Documented."""
USER_SEARCH = Resource("user_search", "org.users.search", "users")


def planned(resource: Resource, rows: Mapping[str, int]) -> Call:
    """Plan the requests of one resource, of which its pages and parents are not known for sure.

    Args:
        resource: Which one.
        rows: How many rows each resource had when it was last loaded, as far as is known.
    """
    if resource.parent is None:
        return Call(None, 0, {resource.name: _pages(resource, rows)}, is_least=_may_grow(resource))
    (parents,) = (one for one in RESOURCES if one.name == resource.parent.name)
    return Call(
        None, rows.get(parents.name, 0), {parents.name: _pages(parents, rows)}, is_least=True
    )


def _pages(resource: Resource, rows: Mapping[str, int]) -> int:
    known = rows.get(resource.name, 0) if _may_grow(resource) else 0
    return max(1, -(-known // ROWS_OF_A_PAGE))


def _may_grow(resource: Resource) -> bool:
    return resource.items is not None
