"""How each kind of facts comes about, day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING

from sandbox.chance import below, happens
from sandbox.continu.catalogue import (
    ASSESSMENT_PLACES,
    SCORM_PLACES,
    TRACK_PLACES,
    WORKSHOPS,
    Place,
)
from sandbox.continu.facts import (
    AssignmentItem,
    Completion,
    Instance,
    Interaction,
    Kind,
    Progress,
    Registration,
    Step,
)
from sandbox.instants import DAY, HOUR

if TYPE_CHECKING:
    from sandbox.continu.organisation import Organisation

WEEK = (1.3, 1.3, 1.3, 1.3, 1.2, 0.3, 0.3)
DAYS_A_MONTH = 30.4
LONGEST_LIFE = 45

COMPLETIONS_A_MONTH = 3.0
ASSIGNMENTS_A_MONTH = 0.94
INTERACTIONS_A_MONTH = 10.0
INSTANCES_A_MONTH = 0.02
TRACK_EVERY, SCORM_EVERY, ASSESSMENT_EVERY = 30, 43, 120
"""Days from one enrolment of a user to the next."""

ANNOUNCED_AHEAD = 14
PASS_MARK = 70
DONE = 100


def _amount(chance: Random, organisation: Organisation, day: int, rate: float) -> int:
    weekday = (organisation.midnight(day) // DAY + 3) % 7
    expected = organisation.users_at(day) * rate / DAYS_A_MONTH * WEEK[weekday]
    return int(expected + chance.random())


def _scale(organisation: Organisation, day: int) -> tuple[int, int, int]:
    """Return the first instant of a day, and how many users and content items it begins with."""
    return organisation.midnight(day), organisation.users_at(day), organisation.content_at(day)


def _popular(chance: Random, size: int) -> int:
    return int(chance.random() ** 2 * size)


def _completions(organisation: Organisation, day: int) -> Sequence[Completion]:
    chance = organisation.dice("completion", day)
    midnight, users, items = _scale(organisation, day)
    made = []
    for n in range(_amount(chance, organisation, day, COMPLETIONS_A_MONTH)):
        at = midnight + below(chance, DAY)
        made.append(
            Completion(
                day,
                n,
                at,
                below(chance, users),
                _popular(chance, items),
                at + DAY + below(chance, 39 * DAY) if happens(chance, 0.05) else None,
                0,
                below(chance, len(TRACK_PLACES)) if happens(chance, 0.3) else None,
                happens(chance, 0.3),
            )
        )
    return made


def _assignment_item(
    chance: Random, at: int, due: int | None, helper: int
) -> tuple[int | None, ...]:
    """Draw started, completed, expired and manual_by of one item."""
    if happens(chance, 0.1):
        return None, None, due, None
    started = at + HOUR + below(chance, 4 * DAY)
    if happens(chance, 0.6):
        completed = started + HOUR + below(chance, 35 * DAY)
        in_time = due is None or completed < due
        manual_by = helper if happens(chance, 0.06) else None
        return started, completed, None if in_time else due, manual_by
    return started, None, due if happens(chance, 0.6) else None, None


def _assignments(organisation: Organisation, day: int) -> Sequence[AssignmentItem]:
    chance = organisation.dice("assignment", day)
    midnight, users, items = _scale(organisation, day)
    made: list[AssignmentItem] = []
    for number in range(_amount(chance, organisation, day, ASSIGNMENTS_A_MONTH)):
        at = midnight + below(chance, DAY)
        assigner, assignee = below(chance, users), below(chance, users)
        undated = happens(chance, 0.15)
        due = None if undated else midnight + (7 + below(chance, 24)) * DAY
        first = below(chance, items)
        for position in range(1 + below(chance, min(3, items))):
            life = _assignment_item(chance, at, due, assigner)
            started, completed, expired, manual_by = life
            made.append(
                AssignmentItem(
                    day,
                    len(made),
                    at,
                    number,
                    assigner,
                    assignee,
                    (first + position) % items,
                    due,
                    started,
                    completed,
                    expired,
                    manual_by,
                    None,
                )
            )
    return made


def _enrolments(
    organisation: Organisation, day: int, every: int, places: Sequence[Place]
) -> Sequence[tuple[int, int, Place]]:
    """Return number, user and place of each enrolment of a day.

    Each user enrols once in `every` days and walks through `places` without coming back, so
    that no user meets a place twice.
    """
    turn, phase = divmod(day, every)
    if turn >= len(places):
        return []
    users = range(phase, organisation.users_at(day), every)
    return [(n, user, places[(user * 7 + turn) % len(places)]) for n, user in enumerate(users)]


def _courses(
    organisation: Organisation, day: int, kind: str, every: int, places: Sequence[Place]
) -> Sequence[Progress]:
    chance = organisation.dice(kind, day)
    made = []
    for n, user, place in _enrolments(organisation, day, every, places):
        at = organisation.midnight(day) + below(chance, DAY)
        steps = [Step(at, 0)]
        for _ in range(below(chance, 5)):
            gain = 10 + below(chance, 60)
            moment = steps[-1].at + HOUR + below(chance, 9 * DAY)
            steps.append(Step(moment, min(DONE, steps[-1].value + gain)))
            if steps[-1].value == DONE:
                break
        done = steps[-1].value == DONE
        manual_by = below(chance, organisation.users_at(day))
        manual = done and happens(chance, 0.05)
        made.append(Progress(day, n, at, user, *place, tuple(steps), manual_by if manual else None))
    return made


def _attempts(organisation: Organisation, day: int) -> Sequence[Progress]:
    chance = organisation.dice("assessment", day)
    made = []
    for n, user, place in _enrolments(organisation, day, ASSESSMENT_EVERY, ASSESSMENT_PLACES):
        at = organisation.midnight(day) + below(chance, DAY)
        steps: list[Step] = []
        for _ in range(below(chance, 4)):
            moment = (steps[-1].at if steps else at) + HOUR + below(chance, 9 * DAY)
            steps.append(Step(moment, 30 + below(chance, 71)))
            if steps[-1].value >= PASS_MARK:
                break
        made.append(Progress(day, n, at, user, *place, tuple(steps), None))
    return made


OUTCOMES = ("Attended", "Attended", "Attended", "Attended", "No-Show", "Cancelled", "Waitlisted")


def _instances(organisation: Organisation, day: int) -> Sequence[Instance]:
    chance = organisation.dice("workshop", day)
    midnight, users = organisation.midnight(day), organisation.users_at(day)
    made = []
    for n in range(_amount(chance, organisation, day, INSTANCES_A_MONTH)):
        at = midnight + below(chance, DAY)
        start = midnight + ANNOUNCED_AHEAD * DAY + (8 + below(chance, 9)) * HOUR
        canceled = happens(chance, 0.05)
        guests = sorted({below(chance, users) for _ in range(4 + below(chance, 20))})
        registrations = tuple(
            Registration(
                user,
                at + below(chance, start - at),
                "Cancelled" if canceled else OUTCOMES[below(chance, len(OUTCOMES))],
            )
            for user in guests
        )
        hours = 1 + below(chance, 8)
        made.append(
            Instance(
                day,
                n,
                at,
                below(chance, WORKSHOPS),
                below(chance, users),
                start,
                start + hours * HOUR,
                12 + below(chance, 20),
                below(chance, 3) * 5,
                canceled,
                registrations,
                0,
            )
        )
    return made


HAPPENINGS = (*["view"] * 10, *["session"] * 5, "like", "like", "share", "comment", "rating")


def _interactions(organisation: Organisation, day: int) -> Sequence[Interaction]:
    chance = organisation.dice("interaction", day)
    midnight, users, items = _scale(organisation, day)
    made = []
    for n in range(_amount(chance, organisation, day, INTERACTIONS_A_MONTH)):
        what = HAPPENINGS[below(chance, len(HAPPENINGS))]
        value = below(chance, 5) + 1 if what == "rating" else below(chance, 1800)
        at = midnight + below(chance, DAY)
        made.append(
            Interaction(day, n, at, what, below(chance, users), _popular(chance, items), value)
        )
    return made


def _progress_key(item_kind: str) -> Callable[[Organisation, Progress], str]:
    def key(organisation: Organisation, fact: Progress) -> str:
        track = organisation.item_id("track", fact.track)
        journey = organisation.item_id("journey", fact.journey)
        item = organisation.item_id(item_kind, fact.item)
        parts = [item, organisation.user(fact.user).email]
        parts += [journey] if item_kind == "track" else [track, journey]
        return "|".join(part or "" for part in parts)

    return key


COMPLETIONS = Kind(
    "completion", _completions, lambda org, fact: org.fact_id("completion", fact), 41
)
ASSIGNMENTS = Kind(
    "assignment",
    _assignments,
    lambda org, fact: org.assignment_id(fact),
    LONGEST_LIFE,
)
TRACK_ENROLMENTS = Kind(
    "track",
    lambda org, day: _courses(org, day, "track", TRACK_EVERY, TRACK_PLACES),
    _progress_key("track"),
    LONGEST_LIFE,
)
SCORM_ENROLMENTS = Kind(
    "scorm",
    lambda org, day: _courses(org, day, "scorm", SCORM_EVERY, SCORM_PLACES),
    _progress_key("scorm"),
    LONGEST_LIFE,
)
ASSESSMENT_ENROLMENTS = Kind("assessment", _attempts, _progress_key("assessment"), LONGEST_LIFE)
INSTANCES = Kind(
    "instance",
    _instances,
    lambda org, fact: org.fact_id("instance", fact),
    ANNOUNCED_AHEAD + 1,
)
INTERACTIONS = Kind("interaction", _interactions, lambda _org, fact: f"{fact.day}.{fact.n}", 0)
