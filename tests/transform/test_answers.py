"""The answers in the warehouse, number by number beside those that the sandbox's truth gives."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.answers import ANSWERS, compare_answers
from harness.compare import Comparison
from harness.instants import iso
from harness.learning import Loaded, learning
from tests.transform.conftest import NOW, START, Learning

TABLES = (*ANSWERS, "counts")
LATER = NOW + timedelta(days=2)
UNTIL = LATER + timedelta(seconds=1)


def compared(one: Learning, loaded: Loaded) -> dict[str, Comparison]:
    learned = learning(one.sandbox, loaded)
    found = compare_answers(learned, one.warehouse.dsn, "analytics", loaded.as_of)
    return {comparison.table: comparison for comparison in found}


@pytest.fixture(scope="module")
def answers(built: Learning) -> dict[str, Comparison]:
    return compared(built, Loaded(START, NOW, NOW))


@pytest.mark.parametrize("table", TABLES)
def test_every_number_is_the_sandboxs(answers: dict[str, Comparison], table: str) -> None:
    assert answers[table].differences == []
    assert answers[table].found == answers[table].expected > 0


def test_the_company_has_what_the_answers_tell_apart(built: Learning) -> None:
    (found,) = built.rows(
        """
        select
            (select count(distinct status) from analytics.fct_assignments) as statuses,
            (select count(*) from analytics.dim_users
                where in_continu and in_coursebase) as in_both,
            (select count(*) from analytics.dim_users where is_suspended) as suspended,
            (select count(distinct risk_points) from analytics.learners_at_risk) as points,
            (select count(*) from analytics.bridge_user_units as one
                inner join analytics.bridge_user_units as other using (user_key, unit_type)
                where one.unit < other.unit and unit_type = 'department') as two_departments,
            (select count(*) from analytics.int_user_departments
                where department = '(none)') as without_department
        """
    )
    assert found.pop("statuses") >= 4
    assert found.pop("points") >= 3
    assert all(found.values()), found


def test_every_number_is_the_sandboxs_after_changes(changing: Learning) -> None:
    sandbox = changing.sandbox
    sandbox.admin("clock", now=iso(LATER))
    sandbox.admin("touch", report="content_completion", count=5)
    sandbox.admin("touch", report="assignment_summary", count=5)
    sandbox.admin("delete", report="assessment_status", count=4)
    changing.load(UNTIL)
    changing.dbt("build", as_of=f"{LATER:%Y-%m-%d %H:%M:%S}")
    for comparison in compared(changing, Loaded(START, UNTIL, LATER)).values():
        assert comparison.differences == [], comparison.table


def test_a_wrong_number_is_told(changing: Learning) -> None:
    changing.warehouse.execute(
        "update analytics.int_assignments set is_completed = not is_completed,"
        " completed_at = due_at, days_to_complete = days_to_complete + 1"
    )
    changing.warehouse.execute("delete from analytics.fct_completions where source = 'continu'")
    found = compared(changing, Loaded(START, NOW, NOW))
    assert {name for name, one in found.items() if one.differences} == set(TABLES)
