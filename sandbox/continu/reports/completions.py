"""content-completion and user-content: two views of the same completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.chance import fingerprint
from sandbox.continu.catalogue import TRACK_PLACES, Item
from sandbox.continu.facts import Completion
from sandbox.continu.filters import ENTITY_FILTER, USER_CONTENT_FILTER, USER_FILTER
from sandbox.continu.flags import Column, user_columns
from sandbox.continu.life import COMPLETIONS
from sandbox.continu.organisation import View
from sandbox.continu.people import User
from sandbox.continu.query import Query
from sandbox.continu.report import Date, Report
from sandbox.instants import DAY, iso


def _updated(fact: Completion, now: int) -> int:
    return fact.changed_at if fact.changed_at is not None and fact.changed_at <= now else fact.at


DATES: Mapping[str, Date] = {
    "completed_date": lambda fact, _now: int(fact.at),
    "created_at": lambda fact, _now: int(fact.at),
    "updated_date": _updated,
}

BIRTHS = frozenset({"completed_date", "created_at"})
"""Targets that name the instant at which a fact is born."""


@dataclass(slots=True)
class CompletionRow:
    """One completion by one user of one content item."""

    view: View
    fact: Completion
    user: User
    content: Item

    @property
    def id(self) -> str:
        """The documented `completion_id`."""
        return self.view.organisation.fact_id("completion", self.fact)

    @property
    def updated(self) -> int:
        """When the record last changed."""
        return _updated(self.fact, self.view.now)

    @property
    def revision(self) -> int:
        """How often the record has been written."""
        return 1 + self.fact.changes + (self.updated != self.fact.at and not self.fact.changes)

    def metadata(self) -> dict[str, Any]:
        """Return what the learner left behind; changes with every revision."""
        rated = int(fingerprint(self.fact.day, self.fact.n, self.revision, digits=4), 16) % 5
        return {
            "progressNote": f"revision {self.revision}",
            "rating": rated + 1,
            "updatedAt": iso(self.updated),
        }

    def assignment(self) -> dict[str, Any] | None:
        """Return the assignment behind the completion, if any."""
        if not self.fact.assigned:
            return None
        mark = fingerprint(self.id, digits=16)
        return {"_id": f"{self.fact.at - DAY:08x}{mark}", "dueDate": iso(self.fact.at + DAY)}

    def place(self, kind: str) -> dict[str, Any] | None:
        """Return the track or journey in which the content was met, if any."""
        if self.fact.place is None:
            return None
        place = TRACK_PLACES[self.fact.place]
        index = place.item if kind == "track" else place.journey
        if index is None:
            return None
        item = self.view.item(kind, index)
        return {"_id": item.id, "title": item.title}


def _read(content_control: str, view: View, query: Query) -> Iterator[CompletionRow]:
    date = DATES[query.target]
    for fact in view.facts(COMPLETIONS, *query.window, born=query.target in BIRTHS):
        if not query.window.holds(date(fact, view.now)):
            continue
        row = CompletionRow(view, fact, view.user(fact.user), view.item("content", fact.content))
        if query.admits("user_filter", row.user) and query.admits(content_control, row.content):
            yield row


COLUMNS: dict[str, Column] = {
    **user_columns(),
    "completion_id": lambda row: row.id,
    "completed_on": lambda row: iso(row.fact.at),
    "created_at": lambda row: iso(row.fact.at),
    "assignment": CompletionRow.assignment,
    "content": lambda row: row.content.as_object(),
    "content_metadata": CompletionRow.metadata,
    "journey": lambda row: row.place("journey"),
    "track": lambda row: row.place("track"),
}
"""37 flags, and the two fields that come unasked (documented: R-sync, R-date's sample)."""

UNDECLARED: dict[str, Column] = {
    "revision": lambda row: row.revision,
    "lastActivityAt": lambda row: iso(row.updated),
}

SORTS: dict[str, Column] = {
    "completed_date": lambda row: row.fact.at,
    "created_at": lambda row: row.fact.at,
    "updated_date": lambda row: row.updated,
    "email": lambda row: row.user.email,
}

CONTENT_COMPLETION = Report(
    name="content_completion",
    path="content-completion",
    read=lambda view, query: _read("entity_filter", view, query),
    columns=COLUMNS,
    always=("completion_id", "completed_on"),
    unflagged=frozenset({"completion_id", "completed_on"}),
    dates=DATES,
    default_target="completed_date",
    sorts=SORTS,
    filters={"entity_filter": ENTITY_FILTER, "user_filter": USER_FILTER},
    aliases={"created_at": "createdAt", "content_metadata": "contentMetadata"},
    undeclared={**UNDECLARED, "sourceSystem": lambda _row: "lms"},
)

USER_CONTENT = replace(
    CONTENT_COMPLETION,
    name="user_content",
    path="user-content",
    read=lambda view, query: _read("content_filter", view, query),
    filters={"content_filter": USER_CONTENT_FILTER, "user_filter": USER_FILTER},
    aliases={"created_at": "createdAt", "job_title": "jobTitle", "hired_on": "hiredOn"},
    undeclared=UNDECLARED,
)
