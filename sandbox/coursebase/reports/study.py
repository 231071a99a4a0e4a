"""What learners did in their courses: a function of each enrolment's mark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.chance import below, dice, happens, pick, some
from sandbox.coursebase.model import Course, Enrolment
from sandbox.instants import DAY, parse_instant

FIRST_SECOND = parse_instant("2022-01-03")
SPAN_DAYS = 700
ITEMS = ("Quiz 1", "レポート課題", 'Essay, "free form"', "Vidéo n° 2")
QUESTIONS = (
    "What is the first step?",
    "避難経路はどこですか。",
    'Explain "need to know", briefly.',
)
ANSWERS = (
    "Stop, look,\nthen walk.",
    'I would say "it depends", and ask.',
    "非常口から出る。\r\n集合場所は中庭です。",
    "",
    "Δεν ξέρω; ίσως",
    "1,5",
    "لا أعرف",
    "-",
)
STATES = ("graded", "graded", "submitted", "begun", "waiting")


@dataclass(frozen=True, slots=True)
class Submission:
    """One handed-in item; what has not happened yet is None."""

    item: str
    state: str
    score: float | None
    at: int | None
    comment: str | None
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Study:
    """What came of one enrolment.

    Attributes:
        started: None when the learner was added and never opened the course; documented:
            H:add-report-column.
        status: `passed` and `failed` only in courses with a passing grade; documented:
            H:add-report-column.
    """

    enrolled: int
    started: int | None
    completed: int | None
    grade: float | None
    status: str
    minutes: int
    submissions: tuple[Submission, ...]


def _submissions(mark: str, since: int) -> Iterator[Submission]:
    chance = dice("submissions", mark)
    for item in some(chance, ITEMS, 3):
        state = pick(chance, STATES)
        at = since + below(chance, 20 * DAY) if state in ("graded", "submitted") else None
        graded = state == "graded"
        yield Submission(
            item,
            state,
            below(chance, 201) / 2 if graded else None,
            at,
            pick(chance, ANSWERS) if graded else None,
            pick(chance, QUESTIONS),
            pick(chance, ANSWERS),
        )


def study(enrolment: Enrolment, course: Course) -> Study:
    """Return what came of an enrolment."""
    chance = dice("study", enrolment.mark, enrolment.course_id)
    enrolled = FIRST_SECOND + below(chance, SPAN_DAYS * DAY)
    started = enrolled + below(chance, 5 * DAY) if happens(chance, 0.85) else None
    completed = grade = None
    status = "in_progress"
    if started is not None and happens(chance, 0.6):
        completed = started + DAY + below(chance, 30 * DAY)
        grade = below(chance, 1001) / 10
        bar = course.properties["passing_grade_percentage"]
        status = "done" if bar is None else "passed" if grade >= bar else "failed"
    handed_in = () if started is None else tuple(_submissions(enrolment.mark, started))
    return Study(enrolled, started, completed, grade, status, below(chance, 400), handed_in)
