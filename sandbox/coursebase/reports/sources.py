"""Rows of every report type, made from one state of the organisation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.chance import below, dice
from sandbox.coursebase.fields import plain_value
from sandbox.coursebase.model import Course, Enrolment, Person, State, User
from sandbox.coursebase.reports.cells import Cell, Instant, Word
from sandbox.coursebase.reports.study import ITEMS, Study, study

Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Scene:
    """What rows are made from.

    Attributes:
        person: Tells what a user is like.
    """

    state: State
    person: Callable[[User], Person]


class Case(NamedTuple):
    """One enrolment with all that belongs to it."""

    user: User
    person: Person
    course: Course
    enrolment: Enrolment
    study: Study

    def cells(self) -> dict[str, Cell]:
        """Return the columns that all reports about learners begin with."""
        return {**name_cells(self.user, self.person), "course_name": self.course}


def name_cells(user: User, person: Person) -> dict[str, Cell]:
    """Return the columns that say who it is."""
    return {
        "last_name": person.last_name,
        "first_name": person.first_name,
        "login_id": user.login_id,
    }


def instant(at: int | None) -> Instant | None:
    """Return a cell for an instant that may not have come."""
    return None if at is None else Instant(at)


def cases(scene: Scene) -> Iterator[Case]:
    """Yield all enrolments whose user and course exist."""
    courses = scene.state.courses
    for user in scene.state.users.values():
        enrolments = scene.state.enrolments.get(user.user_id, ())
        person = scene.person(user) if enrolments else None
        for enrolment in enrolments:
            course = courses.get(enrolment.course_id)
            if course is not None and person is not None:
                yield Case(user, person, course, enrolment, study(enrolment, course))


def people(scene: Scene) -> Iterator[Row]:
    """One row a user, with the profile fields as columns."""
    state = scene.state
    names = defaultdict(list)
    for group in state.groups.values():
        for user_id in dict.fromkeys(member.user_id for member in state.members[group.group_id]):
            names[user_id].append(group.name)
    for user in state.users.values():
        person = scene.person(user)
        profile: dict[str, Cell] = {
            field.name: ", ".join(
                str(plain_value(field, value)) for value in person.profile.get(field.field_id, ())
            )
            for field in state.fields.values()
        }
        yield {
            **name_cells(user, person),
            "language": person.language,
            "time_zone": person.time_zone,
            "groups": ", ".join(names[user.user_id]),
            "account": Word("active" if user.active else "deactivated"),
            **profile,
        }


def learners(scene: Scene) -> Iterator[Row]:
    """One row an enrolment; who took a course twice is there twice."""
    for case in cases(scene):
        yield {
            **case.cells(),
            "learner_status": Word(case.study.status),
            "grade": case.study.grade,
            "started": instant(case.study.started),
            "completed_on": instant(case.study.completed),
        }


def courses(scene: Scene) -> Iterator[Row]:
    """One row a course."""
    learning = Counter(e.course_id for taken in scene.state.enrolments.values() for e in taken)
    for course in scene.state.courses.values():
        shown = course.properties
        yield {
            "course_name": course,
            "course_status": Word(shown["status"]),
            "location": shown["location"],
            "started": shown["start_date"],
            "end": shown["end_date"],
            "learner_count": learning[course.course_id],
            "instructor_count": shown["instructor_count"],
            "passing_grade": shown["passing_grade_percentage"],
        }


def submissions(scene: Scene) -> Iterator[Row]:
    """One row an item handed in or waited for."""
    for case in cases(scene):
        for given in case.study.submissions:
            yield {
                **case.cells(),
                "item": given.item,
                "state": Word(given.state),
                "score": given.score,
                "submitted_at": instant(given.at),
                "comment": given.comment,
            }


def submission_answers(scene: Scene) -> Iterator[Row]:
    """One row an answer."""
    for case in cases(scene):
        for given in case.study.submissions:
            if given.at is not None:
                good = None if given.score is None else Word("yes" if given.score else "no")
                yield {
                    **case.cells(),
                    "item": given.item,
                    "question": given.question,
                    "answer": given.answer,
                    "correct": good,
                }


def submission_rates(scene: Scene) -> Iterator[Row]:
    """One row a course and item."""
    asked: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[str, str]] = Counter()
    for case in cases(scene):
        for one in case.study.submissions:
            place = case.course.course_id, one.item
            asked[place] += 1
            given[place] += one.at is not None
    for place, count in asked.items():
        yield {
            "course_name": scene.state.courses[place[0]],
            "item": place[1],
            "learner_count": count,
            "submitted_count": given[place],
            "rate": round(100 * given[place] / count, 1),
        }


def activities(scene: Scene) -> Iterator[Row]:
    """One row a beginning and one row an end of a course."""
    for case in cases(scene):
        for key, at in (("begun", case.study.started), ("done", case.study.completed)):
            if at is not None:
                yield {**case.cells(), "activity": Word(key), "at": Instant(at)}


def activity_solutions(scene: Scene) -> Iterator[Row]:
    """One row a solution."""
    for case in cases(scene):
        for given in case.study.submissions[:1]:
            yield {
                **case.cells(),
                "activity": given.item,
                "solution": given.answer,
                "score": given.score,
            }


def video_analytics(scene: Scene) -> Iterator[Row]:
    """One row a video."""
    for course in scene.state.courses.values():
        chance = dice("videos", course.course_id)
        for item in ITEMS[: 1 + below(chance, len(ITEMS))]:
            viewers = below(chance, 500)
            yield {
                "course_name": course,
                "video": item,
                "viewers": viewers,
                "plays": viewers + below(chance, 300),
                "watched": below(chance, 5000) / 10 if viewers else None,
            }
