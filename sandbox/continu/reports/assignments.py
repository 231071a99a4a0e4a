"""assignment-summary and simplified/assignments: items of assignments, and assignments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from sandbox.continu.catalogue import Item
from sandbox.continu.facts import AssignmentItem
from sandbox.continu.filters import ASSIGNMENT_FILTER, USER_FILTER
from sandbox.continu.flags import ASSIGNER, MANUAL, person_columns, user_columns
from sandbox.continu.life import ASSIGNMENTS
from sandbox.continu.organisation import View
from sandbox.continu.people import User
from sandbox.continu.query import Query
from sandbox.continu.report import Date, Report
from sandbox.instants import iso

DATES: Mapping[str, Date] = {
    "assigned_date": lambda item, _now: int(item.at),
    "completed_date": lambda item, now: item.completed_by(now),
    "created_at": lambda item, _now: int(item.at),
    "due_date": lambda item, _now: item.due,
    "updated_date": lambda item, now: item.updated(now),
}

BIRTHS = frozenset({"assigned_date", "created_at"})
"""Targets that name the instant at which a fact is born."""


@dataclass(slots=True)
class AssignmentRow:
    """One content item assigned by one user to another, as it stands at `view.now`."""

    view: View
    item: AssignmentItem
    user: User
    assigner: User
    content: Item

    @property
    def id(self) -> str:
        """The documented `assignment_id`."""
        return self.view.organisation.assignment_id(self.item)

    @property
    def completed(self) -> int | None:
        """When it was completed, if it is."""
        return self.item.completed_by(self.view.now)

    @property
    def manual_by(self) -> User | None:
        """Who marked it as completed, if anybody did."""
        index = self.item.manual_by
        return None if index is None or self.completed is None else self.view.user(index)


def assignment_row(view: View, item: AssignmentItem) -> AssignmentRow:
    """Look up the people and the content of an item."""
    return AssignmentRow(
        view,
        item,
        view.user(item.assignee),
        view.user(item.assigner),
        view.item("content", item.content),
    )


def _items(view: View, query: Query) -> Iterator[AssignmentRow]:
    date = DATES[query.target]
    for item in view.facts(ASSIGNMENTS, *query.window, born=query.target in BIRTHS):
        if not query.window.holds(date(item, view.now)):
            continue
        row = assignment_row(view, item)
        if query.admits("user_filter", row.user) and query.admits("assignment_filter", row):
            yield row


ASSIGNMENT_SUMMARY = Report(
    name="assignment_summary",
    path="assignment-summary",
    read=_items,
    columns={
        **user_columns(without=("suspended_on", "user_metadata")),
        **person_columns("assigner", lambda row: row.assigner, ASSIGNER),
        **person_columns(
            "manual_completed_by", lambda row: row.manual_by, (*MANUAL, "is_suspended")
        ),
        "assigned_date": lambda row: iso(row.item.at),
        "assignee_metadata": lambda row: row.user.columns["user_metadata"],
        "assignment_id": lambda row: row.id,
        "assignment_status": lambda row: row.item.status(row.view.now),
        "completed_date": lambda row: iso(row.completed),
        "content_archived": lambda row: row.content.columns["archived"],
        "content_completed_on": lambda row: iso(row.completed),
        "content_id": lambda row: row.content.id,
        "content_metadata": lambda row: row.content.columns["metadata"],
        "content_title": lambda row: row.content.title,
        "content_type": lambda row: row.content.type,
        "due_date": lambda row: iso(row.item.due),
        "updated_date": lambda row: iso(row.item.updated(row.view.now)),
    },
    always=("assignment_id", "content_id", "email"),
    dates=DATES,
    default_target="assigned_date",
    filters={"assignment_filter": ASSIGNMENT_FILTER, "user_filter": USER_FILTER},
    aliases={"assigned_date": "assignedDate", "content_title": "contentTitle"},
    undeclared={
        "lastActivityAt": lambda row: iso(row.item.updated(row.view.now)),
        "reminderCount": lambda row: row.item.n % 3,
    },
)


@dataclass(slots=True)
class WholeAssignment:
    """One assignment with all its items that exist."""

    view: View
    items: list[AssignmentItem]

    @property
    def id(self) -> str:
        """The documented `assignment_id`."""
        return self.view.organisation.assignment_id(self.items[0])

    @property
    def updated(self) -> int:
        """When any of its items last changed."""
        return max(item.updated(self.view.now) for item in self.items)

    @property
    def status(self) -> str:
        """The state of its items if they agree, else In Progress (inferred)."""
        states = {item.status(self.view.now) for item in self.items}
        return states.pop() if len(states) == 1 else "In Progress"

    @property
    def manual_by(self) -> User | None:
        """Who marked one of its items as completed, if anybody did."""
        now = self.view.now
        done = (item.manual_by for item in self.items if item.completed_by(now) is not None)
        index = next((by for by in done if by is not None), None)
        return None if index is None else self.view.user(index)


def _assignments(view: View, _query: Query) -> Iterator[WholeAssignment]:
    for _, items in groupby(view.every(ASSIGNMENTS), lambda item: (item.day, item.number)):
        yield WholeAssignment(view, list(items))


SIMPLIFIED_ASSIGNMENTS = Report(
    name="simplified_assignments",
    path="simplified/assignments",
    read=_assignments,
    columns={
        **person_columns("assignee", lambda row: row.view.user(row.items[0].assignee), ()),
        **person_columns("assigner", lambda row: row.view.user(row.items[0].assigner), ()),
        **person_columns("manual_completed_by", lambda row: row.manual_by, ()),
        "assignment_id": lambda row: row.id,
    },
    always=("assignment_id",),
    unflagged=frozenset({"assignment_id"}),
    ranged=False,
    sorts={
        "assigned_date": lambda row: row.items[0].at,
        "created_at": lambda row: row.items[0].at,
        "due_date": lambda row: row.items[0].due,
        "updated_date": lambda row: row.updated,
    },
    undeclared={
        "assignedDate": lambda row: iso(row.items[0].at),
        "dueDate": lambda row: iso(row.items[0].due),
        "assignmentStatus": lambda row: row.status,
        "contentIds": lambda row: [row.view.item("content", item.content).id for item in row.items],
        "updatedAt": lambda row: iso(row.updated),
    },
)
