"""The organisation as it stands, and the one door through which it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from threading import RLock
from types import MappingProxyType
from typing import Any

from sandbox.coursebase.approvals import make_approvals
from sandbox.coursebase.courses import make_courses, make_enrolments
from sandbox.coursebase.fields import make_fields
from sandbox.coursebase.groups import make_groups, make_members
from sandbox.coursebase.model import Person, State, User
from sandbox.coursebase.people import make_person, make_users
from sandbox.coursebase.reports.sources import Scene
from sandbox.coursebase.reports.types import TYPES
from sandbox.coursebase.saved import make_saved
from sandbox.coursebase.timekeeper import Timekeeper
from sandbox.shared import Shared

Edit = Callable[[State], State]

PEOPLE_KEPT = 100_000
NOBODY: Mapping[int, Shared] = MappingProxyType({})
TICK = 0.001
"""The smallest step between two instants that are told in milliseconds."""
CREATED_NUMBER = 10**9
"""Whatever is created later comes after everything that was there."""


class Organisation:
    """A company that is a function of seed and size until somebody writes to it.

    Args:
        seed: Decides every draw.
        users: How many users.
        groups: How many groups, the root included.
        courses: How many courses.
        features: Features that are switched on.
        born: Instant of the last change before the sandbox started.
        time: Decides when a late edit takes effect.
        shared: Users who are in the other company, by number.
    """

    def __init__(
        self,
        seed: int,
        *,
        users: int,
        groups: int,
        courses: int,
        features: frozenset[str],
        born: float,
        time: Timekeeper,
        shared: Mapping[int, Shared] = NOBODY,
    ) -> None:
        self.seed = seed
        self._sizes = users, groups, courses
        self._features = features
        self._born = born
        self._time = time
        self._shared = shared
        self._lock = RLock()
        self._state: State | None = None
        self._late: list[tuple[float, Edit]] = []
        self._made_person = lru_cache(PEOPLE_KEPT)(self._make_person)
        self._groups_by_user: tuple[Any, Mapping[str, list[str]]] = (None, {})
        self._learners: tuple[Any, Mapping[str, int]] = (None, {})

    @property
    def state(self) -> State:
        """The organisation at this moment, late edits that are due included."""
        with self._lock:
            now = self._time.now()
            due = [edit for at, edit in self._late if at <= now]
            self._late = [(at, edit) for at, edit in self._late if at > now]
            for edit in due:
                self._apply(edit)
            return self._current()

    def edit(self, edit: Edit, *, after: float = 0.0) -> None:
        """Change the organisation, at once or so many seconds later.

        An edit that changes anything also moves the data instant of all reports.
        """
        with self._lock:
            _ = self.state
            if after > 0:
                self._late.append((self._time.now() + after, edit))
            else:
                self._apply(edit)

    def touch(self, report_type: str | None = None) -> None:
        """Move the data instant of one report type, or of all."""
        with self._lock:
            state = self.state
            now = self._time.now()
            kinds = TYPES if report_type is None else {report_type: None}
            moved = {kind: max(now, state.updated[kind] + TICK) for kind in kinds}
            self._state = replace(state, updated={**state.updated, **moved})

    def switch(self, feature: str, *, enabled: bool) -> None:
        """Switch a feature; the reports' data stays what it is."""
        with self._lock:
            state = self.state
            changed = state.features | {feature} if enabled else state.features - {feature}
            self._state = replace(state, features=changed)

    def reset(self) -> None:
        """Be as at the start: no edit, no late edit, no switch."""
        with self._lock:
            self._state = None
            self._late.clear()

    def person(self, user: User) -> Person:
        """Return what a user is like."""
        return user.person or self._made_person(user.number)

    def scene(self) -> Scene:
        """Return what reports are made from at this moment."""
        return Scene(self.state, self.person)

    def groups_of(self, state: State, user_id: str) -> list[str]:
        """Return the ids of the groups a user is in."""
        members, by_user = self._groups_by_user
        if members is not state.members:
            found: dict[str, dict[str, None]] = {}
            for group_id in state.groups:
                for member in state.members[group_id]:
                    found.setdefault(member.user_id, {})[group_id] = None
            by_user = {user: list(groups) for user, groups in found.items()}
            self._groups_by_user = state.members, by_user
        return by_user.get(user_id, [])

    def learner_count(self, state: State, course_id: str) -> int:
        """Return how many enrolments a course has."""
        enrolments, counts = self._learners
        if enrolments is not state.enrolments:
            counts = Counter(e.course_id for taken in state.enrolments.values() for e in taken)
            self._learners = state.enrolments, counts
        return counts.get(course_id, 0)

    def _make_person(self, number: int) -> Person:
        person = make_person(self.seed, self._current().fields, number)
        other = self._shared.get(number)
        if other is None:
            return person
        return replace(person, first_name=other.first_name, last_name=other.last_name)

    def _apply(self, edit: Edit) -> None:
        before = self._current()
        self._state = edit(before)
        if self._state is not before:
            self.touch()

    def _current(self) -> State:
        with self._lock:
            if self._state is None:
                self._state = self._first_state()
            return self._state

    def _first_state(self) -> State:
        users, groups, courses = self._sizes
        fields = make_fields(self.seed)
        logins = {number: other.login_id for number, other in self._shared.items()}
        made_users = make_users(self.seed, users, logins)
        made_groups = make_groups(self.seed, groups)
        made_courses = make_courses(self.seed, courses)
        everybody = list(made_users.values())
        return State(
            users=made_users,
            groups=made_groups,
            members=make_members(self.seed, list(made_groups.values()), everybody),
            courses=made_courses,
            fields=fields,
            reports=make_saved(self.seed, (field.name for field in fields.values())),
            approvals=make_approvals(everybody),
            enrolments=make_enrolments(self.seed, list(made_courses.values()), everybody),
            features=self._features,
            updated=dict.fromkeys(TYPES, self._born),
            next_number=CREATED_NUMBER,
        )
