"""What the models answer of an organisation's learning, in numbers, pictures and words."""

from __future__ import annotations

from tap_continu_coursebase.page import assignments, content, learners
from tap_continu_coursebase.page.answers import Answers
from tap_continu_coursebase.page.formats import day
from tap_continu_coursebase.page.parts import Headline, Kind, Section
from tap_continu_coursebase.page.words import of_all


def headlines(answers: Answers) -> list[Headline]:
    """Return the numbers of the whole organisation."""
    people, assigned = answers.people, answers.assignments
    today = next(reversed(of_all(answers.compliance)), None)
    high = sum(one.high for one in answers.risks)
    medium = sum(one.medium for one in answers.risks)
    return [
        Headline(
            "people",
            "People",
            people.people,
            Kind.COUNT,
            f"{people.in_continu:,} in Continu, {people.in_coursebase:,} in Coursebase",
        ),
        Headline(
            "in_both",
            "In both systems",
            people.in_both,
            Kind.COUNT,
            "whose login in Coursebase is their e-mail address in Continu",
        ),
        Headline(
            "completions",
            "Completions",
            answers.completions.completions,
            Kind.COUNT,
            "of any content, assigned or not",
        ),
        Headline(
            "assignments",
            "Assignments",
            assigned.assigned,
            Kind.COUNT,
            "of one content item to one person, but for those removed again",
        ),
        Headline(
            "completion_rate",
            "Completed",
            assigned.completed / assigned.assigned if assigned.assigned else None,
            Kind.SHARE,
            f"of the assignments: {assigned.completed:,} of {assigned.assigned:,}",
        ),
        Headline(
            "overdue",
            "Overdue",
            sum(one.overdue for one in answers.managers),
            Kind.COUNT,
            "assignments that are due and not completed, of people who are not suspended",
            is_warning=True,
        ),
        Headline(
            "at_risk",
            "People at risk",
            high + medium,
            Kind.COUNT,
            f"of falling behind: {high:,} high, {medium:,} medium",
            is_warning=True,
        ),
        Headline(
            "compliance",
            "Compliance",
            today.compliance_rate if today else None,
            Kind.SHARE,
            f"of all that was due by {day(today.day)} was completed by then"
            if today
            else "nothing was ever due",
        ),
    ]


def sections(answers: Answers) -> list[Section]:
    """Return what is told of people, content and time."""
    return [
        Section(
            "completion",
            "Is what is assigned completed?",
            [assignments.completion(answers.department_months)],
        ),
        Section(
            "compliance",
            "Is it completed in time?",
            [
                assignments.compliance(of_all(answers.compliance)),
                assignments.compliance_now(answers.compliance),
                assignments.overdue(answers),
            ],
        ),
        Section("risk", "Who needs help?", [learners.risk(answers)]),
        Section(
            "content",
            "Which content works?",
            [
                content.most_finished(answers.content),
                content.least_finished(answers.content),
                content.pace(answers.paces),
            ],
        ),
        Section("joining", "How do people start?", [learners.onboarding(answers)]),
    ]
