"""The models that a page reads, as tables with few rows whose numbers are counted by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Placeholder

SCHEMA = "analytics"
COLUMNS: Mapping[str, str] = {
    "dim_users": "user_key text, full_name text, in_continu boolean, in_coursebase boolean",
    "fct_completions": "completion_key text",
    "fct_assignments": "assignment_key text, is_completed boolean, is_removed boolean",
    "completion_rate_by_department_month": "department text, month date, assigned bigint,"
    " completed bigint, completed_on_time bigint, completion_rate numeric",
    "overdue_by_manager": "manager_key text, manager_name text, overdue bigint, people bigint,"
    " oldest_due_at timestamp",
    "learners_at_risk": "user_key text, full_name text, department text, risk_level text,"
    " overdue bigint, due_soon bigint, days_inactive bigint, failed_assessments bigint,"
    " risk_points bigint, reasons text",
    "content_finish_rates": "content_key text, title text, content_type text, assigned bigint,"
    " completed bigint, completion_rate numeric, completions bigint, people bigint,"
    " most_finished_rank bigint, least_finished_rank bigint",
    "time_to_complete": "content_key text, title text, completed bigint, average_days numeric,"
    " median_days numeric, p90_days numeric",
    "onboarding_funnel": "cohort_month date, step_number int, step text, people bigint,"
    " share_of_joined numeric",
    "compliance_by_day": "day date, department text, due bigint, compliant bigint,"
    " overdue bigint, compliance_rate numeric",
    "table_freshness": "stream text, row_count bigint, current_at timestamp, cadence_hours bigint,"
    " age_hours numeric, is_stale boolean, as_of_at timestamp",
    "reconciliation_summary": "check_name text, compared bigint, agreeing bigint,"
    " disagreeing bigint",
    "coverage_by_month": "stream text, month date, windows bigint, row_count bigint, gaps bigint,"
    " fully_covered boolean",
    "coverage_gaps": "stream text, gap_from_at timestamp, gap_until_at timestamp",
}
AS_OF = "2026-02-09 12:30:00.4"
EVIL = "<script>alert('x')</script> & \"co\" {{ 7 * 7 }}"
ARABIC, CHINESE, EMOJI = "نورهان بن صفوانة", "研发部与战略合作发展中心", "Łódź 👩🏽‍🚀🏳️‍🌈"
OVERRIDE = "Ann \u202egnp.exe"
LONG = "Betriebliches-Gesundheitsmanagement-und-Arbeitssicherheitsunterweisung" * 3
STEPS = (
    "joined",
    "logged_in",
    "first_completion",
    "completion_within_30_days",
    "assignments_of_first_30_days_done",
)
ROWS: Mapping[str, Sequence[Sequence[Any]]] = {
    "dim_users": [
        ("ann@example.org", "Ann", True, True),
        ("bo@example.org", EVIL, True, False),
        ("cy@example.org", ARABIC, True, False),
        ("dee@example.org", EMOJI, True, True),
        ("coursebase:5", LONG, False, True),
    ],
    "fct_completions": [(f"c{number}",) for number in range(7)],
    "fct_assignments": [
        *((f"done{number}", True, False) for number in range(4)),
        *((f"open{number}", False, False) for number in range(5)),
        ("removed", True, True),
    ],
    "completion_rate_by_department_month": [
        ("(all)", "2026-01-01", 5, 3, 2, "0.6"),
        ("(all)", "2026-02-01", 4, 1, 1, "0.25"),
        (EVIL, "2026-01-01", 3, 2, 1, "0.666667"),
        (CHINESE, "2026-01-01", 2, 1, 1, "0.5"),
        (CHINESE, "2026-02-01", 3, 0, 0, "0"),
        ("(none)", "2026-02-01", 1, 1, 1, "1"),
    ],
    "overdue_by_manager": [
        ("boss@example.org", EVIL, 3, 2, "2026-01-20 00:00"),
        ("chef@example.org", ARABIC, 1, 1, "2026-02-02 00:00"),
        ("(none)", "(none)", 1, 1, "2026-02-09 00:00"),
    ],
    "learners_at_risk": [
        ("bo@example.org", EVIL, EVIL, "high", 3, 0, 41, 0, 4, "3 overdue, inactive for 41 days"),
        ("cy@example.org", ARABIC, CHINESE, "high", 1, 1, 2, 0, 3, "1 overdue, 1 due soon"),
        ("dee@example.org", None, "(none)", "medium", 1, 0, 3, 0, 2, "1 overdue"),
    ],
    "content_finish_rates": [
        ("continu:1", EVIL, "video", 5, 3, "0.6", 4, 3, 1, 2),
        ("continu:2", LONG, "article", 4, 1, "0.25", 2, 2, 2, 1),
        ("coursebase:3", OVERRIDE, None, 0, 0, None, 1, 1, 3, None),
    ],
    "time_to_complete": [
        ("continu:1", EVIL, 3, "5.3333", "4", "8.8"),
        ("continu:2", LONG, 1, "0.25", "0.25", "0.25"),
    ],
    "onboarding_funnel": [
        ("2026-01-01", number, step, people, share)
        for number, (step, people, share) in enumerate(
            zip(STEPS, (4, 3, 3, 2, 1), ("1", "0.75", "0.75", "0.5", "0.25"), strict=True), 1
        )
    ],
    "compliance_by_day": [
        ("2026-02-08", "(all)", 5, 2, 3, "0.4"),
        ("2026-02-09", "(all)", 8, 3, 5, "0.375"),
        ("2026-02-08", CHINESE, 3, 1, 2, "0.333333"),
        ("2026-02-09", CHINESE, 4, 1, 3, "0.25"),
        ("2026-02-09", EVIL, 4, 2, 2, "0.5"),
    ],
    "table_freshness": [
        ("continu_assignment_summary", 10, "2026-02-09 11:30", 24, "1", False, AS_OF),
        ("continu_content_completion", 7, "2026-02-09 09:00", 1, "3.5", True, AS_OF),
        ("coursebase_report_learners", 3, "2026-02-08 12:30:00.7", None, "24", False, AS_OF),
        ("coursebase_users", 3, "2026-02-09 12:30:01", 24, "0", False, AS_OF),
        ("coursebase_groups", 0, None, 24, None, False, AS_OF),
    ],
    "reconciliation_summary": [
        ("user_engagement_assignments", 12, 11, 1),
        ("manager_summary_tracks", 0, 0, 0),
    ],
    "coverage_by_month": [
        ("continu_assignment_summary", "2026-01-01", 2, 21500, 0, True),
        ("continu_assignment_summary", "2026-02-01", 1, 4, 0, False),
        ("continu_content_completion", "2026-01-01", 1, 5, 1, False),
        ("continu_content_completion", "2026-02-01", 1, 2, 0, False),
    ],
    "coverage_gaps": [("continu_content_completion", "2026-01-10", "2026-01-12 06:00")],
}
COURSEBASE_ALONE: Mapping[str, Sequence[Sequence[Any]]] = {
    "dim_users": [("coursebase:5", LONG, False, True)],
    "table_freshness": [("coursebase_users", 1, "2026-02-09 12:00", 24, "0.5", False, AS_OF)],
    "reconciliation_summary": [("user_engagement_assignments", 0, 0, 0)],
}


def make(
    dsn: str,
    rows: Mapping[str, Sequence[Sequence[Any]]],
    *,
    schema: str = SCHEMA,
    without: str = "",
) -> None:
    """Make the models with rows, but for one that is left out."""
    with psycopg.connect(dsn) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        for model, columns in COLUMNS.items():
            if model == without:
                continue
            table = Identifier(schema, model)
            connection.execute(SQL("CREATE TABLE {} ({})").format(table, SQL(columns)))
            for row in rows.get(model, []):
                values = SQL(", ").join([Placeholder()] * len(row))
                connection.execute(SQL("INSERT INTO {} VALUES ({})").format(table, values), row)
