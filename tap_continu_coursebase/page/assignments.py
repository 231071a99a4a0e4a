"""What is assigned: completed, in time, overdue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from tap_continu_coursebase.page import charts
from tap_continu_coursebase.page.answers import Answers, Compliance, DepartmentMonth, Manager
from tap_continu_coursebase.page.formats import ALL, NONE, count, day, isolated, share
from tap_continu_coursebase.page.parts import Chart, Column, Figure, Kind, Table
from tap_continu_coursebase.page.words import (
    MOST_ROWS,
    NO_ASSIGNMENTS,
    SHARES,
    department,
    left_out,
    named,
    share_cell,
)

MOST_POINTS = 60
"""So many days a line is drawn through at most."""
COMPARABLE = 10
"""A share of fewer than this is no lowest and no highest one."""
FEW = 5
_BANDS = (
    (1, 1, "1"),
    (2, 3, "2 to 3"),
    (4, 7, "4 to 7"),
    (8, 15, "8 to 15"),
    (16, None, "16 or more"),
)


def completion(found: Sequence[DepartmentMonth]) -> Figure:
    """Return how much of what is assigned is completed, by department and month."""
    name, heading = "completion-by-department", "Completion by department and month"
    if not found:
        return Figure(name, heading, nothing=NO_ASSIGNMENTS)
    months = sorted({one.month for one in found})
    totals: dict[str, tuple[int, int]] = {}
    for one in found:
        assigned, completed = totals.get(one.department, (0, 0))
        totals[one.department] = assigned + one.assigned, completed + one.completed
    rates = {
        each: completed / assigned for each, (assigned, completed) in totals.items() if assigned
    }
    largest = sorted(rates.keys() - {ALL}, key=lambda each: (-totals[each][0], each))
    shown = sorted(largest[:MOST_ROWS], key=lambda each: (-rates[each], each))
    rows = [*([ALL] if ALL in rates else []), *shown]
    place = {each: row for row, each in enumerate(rows)}
    column = {each: index for index, each in enumerate(months, 1)}
    cells = [share_cell(place[each], 0, rates[each]) for each in rows]
    cells += [
        share_cell(place[one.department], column[one.month], one.completion_rate)
        for one in found
        if one.department in place and one.completion_rate is not None and one.assigned
    ]
    return Figure(
        name,
        heading,
        " ".join(_of_departments(totals, rates)),
        "Each field is the share of what was assigned in that month that is completed by now, in "
        "percent; the newest months are still under way, and a field is empty where nothing was "
        "assigned. A person in two departments counts in "
        "each of them, and once in all."
        + left_out(len(largest) - len(shown), "department", "with fewer assignments"),
        charts.grid(
            [department(each) for each in rows],
            [("All",), *((f"{each:%b}", f"{each:%Y}") for each in months)],
            cells,
            newest=(7, 13),
            pinned=1,
            key=SHARES,
        ),
        [
            Table(
                "completion_rate_by_department_month",
                "Completion by department and month",
                [
                    Column("department", "Department", Kind.NAME, is_header=True),
                    Column("month", "Month", Kind.MONTH, is_header=True),
                    Column("assigned", "Assigned"),
                    Column("completed", "Completed"),
                    Column("completed_on_time", "In time", is_secondary=True),
                    Column("completion_rate", "Rate", Kind.SHARE),
                ],
                [(department(one.department), *one[1:]) for one in found],
            )
        ],
    )


def _of_departments(
    totals: Mapping[str, tuple[int, int]], rates: Mapping[str, float]
) -> Iterator[str]:
    if ALL in rates:
        assigned, _ = totals[ALL]
        yield f"{share(rates[ALL])} of {count(assigned, 'assignment')} are completed."
    comparable = sorted(
        (rates[each], each) for each in rates.keys() - {ALL, NONE} if totals[each][0] >= COMPARABLE
    )
    if len(comparable) > 1:
        (least, lowest), (most, highest) = comparable[0], comparable[-1]
        yield f"{isolated(highest)} has completed most of its own, {share(most)};"
        yield f"{isolated(lowest)} least, {share(least)}."


def compliance(found: Sequence[Compliance]) -> Figure:
    """Return how much of what was due was completed in time, day by day."""
    name, heading = "compliance-over-time", "Compliance over time"
    points = [one for one in found if one.compliance_rate is not None]
    if not points:
        return Figure(name, heading, nothing="No assignment with a due date is loaded.")
    last = points[-1]
    earlier = [one for one in points if one.day <= last.day - timedelta(days=30)]
    message = (
        f"{share(last.compliance_rate or 0)} of what was due by {day(last.day)} was completed by "
        f"then: {last.compliant:,} of {last.due:,}."
    )
    if earlier:
        message += f" Thirty days before it was {share(earlier[-1].compliance_rate or 0)}."
    drawn = _thinned(points)
    return Figure(
        name,
        heading,
        message,
        "Of all assignments that were due before the end of a day, the share that was completed "
        "before the end of that day. What is completed later counts from then on.",
        charts.line(
            [(one.day, one.compliance_rate or 0) for one in drawn],
            share(last.compliance_rate or 0),
        ),
        [
            Table(
                "compliance_by_day",
                "Compliance by day",
                [
                    Column("day", "Day", Kind.DAY, is_header=True),
                    Column("due", "Due"),
                    Column("compliant", "Completed"),
                    Column("overdue", "Overdue"),
                    Column("compliance_rate", "Rate", Kind.SHARE),
                ],
                [one[1:] for one in drawn],
                ""
                if len(drawn) == len(points)
                else f"Every {_step(points)} days; each day is in compliance_by_day.",
            )
        ],
    )


def compliance_now(running: Sequence[Compliance]) -> Figure:
    """Return the same of each department, on the last day."""
    name, heading = "compliance-by-department", "Compliance by department"
    found = [
        one for one in running if one.day == running[-1].day and one.compliance_rate is not None
    ]
    departments = [one for one in found if one.department != ALL]
    if not departments:
        return Figure(name, heading, nothing="No department has an assignment with a due date.")
    largest = sorted(departments, key=lambda one: (-one.due, one.department))[:MOST_ROWS]
    shown = sorted(largest, key=lambda one: (one.compliance_rate or 0, one.department))
    least, most = shown[0], shown[-1]
    message = f"{named(least.department)}: {share(least.compliance_rate or 0)}"
    if least is not most:
        message = (
            f"From {share(least.compliance_rate or 0)} ({named(least.department)}) to "
            f"{share(most.compliance_rate or 0)} ({named(most.department)})"
        )
    return Figure(
        name,
        heading,
        f"{message} of what was due by {day(least.day)} was completed by then.",
        "The least compliant come first."
        + left_out(len(departments) - len(shown), "department", "with less that was due"),
        charts.bars(
            [
                charts.Bar(
                    department(one.department),
                    [(one.compliance_rate or 0, "accent")],
                    f"{share(one.compliance_rate or 0)} of {one.due:,}",
                )
                for one in shown
            ],
            longest=1,
        ),
        [
            Table(
                "compliance_now",
                "Compliance by department",
                [
                    Column("department", "Department", Kind.NAME, is_header=True),
                    Column("due", "Due"),
                    Column("compliant", "Completed"),
                    Column("overdue", "Overdue"),
                    Column("compliance_rate", "Rate", Kind.SHARE),
                ],
                [
                    (
                        department(one.department),
                        one.due,
                        one.compliant,
                        one.overdue,
                        one.compliance_rate,
                    )
                    for one in found
                ],
            )
        ],
    )


def overdue(answers: Answers) -> Figure:
    """Return how much is overdue in the team of each manager."""
    name, heading = "overdue-by-manager", "Overdue, by manager"
    found = answers.managers
    if not answers.assignments.assigned:
        return Figure(name, heading, nothing=NO_ASSIGNMENTS)
    if not found:
        return Figure(name, heading, nothing="Nothing is overdue.")
    total = sum(one.overdue for one in found)
    oldest = min((one.oldest_due_at for one in found if one.oldest_due_at), default=None)
    people = count(sum(one.people for one in found), "person", "people")
    message = f"{count(total, 'assignment')} of {people} {'is' if total == 1 else 'are'} overdue"
    message += f", the oldest since {day(oldest)}." if oldest else "."
    named = [one for one in found if one.manager_key != NONE]
    if len(named) > COMPARABLE:
        most = sum(one.overdue for one in named[:FEW])
        message += f" The teams of {FEW} managers have {share(most / total)} of them."
    reading = "Not completed although due. People who are suspended are left out."
    if not answers.has_names:
        return Figure(
            name,
            heading,
            message,
            f"{reading} Managers are counted by how many assignments are overdue in their team.",
            *_banded(found),
        )
    shown = found[:MOST_ROWS]
    return Figure(
        name,
        heading,
        message,
        reading + left_out(len(found) - len(shown), "manager", "with less"),
        charts.bars(
            [
                charts.Bar(
                    _manager(one),
                    [(one.overdue, "warm")],
                    f"{one.overdue:,}",
                )
                for one in shown
            ]
        ),
        [
            Table(
                "overdue_by_manager",
                "Overdue assignments by manager",
                [
                    Column("manager_key", "Manager", Kind.NAME, is_header=True),
                    Column("overdue", "Overdue"),
                    Column("people", "People"),
                    Column("oldest_due_at", "Oldest due", Kind.DAY),
                ],
                [(_manager(one), one.overdue, one.people, one.oldest_due_at) for one in found],
            )
        ],
    )


def _banded(found: Sequence[Manager]) -> tuple[Chart, list[Table]]:
    """Count managers by how much is overdue in their teams, and name none."""
    bands = [
        (
            label,
            [one for one in found if one.overdue >= low and (high is None or one.overdue <= high)],
        )
        for low, high, label in _BANDS
    ]
    return (
        charts.bars(
            [
                charts.Bar(f"{label} overdue", [(len(those), "warm")], count(len(those), "manager"))
                for label, those in bands
            ]
        ),
        [
            Table(
                "overdue_by_band",
                "Managers by how much is overdue in their team",
                [
                    Column("band", "Overdue in the team", Kind.TEXT, is_header=True),
                    Column("managers", "Managers"),
                    Column("overdue", "Overdue"),
                ],
                [(label, len(those), sum(one.overdue for one in those)) for label, those in bands],
            )
        ],
    )


def _thinned(points: Sequence[Compliance]) -> list[Compliance]:
    """Leave out days, evenly, where they are many; the last one stays."""
    return [*points[:: -_step(points)]][::-1]


def _step(points: Sequence[Compliance]) -> int:
    return -(-len(points) // MOST_POINTS)


def _manager(one: Manager) -> str:
    if one.manager_key == NONE:
        return "No manager"
    return one.manager_name or one.manager_key
