"""The coverage that a user reads from the ledger of a real warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from harness.coverage import main
from harness.warehouse import Warehouse

COLUMNS = (
    "stream text, window_from timestamp, window_until timestamp, rows bigint, "
    "_sdc_extracted_at timestamp, _sdc_deleted_at timestamp"
)


@pytest.fixture
def database(postgresql: Warehouse) -> Iterator[Warehouse]:
    with postgresql.database(f"coverage_{uuid4().hex}") as warehouse:
        warehouse.execute("CREATE SCHEMA learning")
        warehouse.execute(f"CREATE TABLE learning.continu_windows ({COLUMNS})")
        yield warehouse


def fetched(warehouse: Warehouse, stream: str, start: str, until: str, rows: int = 10) -> None:
    warehouse.execute(
        "INSERT INTO learning.continu_windows VALUES "  # noqa: S608 - values of this file
        f"('{stream}', '{start}', '{until}', {rows}, now(), NULL)"
    )


def test_overlapping_windows_and_halves_leave_no_gap(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    fetched(database, "continu_track_status", "2026-01-01", "2026-02-01")
    fetched(database, "continu_track_status", "2026-01-31 23:00", "2026-02-15")
    fetched(database, "continu_track_status", "2026-02-14 23:00", "2026-02-15")
    fetched(database, "continu_track_status", "2026-02-15", "2026-03-01 12:30", rows=7)
    fetched(database, "continu_user_content", "2026-01-01", "2026-02-01")
    assert main(["--dsn", database.dsn]) == 0
    printed = capsys.readouterr().out
    assert "continu_track_status" in printed
    assert "2026-01-01T00:00:00Z  2026-03-01T12:30:00Z        4         37     0" in printed
    assert printed.endswith("No gap in 2 streams\n")


def test_a_gap_is_shown_and_is_the_exit_code(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    fetched(database, "continu_scorm_status", "2026-03-01", "2026-04-01")
    fetched(database, "continu_scorm_status", "2026-01-01", "2026-02-01")
    fetched(database, "continu_track_status", "2026-01-01", "2026-02-01")
    assert main(["--dsn", database.sqlalchemy_url]) == 1
    printed = capsys.readouterr().out
    assert "not loaded: from 2026-02-01T00:00:00Z until 2026-03-01T00:00:00Z" in printed
    assert printed.endswith("1 gap in 2 streams\n")


def test_an_empty_ledger_says_so(database: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dsn", database.dsn]) == 0
    assert "The ledger is empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--schema", "elsewhere"], "has no ledger elsewhere.continu_windows"),
        (["--dsn", "postgresql://nobody:hush@127.0.0.1:1/none"], "cannot be reached"),
        (["--dsn", "nonsense"], "cannot be read"),
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


def test_the_ledger_is_only_read(database: Warehouse) -> None:
    fetched(database, "continu_track_status", "2026-01-01", "2026-02-01")
    database.execute("CREATE ROLE reader LOGIN")
    database.execute("GRANT USAGE ON SCHEMA learning TO reader")
    database.execute("GRANT SELECT ON learning.continu_windows TO reader")
    try:
        assert main(["--dsn", database.dsn.replace("postgres:@", "reader:@")]) == 0
    finally:
        database.execute("DROP OWNED BY reader")
        database.execute("DROP ROLE reader")


def test_a_warehouse_must_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TARGET_POSTGRES_SQLALCHEMY_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "say which warehouse" in capsys.readouterr().err
