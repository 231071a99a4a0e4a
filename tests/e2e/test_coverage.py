"""What a user reads of a real warehouse: coverage by the ledger, age by the tables."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from harness.pipeline import TAP
from harness.warehouse import Warehouse
from tap_continu_coursebase.operate.coverage import main

COLUMNS = (
    "stream text, window_from timestamp, window_until timestamp, rows bigint, bytes bigint, "
    "seconds numeric, tries bigint, requested_at timestamp, "
    "_sdc_extracted_at timestamp, _sdc_deleted_at timestamp"
)
AT = "2026-03-01T13:00:00Z"
EXECUTABLE = Path(sys.executable).parent / f"{TAP}-coverage"


@pytest.fixture
def empty(postgresql: Warehouse) -> Iterator[Warehouse]:
    with postgresql.database(f"coverage_{uuid4().hex}") as warehouse:
        warehouse.execute("CREATE SCHEMA learning")
        yield warehouse


@pytest.fixture
def database(empty: Warehouse) -> Warehouse:
    empty.execute(f"CREATE TABLE learning.continu_windows ({COLUMNS})")
    return empty


def fetched(
    warehouse: Warehouse,
    stream: str,
    start: str,
    until: str,
    rows: int = 10,
    loaded: str = "2026-03-01 12:31",
) -> None:
    warehouse.execute(
        "INSERT INTO learning.continu_windows VALUES "  # noqa: S608 - values of this file
        f"('{stream}', '{start}', '{until}', {rows}, 1000, 0.5, 1, '{loaded}', '{loaded}', NULL)"
    )


def loaded(warehouse: Warehouse, table: str, *rows: tuple[str, str | None]) -> None:
    """Make a table with rows, each by when it was extracted and when it was marked as deleted."""
    warehouse.execute(
        f"CREATE TABLE learning.{table} "
        "(id text, _sdc_extracted_at timestamptz, _sdc_deleted_at timestamptz)"
    )
    for extracted, deleted in rows:
        mark = "NULL" if deleted is None else f"'{deleted}'"
        warehouse.execute(
            f"INSERT INTO learning.{table} VALUES ('x', '{extracted}', {mark})"  # noqa: S608
        )


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_overlapping_windows_and_halves_leave_no_gap(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    spans = [
        ("2026-01-01", "2026-02-01", 10),
        ("2026-01-31 23:00", "2026-02-15", 10),
        ("2026-02-14 23:00", "2026-02-15", 10),
        ("2026-02-15", "2026-03-01 12:30", 7),
    ]
    for minute, (start, until, rows) in enumerate(spans):
        at = f"2026-03-01 12:{minute:02}"
        fetched(database, "continu_track_status", start, until, rows, at)
    fetched(database, "continu_scorm_status", "2026-01-01", "2026-03-01")
    assert main(["--dsn", database.dsn, "--at", AT]) == 0
    printed = capsys.readouterr().out
    assert "continu_track_status" in printed
    assert "2026-01-01T00:00:00Z  2026-03-01T12:30:00Z        4         37     0" in printed
    assert printed.endswith("No gap in 2 streams\n")


def test_a_gap_is_shown_and_is_the_exit_code(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    fetched(database, "continu_scorm_status", "2026-03-01", "2026-04-01")
    fetched(database, "continu_scorm_status", "2026-01-01", "2026-02-01")
    fetched(database, "continu_track_status", "2026-01-01", "2026-03-01")
    assert main(["--dsn", database.sqlalchemy_url, "--at", AT]) == 1
    printed = capsys.readouterr().out
    assert "not loaded: from 2026-02-01T00:00:00Z until 2026-03-01T00:00:00Z" in printed
    assert "stale" not in printed
    assert printed.endswith("1 gap in 2 streams\n")
    assert main(["--dsn", database.dsn, "--at", AT, "--format", "json"]) == 1
    answer = told(capsys)
    assert (answer["ok"], answer["gaps"], answer["stale"]) == (False, 1, [])
    scorm, track = answer["tables"]
    gap = {"from": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}
    assert (scorm["gaps"], track["gaps"]) == ([gap], [])
    assert [(month["month"], month["windows"], month["rows"]) for month in scorm["months"]] == [
        ("2026-01", 1, 10),
        ("2026-02", 0, 0),
        ("2026-03", 1, 10),
    ]
    assert [month["gaps"] for month in scorm["months"]] == [[], [gap], []]
    assert scorm["months"][1]["last_loaded"] is None


def test_a_stale_table_is_told_and_is_the_exit_code(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three hours are too much for a report that is due each hour, not for one of each day."""
    fetched(database, "continu_content_completion", "2026-02-01", "2026-03-01 10:00")
    fetched(database, "continu_track_status", "2026-02-01", "2026-03-01 10:00")
    loaded(database, "coursebase_users", ("2026-02-26 13:00+00", None))
    loaded(database, "coursebase_report_learners", ("2026-01-01 13:00+00", None))
    options = ["--dsn", database.dsn, "--at", AT]
    assert main(options) == 1
    printed = capsys.readouterr().out
    assert "2 stale tables: continu_content_completion, coursebase_users\n" in printed
    assert main([*options, "--format", "json"]) == 1
    tables = {table["stream"]: table for table in told(capsys)["tables"]}
    completion = tables["continu_content_completion"]
    assert (completion["age_seconds"], completion["cadence_seconds"]) == (3 * 3600, 3600)
    assert tables["coursebase_users"]["last_loaded"] == "2026-02-26T13:00:00Z"
    assert tables["coursebase_report_learners"]["cadence_seconds"] is None
    lenient = [*options, "--tolerance", "4"]
    assert main(lenient) == 0
    assert main([*lenient, "--cadence", "coursebase_report_learners=24"]) == 1
    unjudged = ["--cadence", "coursebase_users=0", "--cadence", "continu_content_completion=2"]
    assert main([*options, *unjudged]) == 0


