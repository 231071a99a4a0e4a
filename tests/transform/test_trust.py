"""What is loaded, how old it is, whether reports and facts agree: told right, and told wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from harness.warehouse import SCHEMA
from tap_continu_coursebase.operate.freshness import TOLERANCE, is_loaded_here, judged
from tap_continu_coursebase.operate.ledger import Window, coverages
from tap_continu_coursebase.operate.warehouse import reading
from tests.transform.conftest import NOW, Learning, Row

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Trial:
    """The built warehouse within a transaction that is never committed.

    Views show at once what is changed; a model that is a table is made again by what dbt compiled.
    """

    def __init__(self, built: Learning, connection: psycopg.Connection[Row]) -> None:
        self._compiled = built.folder / "target" / "compiled" / "continu_coursebase"
        self._connection = connection

    def run(self, statement: str, *values: Any) -> None:
        self._connection.execute(statement.encode(), values)

    def rows(self, query: str, *values: Any) -> list[Row]:
        return self._connection.execute(query.encode(), values).fetchall()

    def again(self, *models: str) -> None:
        for model in models:
            self.run(f"TRUNCATE {model}")
            self.run(f"INSERT INTO {model} {self._sql('models/trust', model)}")

    def test(self, name: str) -> list[Row]:
        return self.rows(self._sql("tests", name))

    def reconciliation(self) -> list[Row]:
        self.again("coverage_by_month", "int_reconciled_windows", "int_reconciled_days")
        return self.rows("SELECT * FROM analytics.reconciliation")

    def compared(self) -> dict[str, int]:
        rows = self.rows("SELECT check_name, compared FROM analytics.reconciliation_summary")
        return {row["check_name"]: row["compared"] for row in rows}

    def _sql(self, folder: str, name: str) -> str:
        return (self._compiled / folder / f"{name}.sql").read_text("utf-8")


@contextmanager
def trying(built: Learning) -> Iterator[Trial]:
    with psycopg.connect(built.warehouse.dsn, row_factory=dict_row) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"SET search_path TO analytics, {SCHEMA}".encode())
        try:
            yield Trial(built, connection)
        finally:
            connection.rollback()


@pytest.fixture
def trial(built: Learning) -> Iterator[Trial]:
    with trying(built) as one:
        yield one


def test_reports_agree_with_facts(built: Learning) -> None:
    """Every check has something to compare, and on the sandbox's data nothing disagrees."""
    assert built.rows("SELECT * FROM analytics.reconciliation") == []
    summary = built.rows("SELECT * FROM analytics.reconciliation_summary")
    assert len(summary) == 12
    assert [row["check_name"] for row in summary if not row["compared"]] == []
    assert all(row["compared"] == row["agreeing"] for row in summary)


def test_only_closed_windows_whose_facts_are_loaded_are_compared(built: Learning) -> None:
    windows = built.rows(
        "SELECT DISTINCT counted_from, window_from_at, window_until_at"
        " FROM analytics.int_reconciled_windows ORDER BY 1, 2"
    )
    january = datetime(2026, 1, 1)  # noqa: DTZ001 - as the models have instants
    february, march = FEBRUARY.replace(tzinfo=None), MARCH.replace(tzinfo=None)
    assert [tuple(row.values()) for row in windows] == [
        ("continu_assignment_summary", february, march),
        ("continu_content_completion", february, march),
        ("continu_track_status", february, march),
        ("continu_user_engagement", january, february),
        ("continu_user_engagement", february, march),
        ("continu_workshop_status", january, february),
        ("continu_workshop_status", february, march),
    ]


def test_a_number_that_disagrees_is_listed(trial: Trial) -> None:
    [row] = trial.rows(
        "SELECT email, assignments_completed FROM continu_user_engagement"
        " WHERE window_from = %s AND assignments_completed > 0 ORDER BY email LIMIT 1",
        FEBRUARY,
    )
    trial.run(
        "UPDATE continu_user_engagement SET assignments_completed = 0 WHERE email = %s",
        row["email"],
    )
    assert trial.reconciliation() == [
        {
            "check_name": "user_engagement_assignments",
            "stream": "continu_user_engagement",
            "window_from_at": FEBRUARY.replace(tzinfo=None),
            "entity_key": row["email"],
            "metric": "assignments_completed",
            "reported": 0,
            "counted": row["assignments_completed"],
            "difference": row["assignments_completed"],
        }
    ]


