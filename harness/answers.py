"""The answers once more, in Python and from the sandbox's own truth, to compare the models with.

They are computed apart from the SQL: where both err, they would have to err alike.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from harness.compare import Comparison, Row
from harness.learning import Assignment, Learning, Person

ALL, NONE = "(all)", "(none)"
DAY = timedelta(days=1)
DUE_SOON, INACTIVE, ONBOARDING = 14 * DAY, 30 * DAY, 30 * DAY
MANY_OVERDUE = 3
AT_RISK, HIGH_RISK = 2, 3
DIGITS = 4
"""To how many digits the numbers of the models are told at least."""


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        key: Columns that identify a row.
        rows: Computes its rows, as of an instant.
    """

    key: tuple[str, ...]
    rows: Callable[[Learning, datetime], Iterator[Row]]


def completion_rates(learned: Learning, as_of: datetime) -> Iterator[Row]:
    """How much of what was assigned in a month is completed, by department."""
    groups: dict[tuple[str, date], list[str]] = defaultdict(list)
    for one in _valid(learned):
        if one.assigned is not None:
            month = one.assigned.date().replace(day=1)
            for department in _departments(learned.people[one.person]):
                groups[department, month].append(one.status(as_of))
    for (department, month), statuses in groups.items():
        on_time = statuses.count("completed_on_time")
        completed = on_time + statuses.count("completed_late")
        yield {
            "department": department,
            "month": month,
            "assigned": len(statuses),
            "completed": completed,
            "completed_on_time": on_time,
            "completion_rate": completed / len(statuses),
        }


def overdue_by_manager(learned: Learning, as_of: datetime) -> Iterator[Row]:
    """What is overdue in the team of each manager."""
    teams: dict[str, list[Assignment]] = defaultdict(list)
    for one in learned.assignments:
        person = learned.people[one.person]
        if one.status(as_of) == "overdue" and not person.suspended:
            teams[person.manager or NONE].append(one)
    for manager, overdue in teams.items():
        known = learned.people.get(manager)
        yield {
            "manager_key": manager,
            "manager_name": known.name if known else manager,
            "overdue": len(overdue),
            "people": len({one.person for one in overdue}),
            "oldest_due_at": min(one.due for one in overdue if one.due),
        }


def learners_at_risk(learned: Learning, as_of: datetime) -> Iterator[Row]:
    """Who may fall behind, and why."""
    overdue, soon = Counter[str](), Counter[str]()
    for one in learned.assignments:
        status = one.status(as_of)
        overdue[one.person] += status == "overdue"
        soon[one.person] += status == "open" and one.due is not None and one.due < as_of + DUE_SOON
    newest: dict[str, datetime] = {}
    for done in learned.completions:
        newest[done.person] = max(done.completed, newest.get(done.person, done.completed))
    for person in learned.people.values():
        seen = [at for at in (person.last_login, newest.get(person.key)) if at]
        since = max(seen) if seen else person.created
        days = None if since is None else (as_of - since) // DAY
        inactive = days is not None and days * DAY > INACTIVE
        late, failed = overdue[person.key], learned.failed[person.key]
        points = min(late, 1) + (late > 0) + (late >= MANY_OVERDUE)
        points += bool(soon[person.key]) + inactive + bool(failed)
        reasons = [
            f"{late} overdue" if late else "",
            f"{soon[person.key]} due soon" if soon[person.key] else "",
            f"inactive for {days} days" if inactive else "",
            f"failed assessments: {failed}" if failed else "",
        ]
        if points >= AT_RISK and not person.suspended:
            yield {
                "user_key": person.key,
                "full_name": person.name,
                "department": next(iter(person.departments), NONE),
                "manager_key": person.manager,
                "overdue": late,
                "due_soon": soon[person.key],
                "days_inactive": days,
                "failed_assessments": failed,
                "risk_points": points,
                "risk_level": "high" if points >= HIGH_RISK else "medium",
                "reasons": ", ".join(filter(None, reasons)),
                "as_of_at": as_of,
            }


def finish_rates(learned: Learning, _as_of: datetime) -> Iterator[Row]:
    """Which content is finished most and least."""
    assigned, completed = Counter[str](), Counter[str]()
    for one in _valid(learned):
        assigned[one.content] += 1
        completed[one.content] += one.done
    finishers: dict[str, list[str]] = defaultdict(list)
    for done in learned.completions:
        finishers[done.content].append(done.person)
    rows: list[Row] = [
        {
            "content_key": key,
            "title": learned.contents[key].title,
            "content_type": learned.contents[key].type,
            "assigned": assigned[key],
            "completed": completed[key],
            "completion_rate": completed[key] / assigned[key] if assigned[key] else None,
            "completions": len(finishers[key]),
            "people": len(set(finishers[key])),
        }
        for key in {*assigned, *finishers}
    ]
    most = _ranks((-row["completions"], -row["people"]) for row in rows)
    least = _ranks((row["completion_rate"], -row["assigned"]) for row in rows if row["assigned"])
    for row in rows:
        row["most_finished_rank"] = most[-row["completions"], -row["people"]]
        row["least_finished_rank"] = least.get((row["completion_rate"], -row["assigned"]))
        yield row


