"""The two pivots of assignments: by content item and by user.

Documented (S-pc, S-pu): the flags and that rows carry counts or statuses; the names of ids
and counts are not. Which items a row counts and in which state is a function of the window:
states are those at its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.continu.catalogue import Item
from sandbox.continu.filters import CONTENT_FILTER, USER_FILTER
from sandbox.continu.life import ASSIGNMENTS
from sandbox.continu.organisation import View
from sandbox.continu.people import User
from sandbox.continu.query import Query
from sandbox.continu.report import Report
from sandbox.continu.reports.assignments import BIRTHS, DATES, AssignmentRow, assignment_row
from sandbox.instants import iso

STATES = ("Not Started", "In Progress", "Completed", "Expired")


@dataclass(slots=True)
class Pivot:
    """The assignment items of one content item or one user in one window.

    Attributes:
        moment: Last instant of the window that has passed; states are those of then.
    """

    view: View
    moment: int
    user: User
    content: Item
    rows: list[AssignmentRow] = field(default_factory=list)

    @property
    def states(self) -> Counter[str]:
        """How many items are in which state at `moment`."""
        return Counter(row.item.status(self.moment) for row in self.rows)

    def manually(self) -> list[dict[str, Any]]:
        """Return who marked items as completed, each person once."""
        found = {
            row.item.manual_by: self.view.user(row.item.manual_by).as_object()
            for row in self.rows
            if row.item.manual_by is not None and row.item.completed_by(self.moment) is not None
        }
        return list(found.values())

    def people(self, role: str) -> list[dict[str, Any]]:
        """Return the assignees (`user`) or assigners, each person once."""
        found: dict[str, User] = {getattr(row, role).id: getattr(row, role) for row in self.rows}
        return [user.as_object() for user in found.values()]

    def assignments(self) -> list[dict[str, Any]]:
        """Return the items one by one."""
        return [
            {
                "assignmentId": row.id,
                "contentId": row.content.id,
                "contentTitle": row.content.title,
                "status": row.item.status(self.moment),
                "assignedDate": iso(row.item.at),
                "completedDate": iso(row.item.completed_by(self.moment)),
            }
            for row in self.rows
        ]


def _read(by: str, view: View, query: Query) -> Iterator[Pivot]:
    date = DATES[query.target]
    moment = min(query.window.until - 1, view.now)
    pivots: dict[int, Pivot] = {}
    for item in view.facts(ASSIGNMENTS, *query.window, born=query.target in BIRTHS):
        if not query.window.holds(date(item, view.now)):
            continue
        row = assignment_row(view, item)
        if not (
            query.admits("user_filter", row.user) and query.admits("content_filter", row.content)
        ):
            continue
        if query.unsuspended and not query.unsuspended.holds(row.user.unsuspended_at):
            continue
        pivot = pivots.setdefault(getattr(item, by), Pivot(view, moment, row.user, row.content))
        pivot.rows.append(row)
    yield from pivots.values()


PIVOTED_CONTENT_ASSIGNMENTS = Report(
    name="pivoted_content_assignments",
    path="pivoted-content-assignments",
    read=lambda view, query: _read("content", view, query),
    columns={
        "_id": lambda row: row.content.id,
        "assignee": lambda row: row.people("user"),
        "assigner": lambda row: row.people("assigner"),
        "manual_completed_by": Pivot.manually,
    },
    always=("_id",),
    unflagged=frozenset({"_id"}),
    dates=DATES,
    default_target="assigned_date",
    filters={"content_filter": CONTENT_FILTER, "user_filter": USER_FILTER},
    aliases={"manual_completed_by": "manualCompletedBy"},
    undeclared={
        "title": lambda row: row.content.title,
        "assignedCount": lambda row: len(row.rows),
        "completedCount": lambda row: row.states["Completed"],
        "expiredCount": lambda row: row.states["Expired"],
    },
)

PIVOTED_USER_ASSIGNMENTS = Report(
    name="pivoted_user_assignments",
    path="pivoted-user-assignments",
    read=lambda view, query: _read("assignee", view, query),
    columns={
        "_id": lambda row: row.user.id,
        "email": lambda row: row.user.email,
        "all_assignments": Pivot.assignments,
    },
    always=("_id", "email"),
    unflagged=frozenset({"_id", "email"}),
    dates=DATES,
    default_target="assigned_date",
    filters={"content_filter": CONTENT_FILTER, "user_filter": USER_FILTER},
    bounds=("unsuspended_from", "unsuspended_to"),
    aliases={"all_assignments": "allAssignments"},
    undeclared={
        "statusCounts": lambda row: {state: row.states[state] for state in STATES},
        "fullName": lambda row: f"{row.user.columns['first_name']} {row.user.columns['last_name']}",
    },
)