def test_an_assignment_that_is_lost_is_missed_by_every_report_that_counts_it(trial: Trial) -> None:
    [lost] = trial.rows(
        "SELECT items.assignment_key, items.user_key, items.content_id, people.manager_key"
        " FROM fct_assignments AS items JOIN dim_users AS people USING (user_key)"
        " WHERE assigned_at >= %s AND completed_at < %s AND manager_key IS NOT NULL"
        " ORDER BY assignment_key LIMIT 1",
        FEBRUARY.replace(tzinfo=None),
        MARCH.replace(tzinfo=None),
    )
    trial.run(
        "DELETE FROM analytics.int_assignments WHERE assignment_key = %s", lost["assignment_key"]
    )
    found = trial.reconciliation()
    assert {(row["check_name"], row["entity_key"], row["metric"]) for row in found} == {
        ("user_engagement_assignments", lost["user_key"], "assignments_completed"),
        ("manager_summary_assignments", lost["manager_key"], "assignments_completed"),
        ("content_engagement_assignments", lost["content_id"], "assignments_completed"),
        ("pivoted_user_assignments", lost["user_key"], "assigned"),
        ("pivoted_user_assignments", lost["user_key"], "completed"),
        ("pivoted_content_assignments", lost["content_id"], "assigned"),
        ("pivoted_content_assignments", lost["content_id"], "completed"),
    }
    assert {row["difference"] for row in found} == {-1}


def test_a_report_without_a_row_of_somebody_is_listed(trial: Trial) -> None:
    [gone] = trial.rows(
        "DELETE FROM continu_pivoted_user_assignments WHERE window_from = %s AND"
        " record_key = (SELECT min(user_key) FROM analytics.fct_assignments"
        " WHERE assigned_at >= %s AND assigned_at < %s) RETURNING record_key",
        FEBRUARY,
        FEBRUARY.replace(tzinfo=None),
        MARCH.replace(tzinfo=None),
    )
    found = trial.reconciliation()
    assert {row["entity_key"] for row in found} == {gone["record_key"]}
    assert {row["check_name"] for row in found} == {"pivoted_user_assignments"}
    assert {row["reported"] for row in found} == {None}


ABSURD = "UPDATE continu_user_engagement SET assignments_completed = 1000 WHERE window_from = "
LEFT_BEHIND = """
    INSERT INTO continu_user_engagement (window_from, window_until, email, assignments_completed)
    VALUES ('2026-02-01Z', '2026-02-20Z', 'gone@example.com', 1000)
"""


@pytest.mark.parametrize(
    "change",
    [f"{ABSURD} '2026-03-01Z'", f"{ABSURD} '2026-01-01Z'", LEFT_BEHIND],
    ids=["the open window", "a window before the facts", "a row of a window that was still open"],
)
def test_what_cannot_be_compared_is_not(trial: Trial, change: str) -> None:
    trial.run(change)
    assert trial.reconciliation() == []


def test_facts_with_a_gap_are_compared_with_nothing(trial: Trial) -> None:
    trial.run(
        "UPDATE continu_windows SET window_until = window_until - interval '1 hour'"
        " WHERE stream = 'continu_track_status' AND window_from = %s",
        FEBRUARY,
    )
    assert trial.reconciliation() == []
    compared = trial.compared()
    assert {name for name, count in compared.items() if not count} == {
        "user_engagement_tracks",
        "manager_summary_tracks",
    }


def test_a_column_that_is_not_loaded_disagrees_with_nothing(trial: Trial) -> None:
    trial.run("UPDATE continu_user_engagement SET tracks_completed = NULL")
    assert trial.reconciliation() == []
    assert trial.compared()["user_engagement_tracks"] == 0


def test_managers_are_those_of_the_window(trial: Trial) -> None:
    """Somebody who has another manager now counted for the one of then."""
    trial.run("UPDATE analytics.dim_users SET manager_key = 'new@example.com'")
    assert trial.reconciliation() == []


