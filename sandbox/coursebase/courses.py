"""Courses with every combination of nulls that is documented (M), and who takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from sandbox.chance import below, dice, happens, pick
from sandbox.coursebase.model import Course, Enrolment, User
from sandbox.coursebase.opaque import opaque

TITLES: tuple[tuple[str, dict[str, str]], ...] = (
    ("Fire safety", {"ja": "防火・防災", "fr": "Sécurité incendie"}),
    ("情報セキュリティ基礎", {"en": "Information security, basics"}),
    ("Négocier à l'export", {"en": "Export negotiation", "ja": "輸出交渉", "zh_TW": "出口談判"}),
    ('Advanced "soft" skills, part 2', {}),
    ("Buchhaltung für Anfänger", {"en": "Bookkeeping for beginners"}),
    ("Onboarding 🌱", {"ja": "新入社員研修"}),
)
LOCATIONS = (None, "Lisboa", "本社 3F, 会議室A", 'Hall "7"')
FIRST_DAY = date(2019, 1, 7)
SPREAD_DAYS = 1200
ARCHIVED_EVERY = 7
AGAIN_SHARE = 0.06
MOST_ENROLMENTS = 4


def _switch(on: bool) -> str:  # noqa: FBT001
    return "enabled" if on else "disabled"


def _seats(number: int, chance: Random) -> dict[str, Any]:
    """Go through no maximum, a maximum, and a maximum with a waitlist."""
    limited, waiting = number % 3 > 0, number % 3 > 1
    return {
        "learner_maximum": _switch(limited),
        "learner_maximum_count": 5 + below(chance, 60) if limited else None,
        "learner_waitlist": _switch(waiting) if limited else None,
        "learner_waitlist_count": below(chance, 9) if waiting else None,
    }


def _dates(number: int, chance: Random) -> dict[str, Any]:
    """Go through all ways in which some of the three dates are set."""
    start = FIRST_DAY + timedelta(days=below(chance, SPREAD_DAYS))
    days = {
        "start_date": start,
        "end_date": start + timedelta(days=28),
        "registration_end_date": start - timedelta(days=1),
    }
    return {
        name: day.isoformat() if number >> bit & 1 else None
        for bit, (name, day) in enumerate(days.items())
    }


def make_properties(seed: int, number: int) -> dict[str, Any]:
    """Return what the course of a number is like."""
    chance = dice(seed, "course", number)
    title, translations = TITLES[number % len(TITLES)]
    passing = number % 2 == 0
    return {
        "title": f"{title} {number}",
        "title_translations": [
            {"language": language, "value": f"{value} {number}"}
            for language, value in translations.items()
        ],
        "location": pick(chance, LOCATIONS),
        **_dates(number, chance),
        "passing_grade": _switch(passing),
        "passing_grade_percentage": pick(chance, (50, 66.5, 80, 100)) if passing else None,
        **_seats(number, chance),
        "learner_leave_course": _switch(happens(chance, 0.5)),
        "messages": _switch(happens(chance, 0.5)),
        "instructor_count": below(chance, 3),
        "status": "archived" if number % ARCHIVED_EVERY == ARCHIVED_EVERY - 1 else "active",
    }


PROPERTIES = frozenset(make_properties(0, 0))


def make_courses(seed: int, count: int) -> dict[str, Course]:
    """Return courses by id."""
    made = {}
    for number in range(count):
        course_id = opaque(seed, "course", number)
        made[course_id] = Course(number, course_id, make_properties(seed, number))
    return made


def make_enrolments(
    seed: int, courses: Sequence[Course], users: Iterable[User]
) -> dict[str, tuple[Enrolment, ...]]:
    """Return enrolments by user id; some learners take a course again."""
    chance = dice(seed, "enrolments")
    made = {}
    for user in users:
        count = below(chance, MOST_ENROLMENTS + 1) if courses else 0
        wanted = [pick(chance, courses) for _ in range(count)]
        if wanted and happens(chance, AGAIN_SHARE):
            wanted.append(wanted[0])
        if wanted:
            made[user.user_id] = tuple(
                Enrolment(course.course_id, f"{user.number}.{n}") for n, course in enumerate(wanted)
            )
    return made
