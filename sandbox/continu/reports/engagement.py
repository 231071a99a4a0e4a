"""content-engagement, user-engagement and manager-summary: counts over a window.

The counts are functions of immutable instants and of the window alone, so that a window that
has closed gives the same answer for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.continu.catalogue import Item
from sandbox.continu.filters import CONTENT_FILTER, USER_FILTER
from sandbox.continu.flags import CREATOR, Column, person_columns, user_columns
from sandbox.continu.organisation import View
from sandbox.continu.people import User
from sandbox.continu.query import Query
from sandbox.continu.report import Report
from sandbox.continu.tally import NOTHING, Tally, tally_contents, tally_users


@dataclass(slots=True)
class ContentRow:
    """One content item and what happened to it in the window."""

    view: View
    item: Item
    tally: Tally


@dataclass(slots=True)
class UserRow:
    """One user and what the user did in the window."""

    view: View
    user: User
    tally: Tally


@dataclass(slots=True)
class ManagerRow(UserRow):
    """One manager and what the direct reports did in the window."""

    reports: int
    hires: int


def _contents(view: View, query: Query) -> Iterator[ContentRow]:
    tallies = tally_contents(view, query.window)
    for item in view.contents(query.window.until):
        if query.admits("content_filter", item):
            yield ContentRow(view, item, tallies.get(item.index, NOTHING))


def _users(view: View, query: Query) -> Iterator[UserRow]:
    tallies = tally_users(view, query.window)
    for user in view.users(query.window.until):
        if query.admits("user_filter", user):
            yield UserRow(view, user, tallies.get(user.index, NOTHING))


def _managers(view: View, query: Query) -> Iterator[ManagerRow]:
    """`manager_filter` narrows the managers, `user_filter` their direct reports (inferred)."""
    tallies = tally_users(view, query.window)
    rows = {
        user.index: ManagerRow(view, user, Tally(), 0, 0)
        for user in view.users(query.window.until)
        if user.columns["is_manager"] and query.admits("manager_filter", user)
    }
    for user in view.users(query.window.until):
        row = rows.get(_manager(view, user))
        if row is None or not query.admits("user_filter", user):
            continue
        row.reports += 1
        row.hires += query.window.holds(user.created_at)
        row.tally.add(tallies.get(user.index, NOTHING))
    yield from rows.values()


def _manager(view: View, user: User) -> int:
    index = view.organisation.people.manager_of(user.index)
    return -1 if index is None else index


def _of_item(name: str) -> Column:
    return lambda row: row.item.columns[name]


def _of_tally(name: str) -> Column:
    return lambda row: getattr(row.tally, name)


def _creator(row: Any) -> User:
    user: User = row.view.user(row.item.creator)
    return user


CATALOGUE_COLUMNS = (
    "archived",
    "created_at",
    "created_by",
    "id",
    "in_track_title",
    "linked_categories",
    "metadata",
    "on_explore",
    "privacy_collaborators",
    "privacy_departments",
    "privacy_grade",
    "privacy_locations",
    "privacy_org_level",
    "privacy_teams",
    "published",
    "tags",
    "title",
    "type",
    "updated_at",
    "url",
)
ASSIGNED = ("assignments_completed", "assignments_pending")
RECEIVED = (*ASSIGNED, "comments", "likes", "ratings", "shares", "views")
DONE_BY_TEAM = (*RECEIVED, "sessions", "tracks_completed", "tracks_started", "workshops_attended")

CONTENT_ENGAGEMENT = Report(
    name="content_engagement",
    path="content-engagement",
    read=_contents,
    columns={
        **{name: _of_item(name) for name in CATALOGUE_COLUMNS},
        **{name: _of_tally(name) for name in (*RECEIVED, "ratings_average")},
        **person_columns("creator", _creator, CREATOR),
    },
    always=("id",),
    filters={"content_filter": CONTENT_FILTER},
    aliases={"id": "_id", "linked_categories": "linkedCategories", "created_by": "createdBy"},
    undeclared={"sourceSystem": lambda _row: "lms", "slug": lambda row: f"c-{row.item.index}"},
)

USER_ENGAGEMENT = Report(
    name="user_engagement",
    path="user-engagement",
    read=_users,
    columns={
        **user_columns(),
        **{name: _of_tally(name) for name in (*DONE_BY_TEAM, "ratings_average", "seconds_viewed")},
    },
    always=("email",),
    filters={"user_filter": USER_FILTER},
    aliases={"seconds_viewed": "secondsViewed", "tracks_started": "tracksStarted"},
    undeclared={"sourceSystem": lambda _row: "lms", "profileUrl": lambda row: f"/u/{row.user.id}"},
)

MANAGER_SUMMARY = Report(
    name="manager_summary",
    path="manager-summary",
    read=_managers,
    columns={
        **user_columns(without=("partner", "partner_name", "user_metadata")),
        **{name: _of_tally(name) for name in DONE_BY_TEAM},
        "direct_reports": lambda row: row.reports,
        "new_hires": lambda row: row.hires,
    },
    always=("email",),
    filters={"manager_filter": USER_FILTER, "user_filter": USER_FILTER},
    aliases={"direct_reports": "directReports"},
    undeclared={"sourceSystem": lambda _row: "hris", "teamSize": lambda row: row.reports + 1},
)
