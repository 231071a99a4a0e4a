"""Rows of the three udemy reports, whose fields are those of the Udemy Business reports."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.chance import below, dice, pick, some
from sandbox.coursebase.reports.cells import Instant, Word
from sandbox.coursebase.reports.sources import Row, Scene, cases, instant, name_cells
from sandbox.coursebase.reports.study import FIRST_SECOND, ITEMS
from sandbox.instants import DAY

FIRST_COURSE = 100_000


def udemy_user_activity(scene: Scene) -> Iterator[Row]:
    """One row a user."""
    for user in scene.state.users.values():
        chance = dice("udemy", user.user_id)
        joined = FIRST_SECOND + below(chance, 90 * DAY)
        started = below(chance, 9)
        yield {
            **name_cells(user, scene.person(user)),
            "role": pick(chance, ("student", "student", "admin")),
            "account": Word("active" if user.active else "deactivated"),
            "joined": Instant(joined),
            "enrolled_count": started + below(chance, 3),
            "started_count": started,
            "completed_count": below(chance, started + 1),
            "minutes": below(chance, 9000) / 10,
            "last_visit": Instant(joined + below(chance, 600 * DAY)) if started else None,
        }


def udemy_user_course_activity(scene: Scene) -> Iterator[Row]:
    """One row a user and course."""
    for case in cases(scene):
        chance = dice("udemy", case.enrolment.mark)
        yield {
            **case.cells(),
            "udemy_course": FIRST_COURSE + case.course.number,
            "category": pick(chance, ("Development", "Office productivity", None)),
            "ratio": below(chance, 1001) / 10,
            "minutes": case.study.minutes,
            "enrolled_at": Instant(case.study.enrolled),
            "started": instant(case.study.started),
            "completed_on": instant(case.study.completed),
            "assigned_by": pick(chance, (None, None, "admin@example.com")),
        }


def udemy_user_progress(scene: Scene) -> Iterator[Row]:
    """One row a user, course and item."""
    for case in cases(scene):
        chance = dice("progress", case.enrolment.mark)
        for item in some(chance, ITEMS, 3):
            yield {
                **case.cells(),
                "udemy_course": FIRST_COURSE + case.course.number,
                "item": item,
                "item_type": Word(pick(chance, ("lecture", "quiz"))),
                "started": instant(case.study.started),
                "ratio": below(chance, 101),
                "views": below(chance, 7),
            }
