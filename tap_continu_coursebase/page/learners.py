"""People: who needs help, and how far those who joined have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from tap_continu_coursebase.page import charts
from tap_continu_coursebase.page.answers import Answers, Learner
from tap_continu_coursebase.page.formats import count, month, share
from tap_continu_coursebase.page.parts import Column, Figure, Kind, Table
from tap_continu_coursebase.page.read import MOST_LEARNERS
from tap_continu_coursebase.page.words import MOST_ROWS, SHARES, department, left_out, share_cell

FIRST_LEARNERS = 10
"""So many people are named before a table is opened."""
_STEPS: Mapping[str, Sequence[str]] = {
    "logged_in": ("Logged", "in"),
    "first_completion": ("First", "completion"),
    "completion_within_30_days": ("One within", "30 days"),
    "assignments_of_first_30_days_done": ("Assignments", "done"),
}
_STEP_NAMES: Mapping[str, str] = {
    "joined": "Joined",
    "logged_in": "Logged in",
    "first_completion": "Completed something",
    "completion_within_30_days": "Completed something within 30 days",
    "assignments_of_first_30_days_done": "Completed all that the first 30 days assigned",
}


def risk(answers: Answers) -> Figure:
    """Return who is at risk, with reasons, and how many are in each department."""
    name, heading = "learners-at-risk", "Learners at risk"
    if not answers.people.in_continu:
        return Figure(
            name, heading, nothing="Nobody of Continu is loaded, whose assignments tell this."
        )
    found = answers.risks
    if not found:
        return Figure(name, heading, nothing="Nobody is at risk of falling behind.")
    high, medium = sum(one.high for one in found), sum(one.medium for one in found)
    shown = found[:MOST_ROWS]
    people = answers.learners
    return Figure(
        name,
        heading,
        f"{count(high + medium, 'person', 'people')} "
        f"{'is' if high + medium == 1 else 'are'} at risk of falling behind: {high:,} at high risk "
        f"and {medium:,} at medium.",
        "Two points for anything overdue, and one more from three on; one each for something that "
        "is due soon, for having been inactive for long, and for a failed assessment. Three points "
        "are a high risk, two a medium one. Nobody suspended is counted."
        + left_out(len(found) - len(shown), "department", "with fewer people at risk"),
        charts.bars(
            [
                charts.Bar(
                    department(one.department),
                    [(one.high, "warm"), (one.medium, "warm-soft")],
                    f"{one.high + one.medium:,}",
                )
                for one in shown
            ],
            key=(("warm", "high risk"), ("warm-soft", "medium risk")),
        ),
        [
            Table(
                "risk_by_department",
                "People at risk by department",
                [
                    Column("department", "Department", Kind.NAME, is_header=True),
                    Column("high", "High"),
                    Column("medium", "Medium"),
                ],
                [(department(one.department), *one[1:]) for one in found],
            ),
            *(
                [_learners(people[FIRST_LEARNERS:], high + medium, "Further people at risk")]
                if len(people) > FIRST_LEARNERS
                else []
            ),
        ],
        [_learners(people[:FIRST_LEARNERS], high + medium, "Those at the highest risk")]
        if people
        else [],
    )


def _learners(found: Sequence[Learner], total: int, caption: str) -> Table:
    return Table(
        "learners_at_risk",
        caption,
        [
            Column("full_name", "Person", Kind.NAME, is_header=True),
            Column("department", "Department", Kind.NAME, is_secondary=True),
            Column("risk_level", "Risk", Kind.TEXT),
            Column("reasons", "Why", Kind.TEXT),
            Column("overdue", "Overdue", is_secondary=True),
            Column("due_soon", "Due soon", is_secondary=True),
            Column("days_inactive", "Days inactive", is_secondary=True),
            Column("failed_assessments", "Failed", is_secondary=True),
            Column("risk_points", "Points"),
        ],
        [
            (
                one.full_name or one.user_key,
                department(one.department),
                one.risk_level,
                one.reasons,
                one.overdue,
                one.due_soon,
                one.days_inactive,
                one.failed_assessments,
                one.risk_points,
            )
            for one in found
        ],
        f"The first {MOST_LEARNERS} of {total:,}; all of them are in learners_at_risk."
        if total > MOST_LEARNERS and found and len(found) > FIRST_LEARNERS
        else "",
    )


def onboarding(answers: Answers) -> Figure:
    """Return how far those who joined in a month have come."""
    name, heading = "onboarding", "Onboarding by month of joining"
    found = answers.steps
    if not found:
        return Figure(name, heading, nothing="Nobody of Continu is loaded with a date of joining.")
    joined = {one.cohort_month: one.people for one in found if one.step == "joined"}
    cohorts = sorted(joined, reverse=True)[:MOST_ROWS]
    until = answers.as_of.date() if answers.as_of else None
    rows = {each: row for row, each in enumerate(cohorts)}
    steps = [*_STEPS]
    cells = [
        share_cell(rows[one.cohort_month], steps.index(one.step), one.share_of_joined)
        for one in found
        if one.cohort_month in rows and one.step in _STEPS and one.share_of_joined is not None
    ]
    total = sum(joined.values())
    reached = {
        step: sum(one.people for one in found if one.step == step) / total if total else 0
        for step in steps
    }
    return Figure(
        name,
        heading,
        f"Of {count(total, 'person', 'people')} who joined, {share(reached['logged_in'])} have "
        f"logged in, {share(reached['first_completion'])} have completed something, and "
        f"{share(reached['completion_within_30_days'])} did so within 30 days.",
        "Each field is the share of those who joined in that month, in percent. Who joined less "
        "than 30 days ago has time left." + left_out(len(joined) - len(cohorts), "earlier month"),
        charts.grid(
            [f"{month(each)}: {joined[each]:,}{_so_far(each, until)}" for each in cohorts],
            [_STEPS[step] for step in steps],
            cells,
            newest=(len(steps), len(steps)),
            key=SHARES,
        ),
        [
            Table(
                "onboarding_funnel",
                "How far those who joined in a month have come",
                [
                    Column("cohort_month", "Joined", Kind.MONTH, is_header=True),
                    Column("step", "Step", Kind.TEXT, is_header=True),
                    Column("people", "People"),
                    Column("share_of_joined", "Share", Kind.SHARE),
                ],
                [
                    (
                        one.cohort_month,
                        _STEP_NAMES.get(one.step, one.step),
                        one.people,
                        one.share_of_joined,
                    )
                    for one in found
                ],
            )
        ],
    )


def _so_far(cohort: date, until: date | None) -> str:
    """Tell that some who joined in a month have not had 30 days yet."""
    if until is None:
        return ""
    following = (cohort.replace(day=1) + timedelta(days=32)).replace(day=1)
    return ", so far" if until < following + timedelta(days=30) else ""