def test_managers_are_those_of_now_where_nothing_tells_of_then(trial: Trial) -> None:
    trial.run("UPDATE continu_user_engagement SET manager_email = NULL")
    found = trial.reconciliation()
    assert {row["check_name"] for row in found} <= {"manager_summary_reports"}
    assert trial.compared()["manager_summary_assignments"] > 0


def test_months_and_gaps_are_those_of_the_coverage_command(built: Learning) -> None:
    with reading(built.warehouse.dsn, SCHEMA) as warehouse:
        expected = list(warehouse.windows())
    with trying(built) as trial:
        assert seen(trial) == told(expected)
        assert not any(row["gaps"] for row in trial.rows("TABLE analytics.coverage_by_month"))


@pytest.mark.parametrize("seed", range(4))
def test_ledgers_of_any_shape_are_summed_up_as_the_coverage_command_does(
    trial: Trial, seed: int
) -> None:
    windows = [one for n in range(12) for one in ledger(f"stream_{n}", Random(f"{seed}.{n}"))]
    trial.run("DELETE FROM continu_windows")
    for window in windows:
        trial.run(
            "INSERT INTO continu_windows"
            " (stream, window_from, window_until, rows, _sdc_extracted_at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            *(window.stream, window.start, window.until, window.rows, window.loaded_at),
        )
    kept = {(one.stream, one.start, one.until): one for one in reversed(windows)}
    trial.again("coverage_by_month")
    found = seen(trial)
    assert found == told(sorted(kept.values(), key=lambda one: (one.stream, one.start, one.until)))
    assert any(gaps for gaps, _ in found.values())
    assert bool(trial.test("no_gap_in_what_is_loaded"))


def ledger(stream: str, chance: Random) -> Iterator[Window]:
    """Windows as runs leave them: side by side, with lookbacks, in pieces, again, or left out."""
    start = FEBRUARY - chance.randrange(200) * DAY
    loaded = FEBRUARY
    for _ in range(chance.randrange(1, 25)):
        length = chance.choice([HOUR, 6 * HOUR, DAY, 7 * DAY, 31 * DAY])
        yield Window(stream, start, start + length, chance.randrange(50), loaded)
        loaded += chance.randrange(2) * HOUR
        match chance.randrange(6):
            case 0:
                start += length + chance.randrange(1, 60) * HOUR
            case 1:
                start += length - HOUR
            case 2:
                half = start + length / 2
                yield Window(stream, start, half, chance.randrange(50), loaded + HOUR)
                yield Window(stream, half, start + length, chance.randrange(50), loaded + HOUR)
                loaded += 2 * HOUR
            case 3:
                start -= chance.randrange(40) * DAY
            case _:
                start += length


def told(windows: list[Window]) -> dict[str, tuple[Any, Any]]:
    """Gaps and months by stream, as the coverage command tells them."""
    return {
        one.stream: (
            [(start.replace(tzinfo=None), until.replace(tzinfo=None)) for start, until in one.gaps],
            [
                (
                    month.start.date(),
                    month.windows,
                    month.rows,
                    len(month.gaps),
                    month.loaded_at and month.loaded_at.replace(tzinfo=None),
                )
                for month in one.months
            ],
        )
        for one in coverages(windows)
    }


def seen(trial: Trial) -> dict[str, tuple[Any, Any]]:
    """The same, as the models tell them."""
    gaps = trial.rows("SELECT * FROM analytics.coverage_gaps ORDER BY stream, gap_from_at")
    months = trial.rows("SELECT * FROM analytics.coverage_by_month ORDER BY stream, month")
    columns = ("month", "windows", "row_count", "gaps", "loaded_at")
    return {
        stream: (
            [(one["gap_from_at"], one["gap_until_at"]) for one in gaps if one["stream"] == stream],
            [tuple(one[name] for name in columns) for one in months if one["stream"] == stream],
        )
        for stream in {row["stream"] for row in months}
    }


def test_months_that_are_covered_from_end_to_end(built: Learning) -> None:
    rows = built.rows(
        "SELECT to_char(month, 'YYYY-MM') AS month, fully_covered FROM analytics.coverage_by_month"
        " WHERE stream = 'continu_content_completion' ORDER BY month"
    )
    assert {row["month"]: row["fully_covered"] for row in rows} == {
        "2026-01": False,
        "2026-02": True,
        "2026-03": False,
    }


