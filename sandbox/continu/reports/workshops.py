"""workshop-engagement and workshop-status: instances of workshops, and seats in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.continu.catalogue import Item
from sandbox.continu.facts import Instance, Registration
from sandbox.continu.filters import CONTENT_FILTER, USER_FILTER
from sandbox.continu.flags import Column, user_columns
from sandbox.continu.life import INSTANCES
from sandbox.continu.organisation import View
from sandbox.continu.people import User
from sandbox.continu.query import Query
from sandbox.continu.report import Report
from sandbox.instants import MINUTE, iso


@dataclass(slots=True)
class InstanceRow:
    """One workshop instance."""

    view: View
    fact: Instance
    item: Item

    @property
    def id(self) -> str:
        """The documented `workshop_instance_id`."""
        return self.view.organisation.fact_id("instance", self.fact)

    @property
    def outcomes(self) -> Counter[str]:
        """How many seats ended in which way."""
        return Counter(seat.outcome for seat in self.fact.registrations)

    @property
    def minutes(self) -> int:
        """How long it lasts (the unit is inferred)."""
        return (self.fact.end - self.fact.start) // MINUTE

    def host_name(self) -> str:
        """Return the full name of the host."""
        columns = self.view.user(self.fact.host).columns
        return f"{columns['first_name']} {columns['last_name']}"


@dataclass(slots=True)
class SeatRow(InstanceRow):
    """One user's seat in a workshop instance, as it stands at `view.now`."""

    seat: Registration
    user: User

    def status(self) -> str:
        """Return Registered or Waitlisted before the start, the outcome after it (H-rep)."""
        if self.view.now >= self.fact.start:
            return self.seat.outcome
        return "Waitlisted" if self.seat.outcome == "Waitlisted" else "Registered"


def _instances(view: View, query: Query) -> Iterator[InstanceRow]:
    for fact in view.facts(INSTANCES, *query.window):
        if not query.window.holds(fact.start) or fact.start > view.now:
            continue
        row = InstanceRow(view, fact, view.item("workshop", fact.workshop))
        if query.admits("workshop_filter", row.item):
            yield row


def seats(view: View, fact: Instance) -> Iterator[Registration]:
    """Yield the seats of an instance that are taken at `view.now` and not deleted."""
    gone = view.changes.deleted.get("seat", frozenset())
    for seat in fact.registrations:
        if seat.at <= view.now and not (gone and seat_key(view, fact, seat) in gone):
            yield seat


def seat_key(view: View, fact: Instance, seat: Registration) -> str:
    """Return the key of a seat: instance and email, joined by `|`."""
    organisation = view.organisation
    return f"{organisation.fact_id('instance', fact)}|{organisation.user(seat.user).email}"


def _seats(view: View, query: Query) -> Iterator[SeatRow]:
    for fact in view.every(INSTANCES):
        item = view.item("workshop", fact.workshop)
        if not query.admits("workshop_filter", item):
            continue
        for seat in seats(view, fact):
            user = view.user(seat.user)
            if query.admits("user_filter", user):
                yield SeatRow(view, fact, item, seat, user)


COLUMNS: dict[str, Column] = {
    "workshop_duration": lambda row: row.minutes,
    "workshop_end_date": lambda row: iso(row.fact.end),
    "workshop_id": lambda row: row.item.id,
    "workshop_instance_id": lambda row: row.id,
    "workshop_start_date": lambda row: iso(row.fact.start),
    "workshop_title": lambda row: row.item.title,
}

WORKSHOP_ENGAGEMENT = Report(
    name="workshop_engagement",
    path="workshop-engagement",
    read=_instances,
    columns={
        **COLUMNS,
        "archived": lambda row: row.item.columns["archived"],
        "canceled_registrations": lambda row: row.outcomes["Cancelled"],
        "host_name": InstanceRow.host_name,
        "offered_seats": lambda row: row.fact.offered,
        "registered_seats": lambda row: row.outcomes["Attended"] + row.outcomes["No-Show"],
        "registration_disabled": lambda row: row.fact.canceled,
        "total_absentees": lambda row: row.outcomes["No-Show"],
        "total_attendees": lambda row: row.outcomes["Attended"],
        "total_waiting": lambda row: row.outcomes["Waitlisted"],
        "waitlist_enabled": lambda row: row.fact.waitlist > 0,
        "waitlist_seats": lambda row: row.fact.waitlist or None,
        "workshop_status": lambda row: "Cancelled" if row.fact.canceled else "Completed",
    },
    always=("workshop_instance_id",),
    filters={"workshop_filter": CONTENT_FILTER},
    aliases={"host_name": "hostName", "offered_seats": "offeredSeats"},
    undeclared={
        "version": lambda row: row.fact.version,
        "announcedAt": lambda row: iso(row.fact.at),
    },
)

WORKSHOP_STATUS = Report(
    name="workshop_status",
    path="workshop-status",
    read=_seats,
    columns={**user_columns(), **COLUMNS, "workshop_status": SeatRow.status},
    always=("workshop_instance_id", "email"),
    ranged=False,
    filters={"workshop_filter": CONTENT_FILTER, "user_filter": USER_FILTER},
    aliases={"workshop_title": "workshopTitle"},
    undeclared={
        "registeredAt": lambda row: iso(row.seat.at),
        "sourceSystem": lambda _row: "calendar",
    },
)
