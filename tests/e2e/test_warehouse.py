"""What stands in the warehouse: instants, NULL, comments, and what the README's queries answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from harness.compare import Row, compare
from harness.documented import CONTINU_KEYS, RANGE_TARGETS
from harness.pipeline import TAP
from harness.warehouse import SCHEMA, Warehouse
from tap_continu_coursebase.operate import comments
from tap_continu_coursebase.operate.comments import main
from tests.e2e.conftest import SECOND, START, World
from tests.e2e.test_readme import BLOCKS, block, shell

BIN = Path(sys.executable).parent
ELSEWHERE = "America/St_Johns"
"""Three and a half hours behind UTC, or two and a half."""
COMMENTS = f"{TAP}-comments"
ABSENT: dict[str, Any] = {
    "stream_options": {
        "continu_track_status": {"columns": {"absent_list": "array", "absent_object": "object"}}
    }
}
"""Columns of JSON that no row has a value for."""
QUERIES = [text for language, text in BLOCKS if language == "sql"]
README_LOADER, OWN_LOADER = "target-postgres", "target-postgres-fast"


@pytest.fixture
def elsewhere(world: World) -> Iterator[Warehouse]:
    """A database of its own in which each session's time zone is not UTC."""
    name = f"elsewhere_{uuid4().hex}"
    with world.warehouse.database(name) as database:
        database.execute(f"ALTER DATABASE {name} SET timezone = '{ELSEWHERE}'")
        database.execute(f"ALTER ROLE postgres IN DATABASE {name} SET timezone = '{ELSEWHERE}'")
        yield database


def as_users_connect(warehouse: Warehouse) -> Warehouse:
    """Leave out what the harness adds, so that a session has the time zone of the database."""
    return Warehouse(re.sub(r"[?&]options=[^&]*", "", warehouse.dsn))


class Loading:
    """Runs of the tap into one database by one loader."""

    def __init__(
        self, world: World, warehouse: Warehouse, loader: str = OWN_LOADER, **options: Any
    ) -> None:
        self.world, self.warehouse, self._loader = world, warehouse, loader
        self._target = world.folder / "target.json"
        self._tap = world.folder / "tap.json"
        settings = {"default_target_schema": SCHEMA, "use_copy": True, **options}
        url = as_users_connect(warehouse).sqlalchemy_url
        self._target.write_text(json.dumps({**settings, "sqlalchemy_url": url}))

    def run(self, *, both: bool = False, **settings: Any) -> None:
        """Run once, with both sources or with Continu alone."""
        chosen = {**self.world.settings, **(self.world.coursebase if both else {}), **settings}
        self._tap.write_text(json.dumps(chosen))
        zone = {"TZ": "Asia/Tokyo", **({"PGTZ": "UTC"} if self._loader == README_LOADER else {})}
        with subprocess.Popen(
            [BIN / TAP, "--config", self._tap], stdout=subprocess.PIPE, env={**os.environ, **zone}
        ) as tap:
            subprocess.run(
                [BIN / self._loader, "--config", self._target],
                stdin=tap.stdout,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **zone},
                check=True,
            )
        assert tap.returncode == 0

    def catalog(self) -> dict[str, dict[str, Any]]:
        told = subprocess.run(
            [BIN / TAP, "--config", self._tap, "--discover"], capture_output=True, check=True
        ).stdout
        return {one["tap_stream_id"]: one["schema"] for one in json.loads(told)["streams"]}