@pytest.mark.parametrize("late", [timedelta(0), 3 * HOUR, 3 * DAY])
def test_ages_are_those_of_the_coverage_command(built: Learning, late: timedelta) -> None:
    with trying(built) as trial:
        moved = f"_sdc_extracted_at = '{NOW:%Y-%m-%d %H:%M:%SZ}'::timestamptz - %s"
        for table in built.warehouse.tables():
            trial.run(f'UPDATE "{table}" SET {moved}', late)
        trial.run("UPDATE continu_windows SET window_until = window_until - %s", late)
        found = {
            row["stream"]: (
                row["row_count"],
                row["current_at"],
                round(row["age_hours"]),
                row["is_stale"],
            )
            for row in trial.rows("SELECT * FROM analytics.table_freshness")
        }
        stale = {row["stream"] for row in trial.test("no_table_is_stale")}
    with reading(built.warehouse.dsn, SCHEMA) as warehouse:
        tables = [*filter(is_loaded_here, warehouse.tables)]
        looked = warehouse.look(one for one in tables if "saved_report" not in one)
        streams = {window.stream for window in warehouse.windows()}
        windows = [
            Window(one.stream, one.start, one.until - late, one.rows, one.loaded_at)
            for one in warehouse.windows()
        ]
    extracted = {name: (one.rows, NOW - late) for name, one in looked.items()}
    expected = judged(extracted, coverages(windows))
    assert found == {
        one.stream: (
            one.rows,
            (NOW - late).replace(tzinfo=None),
            late // HOUR,
            one.is_stale(NOW, TOLERANCE),
        )
        for one in expected
    }
    assert streams <= found.keys()
    assert stale == {one.stream for one in expected if one.is_stale(NOW, TOLERANCE)}
    assert bool(stale) == bool(late)


def test_a_warehouse_with_a_gap_or_stale_tables_fails(changing: Learning) -> None:
    fresh = datetime.now(UTC)
    now = f"{fresh:%Y-%m-%d %H:%M:%S}"
    with psycopg.connect(changing.warehouse.dsn, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {SCHEMA}".encode())
        connection.execute(
            "UPDATE continu_windows SET window_until = window_until + (%(fresh)s - %(now)s)"
            " WHERE window_until = %(now)s",
            {"fresh": fresh, "now": NOW},
        )
        connection.execute(
            "UPDATE continu_windows SET window_from = window_from + interval '1 day'"
            " WHERE stream = 'continu_track_status' AND window_until = %s",
            [fresh],
        )
        asked = changing.dbt("source", "freshness", as_of=now)
        assert not {"ERROR", "WARN"}.intersection(asked.split())
        connection.execute(
            "UPDATE continu_windows SET window_until = window_until - interval '5 hours'"
            " WHERE stream = 'continu_user_content' AND window_until = %s",
            [fresh],
        )
        connection.execute("DROP TABLE coursebase_groups CASCADE")
        connection.execute("TRUNCATE coursebase_course_approvers")
    asked = changing.dbt("source", "freshness", check=False, as_of=now)
    assert {*re.findall(r"ERROR.* freshness of (\S+)", asked)} == {"continu.continu_user_content"}
    built = changing.dbt(
        *("build", "--select", "coverage_by_month", "int_loaded_tables", "table_freshness"),
        *("no_gap_in_what_is_loaded", "no_table_is_stale"),
        check=False,
        as_of=now,
    )
    assert "FAIL 1 no_gap_in_what_is_loaded" in built
    assert "WARN 1 no_table_is_stale" in built
    assert "Not loaded, so without rows in every model: coursebase_groups" in built


def test_a_warehouse_without_any_table_is_told_in_one_line(built: Learning) -> None:
    printed = built.dbt("build", check=False, schema="nowhere")
    [line] = [line for line in printed.splitlines() if "No table of the tap is in" in line]
    assert ".nowhere: " in line
    assert "continu_coursebase_database" in line
    assert "continu_coursebase_schema" in line
    assert " PASS " not in printed
