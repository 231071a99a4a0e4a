"""Counts of what happened in a window, per user or per content item."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sandbox.continu.life import (
    ASSIGNMENTS,
    DONE,
    INSTANCES,
    INTERACTIONS,
    TRACK_ENROLMENTS,
)
from sandbox.continu.organisation import View
from sandbox.continu.query import Window
from sandbox.continu.reports.workshops import seats

COUNTED_AS = {
    "view": "views",
    "like": "likes",
    "share": "shares",
    "comment": "comments",
    "session": "sessions",
    "rating": "ratings",
}


@dataclass(slots=True)
class Tally:
    """Counts of one user or content item.

    Attributes:
        assignments_completed: Items completed in the window.
        assignments_pending: Items assigned in the window and not completed by its end.
        stars: Sum of the ratings.
        seconds_viewed: Sum of the lengths of views.
    """

    assignments_completed: int = 0
    assignments_pending: int = 0
    comments: int = 0
    likes: int = 0
    ratings: int = 0
    stars: int = 0
    seconds_viewed: int = 0
    sessions: int = 0
    shares: int = 0
    tracks_completed: int = 0
    tracks_started: int = 0
    views: int = 0
    workshops_attended: int = 0

    @property
    def ratings_average(self) -> float | None:
        """Mean of the ratings, 1 to 5, to two decimals; None without ratings."""
        return round(self.stars / self.ratings, 2) if self.ratings else None

    def add(self, other: Tally) -> None:
        """Add the counts of another."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


NOTHING = Tally()
Tallies = dict[int, Tally]


def _count_interactions(view: View, window: Window, by: str, tallies: Tallies) -> None:
    for event in view.facts(INTERACTIONS, *window):
        if not window.holds(event.at) or (by == "content" and event.what == "session"):
            continue
        tally = tallies[event.user if by == "user" else event.content]
        counted = COUNTED_AS[event.what]
        setattr(tally, counted, getattr(tally, counted) + 1)
        if event.what == "view":
            tally.seconds_viewed += event.value
        elif event.what == "rating":
            tally.stars += event.value


def _count_assignments(view: View, window: Window, by: str, tallies: Tallies) -> None:
    moment = min(window.until - 1, view.now)
    for item in view.facts(ASSIGNMENTS, *window):
        completed = item.completed_by(moment)
        index = item.assignee if by == "user" else item.content
        if window.holds(completed):
            tallies[index].assignments_completed += 1
        elif completed is None and window.holds(item.at):
            tallies[index].assignments_pending += 1


def _count_learning(view: View, window: Window, tallies: Tallies) -> None:
    moment = min(window.until - 1, view.now)
    for fact in view.facts(TRACK_ENROLMENTS, *window):
        tallies[fact.user].tracks_started += window.holds(fact.at)
        tallies[fact.user].tracks_completed += window.holds(fact.first(DONE, moment))
    for instance in view.facts(INSTANCES, *window):
        if window.holds(instance.start) and instance.start <= view.now:
            for seat in seats(view, instance):
                tallies[seat.user].workshops_attended += seat.outcome == "Attended"


def tally_users(view: View, window: Window) -> Tallies:
    """Count, by number of user, what users did in a window."""
    tallies: Tallies = defaultdict(Tally)
    _count_interactions(view, window, "user", tallies)
    _count_assignments(view, window, "user", tallies)
    _count_learning(view, window, tallies)
    return tallies


def tally_contents(view: View, window: Window) -> Tallies:
    """Count, by number of content item, what happened to items in a window."""
    tallies: Tallies = defaultdict(Tally)
    _count_interactions(view, window, "content", tallies)
    _count_assignments(view, window, "content", tallies)
    return tallies