def fetch(warehouse: Warehouse, query: str) -> list[Any]:
    with psycopg.connect(warehouse.dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def kinds(warehouse: Warehouse) -> dict[tuple[str, str], str]:
    """Return the type of each column, by table and name."""
    rows = fetch(
        warehouse,
        "SELECT table_name, column_name, udt_name FROM information_schema.columns "
        "WHERE table_schema = 'learning'",
    )
    return {(table, column): kind for table, column, kind in rows}


def said(warehouse: Warehouse) -> dict[tuple[str, str | None], str | None]:
    """Return the comment of each table and column."""
    rows = fetch(
        warehouse,
        "SELECT relname, attname, col_description(c.oid, attnum) FROM pg_class c "
        "JOIN pg_attribute ON attrelid = c.oid JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'learning' AND relkind = 'r' AND attnum > 0 AND NOT attisdropped "
        "UNION ALL SELECT relname, NULL, obj_description(c.oid, 'pg_class') FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'learning' AND relkind = 'r'",
    )
    return {(table, column): comment for table, column, comment in rows}


def assert_equal(world: World, warehouse: Warehouse) -> None:
    for report, key in CONTINU_KEYS.items():
        target = RANGE_TARGETS.get(report)
        expected = world.sandbox.expected(report, START, SECOND, range_target=target)
        assert compare(warehouse, f"continu_{report}", key, expected).differences == []


def assert_no_instant_is_shifted(world: World, warehouse: Warehouse, *, since: datetime) -> None:
    """Look at instants from a session whose time zone is not UTC."""
    session = as_users_connect(warehouse)
    assert fetch(session, "SHOW timezone") == [(ELSEWHERE,)]
    loaded = fetch(
        session,
        "SELECT completion_id, extract(epoch FROM completed_on)::float "
        "FROM learning.continu_content_completion",
    )
    rows = world.sandbox.expected("content_completion", START, SECOND, range_target="updated_date")
    wanted = {
        row["completion_id"]: datetime.fromisoformat(row["completed_on"]).timestamp()
        for row in rows
    }
    assert dict(loaded) == wanted
    columns = ("_sdc_deleted_at", "_sdc_extracted_at", "_sdc_received_at", "_sdc_batched_at")
    for column in columns:
        (oldest, newest) = fetch(
            session,
            f"SELECT extract(epoch FROM min({column}))::float, extract(epoch FROM max({column}))"  # noqa: S608
            f"::float FROM {SCHEMA}.continu_assessment_status",
        )[0]
        assert since.timestamp() <= oldest <= newest <= datetime.now(UTC).timestamp(), column


@pytest.mark.parametrize(
    ("loader", "options"),
    [
        (README_LOADER, {}),
        (README_LOADER, {"use_copy": False}),
        (OWN_LOADER, {}),
        pytest.param(OWN_LOADER, {"use_copy": False}, marks=pytest.mark.long),
    ],
    ids=["the README's", "the README's, INSERT", "the checkout's", "the checkout's, INSERT"],
)
def test_no_time_zone_shifts_an_instant(
    world: World, elsewhere: Warehouse, loader: str, options: dict[str, Any]
) -> None:
    loading = Loading(world, elsewhere, loader, **options)
    since = datetime.now(UTC)
    loading.run()
    world.sandbox.admin("delete", report="assessment_status", count=3)
    loading.run()
    assert elsewhere.count_deleted("continu_assessment_status") == 3
    assert_equal(world, elsewhere)
    assert_no_instant_is_shifted(world, elsewhere, since=since)
    dates = {kind for kind in kinds(elsewhere).values() if kind.startswith("timestamp")}
    assert dates == ({"timestamptz"} if loader == OWN_LOADER else {"timestamp"})


@pytest.mark.parametrize(
    "options",
    [{}, pytest.param({"use_copy": False}, marks=pytest.mark.long)],
    ids=["COPY", "INSERT"],
)
def test_absent_json_is_null(world: World, elsewhere: Warehouse, options: dict[str, Any]) -> None:
    Loading(world, elsewhere, **options).run(both=True, **ABSENT)
    objects = [where for where, kind in kinds(elsewhere).items() if kind == "jsonb"]
    assert len(objects) > 50
    nulls = Counter[str]()
    with psycopg.connect(elsewhere.dsn) as connection:
        for table, column in objects:
            query = SQL(
                "SELECT count(*) FILTER (WHERE {0} = 'null'), count(*) FILTER (WHERE {0} IS NULL) "
                "FROM {1}"
            ).format(Identifier(column), Identifier(SCHEMA, table))
            ((texts, absent),) = connection.execute(query).fetchall()
            assert texts == 0, (table, column)
            nulls[column] += absent
    rows = len(expected(world, "track_status"))
    assert (nulls["absent_list"], nulls["absent_object"]) == (rows, rows)


def test_instants_of_tables_that_another_loader_has_made(
    world: World, elsewhere: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's loader makes timestamp; made instants, it goes on loading into them."""
    loading = Loading(world, elsewhere, README_LOADER)
    since = datetime.now(UTC)
    loading.run(both=True)
    before = kinds(elsewhere)
    filenode = "SELECT pg_relation_filenode('learning.continu_track_status')"
    file = fetch(elsewhere, filenode)
    dsn = ["--dsn", as_users_connect(elsewhere).dsn]
    elsewhere.execute(f"CREATE TABLE {SCHEMA}.notes (at timestamp)")
    elsewhere.execute(f"CREATE VIEW learning.v AS TABLE learning.{LEARNERS}")
    assert main([*dsn, "--instants"]) == 1
    assert f"{LEARNERS}: its instants stay as they are" in capsys.readouterr().err
    elsewhere.execute(f"DROP VIEW {SCHEMA}.v")
    assert main([*dsn, "--instants"]) == 0
    assert f"{LEARNERS}: 6 columns are instants now" in capsys.readouterr().out
    assert fetch(elsewhere, filenode) == file, "the table was rewritten"
    after = kinds(elsewhere)
    assert after.pop(("notes", "at")) == "timestamp"
    assert after == {
        where: "timestamptz" if kind == "timestamp" else kind for where, kind in before.items()
    }
    world.sandbox.admin("delete", report="assessment_status", count=3)
    loading.run()
    assert_equal(world, elsewhere)
    assert_no_instant_is_shifted(world, elsewhere, since=since)
    assert {where: kind for where, kind in kinds(elsewhere).items() if where[0] != "notes"} == after


LEARNERS = "coursebase_report_learners"


def test_the_checkouts_loader_goes_on_with_tables_of_the_readmes(
    world: World, elsewhere: Warehouse
) -> None:
    since = datetime.now(UTC)
    Loading(world, elsewhere, README_LOADER).run(**ABSENT)
    before = kinds(elsewhere)
    absent = "SELECT count(absent_list), count(absent_object) FROM learning.continu_track_status"
    rows = len(expected(world, "track_status"))
    assert fetch(elsewhere, absent) == [(rows, rows)]
    world.sandbox.admin("delete", report="assessment_status", count=3)
    Loading(world, elsewhere).run(**ABSENT)
    assert kinds(elsewhere) == before
    assert_equal(world, elsewhere)
    assert_no_instant_is_shifted(world, elsewhere, since=since)
    assert fetch(elsewhere, absent) == [(0, 0)]


def test_every_column_of_every_table_is_described(
    world: World, elsewhere: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"continu_track_status": {"columns": {"cost_center": "string"}}}
    loading = Loading(world, elsewhere)
    loading.run(both=True, stream_options=options)
    catalog = loading.catalog()
    path = world.folder / "catalog.json"
    path.write_text(
        json.dumps(
            {
                "streams": [
                    {"tap_stream_id": stream, "schema": schema}
                    for stream, schema in catalog.items()
                ]
            }
        )
    )
    arguments = ["--dsn", as_users_connect(elsewhere).dsn]
    assert main(arguments) == 0
    assert (
        "continu_track_status: nothing tells what these columns mean: cost_center"
        in capsys.readouterr().out
    )
    assert main([*arguments, "--catalog", str(path)]) == 0
    assert "comments written: 1\n" in capsys.readouterr().out
    written = said(elsewhere)
    assert {table for table, _ in written} == {*catalog} - {*NOT_LOADED}
    assert [where for where, comment in written.items() if not comment] == []
    for (table, column), comment in written.items():
        if column is None:
            assert comment == catalog[table]["description"]
        elif column in catalog[table]["properties"]:
            assert comment == catalog[table]["properties"][column]["description"]
        else:
            assert column.startswith("_sdc_") or table.startswith("coursebase_report_")
    assert main(arguments) == 0
    assert (
        f"{len({table for table, _ in written})} tables, comments written: 0\n"
        in capsys.readouterr().out
    )
    assert said(elsewhere) == written


NOT_LOADED = ("coursebase_user_details", "coursebase_user_groups")


def test_nothing_is_said_of_what_is_not_the_taps(
    elsewhere: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor of a column that stream maps have renamed; somebody's own comments stay elsewhere."""
    arguments = ["--dsn", elsewhere.dsn]
    elsewhere.execute(f"CREATE SCHEMA {SCHEMA}")
    elsewhere.execute(f"CREATE TABLE {SCHEMA}.coursebase_report_mine (id text, row_number int)")
    elsewhere.execute(f"CREATE TABLE {SCHEMA}.continu_notes (email text)")
    elsewhere.execute(f"CREATE TABLE {SCHEMA}.continu_scorm_status (mine int)")
    elsewhere.execute(f"CREATE VIEW {SCHEMA}.coursebase_users AS SELECT 'a' AS user_id")
    elsewhere.execute(f"COMMENT ON TABLE {SCHEMA}.continu_notes IS 'mine'")
    before = said(elsewhere)
    assert main(arguments) == 2
    assert "there is no table of this tap in learning" in capsys.readouterr().err
    assert said(elsewhere) == before
    elsewhere.execute(f'CREATE TABLE {SCHEMA}.continu_track_status (track_id text, "e""mail" text)')
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert 'continu_track_status: nothing tells what these columns mean: e"mail' in told
    after = said(elsewhere)
    assert {where: what for where, what in after.items() if where in before} == before
    assert after["continu_track_status", 'e"mail'] is None
    assert str(after["continu_track_status", "track_id"]).startswith("Id of the track")


def test_comments_need_the_owner(
    elsewhere: Warehouse, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    elsewhere.execute(f"CREATE SCHEMA {SCHEMA}")
    elsewhere.execute(f"CREATE TABLE {SCHEMA}.coursebase_users (user_id text)")
    role = f"reader_{uuid4().hex}"
    elsewhere.execute(f"CREATE ROLE {role} LOGIN")
    elsewhere.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}")
    try:
        dsn = elsewhere.dsn.replace("postgres:@", f"{role}:@")
        assert main(["--dsn", dsn]) == 2
    finally:
        elsewhere.execute(f"DROP OWNED BY {role}")
        elsewhere.execute(f"DROP ROLE {role}")
    printed = capsys.readouterr()
    assert printed.err == (
        "the warehouse's user does not own the tables of learning: run this as the user that loads "
        "them\n"
    )
    broken = tmp_path / "catalog.json"
    broken.write_text("[]")
    with pytest.raises(SystemExit) as ended:
        main(["--dsn", elsewhere.dsn, "--catalog", str(broken)])
    assert ended.value.code == 2
    assert "it is no catalog: right is what --discover writes" in capsys.readouterr().err


def test_a_table_that_is_locked_is_not_waited_for_long(
    elsewhere: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(comments, "LOCK_SECONDS", 0.05)
    elsewhere.execute(f"CREATE SCHEMA {SCHEMA}")
    elsewhere.execute(f"CREATE TABLE {SCHEMA}.coursebase_users (user_id text)")
    with psycopg.connect(elsewhere.dsn) as other:
        other.execute("LOCK TABLE learning.coursebase_users")
        assert main(["--dsn", elsewhere.dsn]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("another session, such as a load, has a table locked: ")
    assert printed.err.count("\n") == 1
    assert main(["--dsn", elsewhere.dsn]) == 0


@pytest.mark.parametrize("loader", [README_LOADER, OWN_LOADER])
def test_the_readmes_queries_answer(world: World, elsewhere: Warehouse, loader: str) -> None:
    Loading(world, elsewhere, loader).run()
    session = as_users_connect(elsewhere)
    environment = {**world.environment(), "WAREHOUSE_URL": session.sqlalchemy_url}
    shell(block(COMMENTS), world.folder, environment)
    most, late, tracks = (fetch(session, query) for query in QUERIES)
    assert {(month, title): (rows, people) for month, title, rows, people in most} == (
        completed(world)
    )
    assert most == sorted(most, key=lambda row: (row[0], row[2]), reverse=True)
    assert {who: tuple(found) for who, *found in late} == overdue(world)
    assert [row[1] for row in late] == sorted((row[1] for row in late), reverse=True)
    assert {(department, track): (rows, done) for department, track, rows, done in tracks} == (
        progress(world)
    )
    assert len(tracks) == len(progress(world))


def expected(world: World, report: str) -> list[Row]:
    return world.sandbox.expected(report, START, SECOND, range_target=RANGE_TARGETS.get(report))


def completed(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    people = defaultdict(list)
    for row in expected(world, "content_completion"):
        people[row["completed_on"][:7], row["content_title"]].append(row["email"].lower())
    return {where: (len(found), len({*found})) for where, found in people.items()}


def overdue(world: World) -> dict[str | None, tuple[int, int, datetime]]:
    late = defaultdict(list)
    for row in expected(world, "assignment_summary"):
        due = row["due_date"] and datetime.fromisoformat(row["due_date"])
        if due and due < datetime.now(UTC) and not row["completed_date"] and not row["suspended"]:
            late[row["manager_email"]].append((row["email"], due))
    assert late
    return {
        manager: (len(found), len({who for who, _ in found}), min(due for _, due in found))
        for manager, found in late.items()
    }


def progress(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    done = defaultdict(list)
    for row in expected(world, "track_status"):
        for department in row["departments"] or []:
            done[department, row["track_title"]].append(row["track_completed_date"] is not None)
    assert len({department for department, _ in done}) > 3
    return {where: (len(found), sum(found)) for where, found in done.items()}