def time_to_complete(learned: Learning, _as_of: datetime) -> Iterator[Row]:
    """How many days it takes from the assignment of content to its completion."""
    times: dict[str, list[float]] = defaultdict(list)
    for one in _valid(learned):
        if one.assigned and one.completed:
            times[one.content].append((one.completed - one.assigned) / DAY)
    for key, days in times.items():
        yield {
            "content_key": key,
            "title": learned.contents[key].title,
            "completed": len(days),
            "average_days": sum(days) / len(days),
            "median_days": percentile(days, 0.5),
            "p90_days": percentile(days, 0.9),
        }


def onboarding(learned: Learning, _as_of: datetime) -> Iterator[Row]:
    """How far those have come whose accounts were created in a month."""
    completions: dict[str, list[datetime]] = defaultdict(list)
    for done in learned.completions:
        completions[done.person].append(done.completed)
    duties: dict[str, list[Assignment]] = defaultdict(list)
    for one in _valid(learned):
        duties[one.person].append(one)
    cohorts: dict[date, list[tuple[bool, ...]]] = defaultdict(list)
    for person in learned.people.values():
        born = person.created
        if born is None:
            continue
        done_at = completions[person.key]
        first = [
            one.done
            for one in duties[person.key]
            if one.assigned and born <= one.assigned < born + ONBOARDING
        ]
        cohorts[born.date().replace(day=1)].append(
            (
                True,
                person.first_login is not None,
                bool(done_at),
                any(born <= at < born + ONBOARDING for at in done_at),
                bool(first) and all(first),
            )
        )
    for month, taken in cohorts.items():
        for number, (step, who) in enumerate(zip(STEPS, zip(*taken, strict=True), strict=True), 1):
            yield {
                "cohort_month": month,
                "step_number": number,
                "step": step,
                "people": sum(who),
                "share_of_joined": sum(who) / len(taken),
            }


STEPS = (
    "joined",
    "logged_in",
    "first_completion",
    "completion_within_30_days",
    "assignments_of_first_30_days_done",
)


def compliance(learned: Learning, as_of: datetime) -> Iterator[Row]:
    """How much of what had become due was completed at the end of each day, day by day."""
    dated = [(one, one.due) for one in _valid(learned) if one.due is not None]
    days = [due.date() for _, due in dated if due.date() <= as_of.date()]
    if not days:
        return
    ever = {name for one, due in dated if due.date() <= as_of.date() for name in _of(learned, one)}
    day = min(days)
    while day <= as_of.date():
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
        due, compliant = Counter[str](), Counter[str]()
        for one, due_at in dated:
            if due_at < end:
                done = one.done and (one.completed is None or one.completed < end)
                for department in _of(learned, one):
                    due[department] += 1
                    compliant[department] += done
        for name in ever:
            yield {
                "day": day,
                "department": name,
                "due": due[name],
                "compliant": compliant[name],
                "overdue": due[name] - compliant[name],
                "compliance_rate": compliant[name] / due[name] if due[name] else None,
            }
        day += DAY


ANSWERS: Mapping[str, Answer] = {
    "completion_rate_by_department_month": Answer(("department", "month"), completion_rates),
    "overdue_by_manager": Answer(("manager_key",), overdue_by_manager),
    "learners_at_risk": Answer(("user_key",), learners_at_risk),
    "content_finish_rates": Answer(("content_key",), finish_rates),
    "time_to_complete": Answer(("content_key",), time_to_complete),
    "onboarding_funnel": Answer(("cohort_month", "step_number"), onboarding),
    "compliance_by_day": Answer(("day", "department"), compliance),
}
"""The models by name, each with what it should hold."""


def counts(learned: Learning, as_of: datetime) -> Counter[tuple[str, str]]:
    """Count what the core models hold, by model and kind of row."""
    found = Counter[tuple[str, str]]()
    found.update(("dim_users", "+".join(sorted(one.systems))) for one in learned.people.values())
    found.update(("dim_content", key.partition(":")[0]) for key in learned.contents)
    found.update(("fct_completions", one.system) for one in learned.completions)
    found.update(("fct_assignments", one.status(as_of)) for one in learned.assignments)
    found["dim_groups", "group"] = len(learned.groups)
    found.update(("bridge_group_members", row["role"]) for row in learned.members)
    for one in learned.people.values():
        for unit, names in one.units.items():
            found["bridge_user_units", unit] += len(set(names))
    for report, (model, column) in COUNTED.items():
        found.update((model, row[column]) for row in learned.facts[report])
    return found


COUNTED = {
    "assessment_status": ("fct_assessment_results", "assessment_status"),
    "workshop_status": ("fct_workshop_attendance", "workshop_status"),
    "track_status": ("fct_tracks", "track_status"),
    "scorm_status": ("fct_scorm", "scorm_status"),
}
"""The facts that are counted by a column that is as the report has it."""