def test_rows_are_counted_without_the_deleted_ones(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded(
        database,
        "continu_workshop_status",
        ("2026-03-01 12:00+00", None),
        ("2026-03-01 14:00+02", None),
        ("2026-02-01 12:00+00", "2026-03-01 12:00+00"),
    )
    loaded(database, "continu_assessment_status")
    assert main(["--dsn", database.dsn, "--at", AT, "--format", "json"]) == 0
    empty, workshops = told(capsys)["tables"]
    assert (workshops["rows_in_table"], workshops["last_loaded"]) == (2, "2026-03-01T12:00:00Z")
    assert (empty["rows_in_table"], empty["last_loaded"], empty["is_stale"]) == (0, None, False)


def test_coursebase_alone_needs_no_ledger(
    empty: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded(empty, "coursebase_groups", ("2026-03-01 12:00+00", None))
    assert main(["--dsn", empty.dsn, "--at", AT]) == 0
    printed = capsys.readouterr().out
    assert "coursebase_groups" in printed
    assert "ledger" not in printed


def test_continu_without_its_ledger_says_what_cannot_be_told(
    empty: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded(empty, "continu_track_status", ("2026-03-01 12:00+00", None))
    assert main(["--dsn", empty.dsn, "--at", AT]) == 0
    assert "There is no ledger continu_windows" in capsys.readouterr().out


def test_an_empty_ledger_says_so(database: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dsn", database.dsn]) == 0
    assert "The ledger is empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--schema", "elsewhere"], "has no ledger elsewhere.continu_windows"),
        (["--dsn", "postgresql://nobody:hush@127.0.0.1:1/none"], "cannot be reached"),
        (["--dsn", "nonsense:hush"], "cannot be read"),
    ],
)
def test_a_ledger_that_cannot_be_read_is_one_clear_line(
    database: Warehouse, options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dsn", database.dsn, *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert printed.err.count("\n") == 1
    assert "hush" not in printed.err


def test_nothing_is_written_and_tables_that_may_not_be_read_are_left_out(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    fetched(database, "continu_track_status", "2026-01-01", "2026-03-01")
    loaded(database, "coursebase_users", ("2026-02-01 12:00+00", None))
    database.execute("CREATE ROLE reader LOGIN")
    database.execute("GRANT USAGE ON SCHEMA learning TO reader")
    database.execute("GRANT SELECT ON learning.continu_windows TO reader")
    try:
        dsn = database.dsn.replace("postgres:@", "reader:@")
        assert main(["--dsn", dsn, "--at", AT]) == 0
    finally:
        database.execute("DROP OWNED BY reader")
        database.execute("DROP ROLE reader")
    assert "coursebase_users" not in capsys.readouterr().out


def test_a_warehouse_must_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TARGET_POSTGRES_SQLALCHEMY_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "say which warehouse" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--at", "yesterday"], "'yesterday' is not an ISO 8601 date"),
        (["--tolerance", "0"], "'0' is not a number above 0"),
        (["--tolerance", "nan"], "'nan' is not a number above 0"),
        (["--cadence", "coursebase_users"], "right would be coursebase_users=24"),
        (["--cadence", "users=24"], "right would be coursebase_users=24"),
    ],
)
def test_a_wrong_option_is_told_with_a_right_one(
    options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_without_the_driver_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert main(["--dsn", "postgresql://nobody:hush@127.0.0.1/none"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "pip install 'tap-continu-coursebase[coverage]'" in said


def test_the_command_takes_warehouse_and_schema_from_the_environment(database: Warehouse) -> None:
    """The variables that target-postgres is told by."""
    database.execute("ALTER SCHEMA learning RENAME TO elsewhere")
    environment = {
        "PATH": "",
        "TARGET_POSTGRES_SQLALCHEMY_URL": database.sqlalchemy_url,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "elsewhere",
    }
    ended = subprocess.run(
        [EXECUTABLE], env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "The ledger is empty" in ended.stdout