KINDS = {
    "dim_users": "case when in_continu and in_coursebase then 'continu+coursebase'"
    " when in_continu then 'continu' else 'coursebase' end",
    "dim_content": "source",
    "fct_completions": "source",
    "fct_assignments": "status",
    "dim_groups": "'group'",
    "bridge_group_members": "role",
    "bridge_user_units": "unit_type",
    **dict(COUNTED.values()),
}
"""What tells the kind of a row, in SQL, by model."""


def headlines(learned: Learning, as_of: datetime) -> dict[str, float]:
    """Return the numbers that the page of the answers begins with, by their names there."""
    valid = list(_valid(learned))
    *_, today = (row for row in compliance(learned, as_of) if row["department"] == ALL)
    return {
        "people": len(learned.people),
        "in_both": sum(len(one.systems) > 1 for one in learned.people.values()),
        "completions": len(learned.completions),
        "assignments": len(valid),
        "completion_rate": sum(one.done for one in valid) / len(valid),
        "overdue": sum(row["overdue"] for row in overdue_by_manager(learned, as_of)),
        "at_risk": sum(1 for _ in learners_at_risk(learned, as_of)),
        "compliance": today["compliance_rate"],
    }


def compare_page(page: str, learned: Learning, as_of: datetime) -> Comparison:
    """Compare the numbers that a page begins with.

    Args:
        page: HTML, in which each of them is written exactly beside its name.
        learned: What was loaded.
        as_of: What the models took for now, UTC.
    """
    written = {name: float(value) for name, value in _WRITTEN.findall(page)}
    wanted = headlines(learned, as_of)
    return _compared(
        "the page",
        ("name",),
        ({"name": name, "value": value} for name, value in wanted.items()),
        ({"name": name, "value": written[name]} for name in wanted if name in written),
    )


_WRITTEN = re.compile(r'data-answer="(\w+)" data-value="(\d[\d.]*)"')


def compare_answers(
    learned: Learning, dsn: str, schema: str, as_of: datetime
) -> Iterator[Comparison]:
    """Compare every answer, and the counts of the core models, with the sandbox.

    Args:
        learned: What was loaded.
        dsn: Of the warehouse.
        schema: Where the models are.
        as_of: What the models took for now, UTC.
    """
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        for name, answer in ANSWERS.items():
            query = SQL("select * from {}").format(Identifier(schema, name))
            found = connection.execute(query).fetchall()
            yield _compared(name, answer.key, answer.rows(learned, as_of), found)
        wanted = _as_rows(counts(learned, as_of))
        counted = [row for model in KINDS for row in _count(connection, schema, model)]
        yield _compared("counts", ("model", "kind"), wanted, counted)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that a share of all values does not exceed, in proportion between two."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def _valid(learned: Learning) -> Iterator[Assignment]:
    return (one for one in learned.assignments if not one.removed)


def _departments(person: Person) -> set[str]:
    return {ALL, *(set(person.departments) or {NONE})}


def _of(learned: Learning, one: Assignment) -> set[str]:
    return _departments(learned.people[one.person])


def _ranks(values: Iterable[Any]) -> dict[Any, int]:
    """Return the rank of each value: one more than how many are before it."""
    ordered = sorted(values)
    return {value: ordered.index(value) + 1 for value in set(ordered)}


def _as_rows(found: Counter[tuple[str, str]]) -> Iterator[Row]:
    for (model, kind), rows in found.items():
        yield {"model": model, "kind": kind, "rows": rows}


def _count(connection: psycopg.Connection[Row], schema: str, model: str) -> Iterator[Row]:
    query = f"select {KINDS[model]} as kind, count(*) as rows from {schema}.{model} group by 1"  # noqa: S608 - all of it ours
    for row in connection.execute(query.encode()).fetchall():
        yield {"model": model, **row}


def _compared(
    name: str, key: tuple[str, ...], expected: Iterable[Row], found: Iterable[Row]
) -> Comparison:
    wanted = {tuple(row[part] for part in key): row for row in expected}
    rows = list(found)
    stored = {tuple(row[part] for part in key): row for row in rows}
    differences = list(_differences(wanted, stored))
    if len(stored) < len(rows):
        differences.append(f"{len(rows) - len(stored)} keys stand twice in the warehouse")
    return Comparison(name, len(wanted), len(rows), differences)


def _differences(wanted: Mapping[Any, Row], stored: Mapping[Any, Row]) -> Iterator[str]:
    for missing in wanted.keys() - stored.keys():
        yield f"missing: {missing}"
    for extra in stored.keys() - wanted.keys():
        yield f"not in the sandbox: {extra}"
    for identity in wanted.keys() & stored.keys():
        want, have = wanted[identity], stored[identity]
        for name in sorted(want.keys() | have.keys()):
            if not _same(want.get(name), have.get(name)):
                yield f"{identity}.{name}: {have.get(name)!r} instead of {want.get(name)!r}"


def _same(want: Any, have: Any) -> bool:
    if isinstance(want, datetime) and isinstance(have, datetime):
        return want.replace(tzinfo=None) == have.replace(tzinfo=None)
    if isinstance(want, float) and have is not None:
        return math.isclose(want, have, rel_tol=0, abs_tol=10**-DIGITS)
    return bool(want == have)
