"""The models of ``transform/``: built in full, and again after some rows have changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.load import SERVER
from benchmarks.measure import BenchmarkError, Case, Figures, run
from benchmarks.parts import Part, Say, Sizes
from benchmarks.paths import BENCH, ROOT
from harness import warehouse
from harness.pipeline import Pipeline
from harness.warehouse import SCHEMA, Warehouse
from sandbox.options import Options
from sandbox.server import running

DBT = ROOT / ".tools" / "dbt" / "bin" / "dbt"
PROJECT = ROOT / "transform"
INCREMENTAL = ("int_people", "int_content", "int_assignments", "fct_completions")
"""The models that hold what was changed here, and are not made anew by a build."""
HOUR = 3_600_000
LOADED = 1_767_225_600_000
"""When the rows were first loaded, in milliseconds since 1970; each change comes a day later."""
SCHEMAS = (SCHEMA, "analytics", "analytics_staging", "analytics_snapshots")
OPTIONS = Options(
    users=80,
    now=int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()),
    start=int(datetime(2025, 11, 1, tzinfo=UTC).timestamp()),
    requests_per_minute=100_000,
    requests_per_day=1_000_000,
)


@dataclass(frozen=True)
class Built:
    """What one run of dbt took.

    Attributes:
        whole: Of the process and its children.
        incremental: Seconds of the models in ``INCREMENTAL``.
        others: Seconds of all other models, and of snapshots.
        tests: Seconds of the tests.
    """

    whole: Figures
    incremental: float
    others: float
    tests: float


def compare(sizes: Sizes, say: Say) -> Part:
    """Build over tables of two sizes, and again after more and more rows have changed."""
    lines: list[list[str | float | None]] = []
    figures: dict[str, dict[str, float]] = {}
    with warehouse.running(SERVER) as postgresql:
        for completions in (sizes.completions // 10, sizes.completions):
            _fill(postgresql, completions, sizes.learners)
            for number, (name, built) in enumerate(_builds(postgresql, completions, sizes.changed)):
                say(f"{completions:,} completions, {name}: {built.whole.seconds:.1f} s")
                measured = (built.whole.seconds, built.incremental, built.others, built.tests)
                lines.append([f"{completions:,}" if not number else "", name, *measured])
                names = ("seconds", "incremental", "others", "tests")
                figures[f"{completions} {name}"] = dict(zip(names, measured, strict=True))
    return Part(
        f"Models: {sizes.learners:,} people, half as many assignments as completions, dbt build in"
        " PostgreSQL, one run each",
        ["completions", "", "seconds", "incremental models", "other models", "tests"],
        lines,
        {"learners": sizes.learners, "builds": figures},
        [
            (
                "seconds: the whole process; the others: what dbt waits for the database, up to"
                " four models or tests at once, so that they may add up to more"
            ),
            f"incremental models: {', '.join(INCREMENTAL)}",
            (
                "a change is of so many completions and half as many assignments; every hundredth"
                " of them is gone"
            ),
        ],
    )


def _builds(
    postgresql: Warehouse, completions: int, changes: tuple[int, ...]
) -> Iterator[tuple[str, Built]]:
    yield "in full", _build(postgresql, "--full-refresh")
    _check(postgresql, completions, gone=0)
    gone = 0
    for step, changed in enumerate((0, *changes), start=1):
        if changed > completions // 2:
            continue
        gone += _change(postgresql, changed, LOADED + 24 * HOUR * step)
        yield f"{changed:,} changed", _build(postgresql)
        _check(postgresql, completions, gone)


def _build(postgresql: Warehouse, *options: str) -> Built:
    target = BENCH / "dbt"
    shutil.rmtree(target / "run", ignore_errors=True)
    case = Case(
        "dbt build",
        [[DBT, "--quiet", "build", *options]],
        {
            **postgresql.dbt_environment,
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        PROJECT,
    )
    whole = run(case)
    incremental = others = tests = 0.0
    for one in json.loads((target / "run_results.json").read_text("utf-8"))["results"]:
        kind, _, name = one["unique_id"].partition(".")
        if kind.endswith("test"):
            tests += one["execution_time"]
        elif name.rpartition(".")[2] in INCREMENTAL:
            incremental += one["execution_time"]
        else:
            others += one["execution_time"]
    return Built(whole, incremental, others, tests)


def _fill(postgresql: Warehouse, completions: int, learners: int) -> None:
    """Load a small company, and repeat its rows until there are as many as wanted."""
    postgresql.execute(f"DROP SCHEMA IF EXISTS {', '.join(SCHEMAS)} CASCADE")
    folder = BENCH / "models"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with running(OPTIONS) as server:
        settings = {
            "continu_api_url": server.continu_api_url,
            "continu_api_token": server.token,
            "continu_requests_per_minute": OPTIONS.requests_per_minute,
            "start_date": "2026-01-01",
            "end_date": "2026-03-01",
        }
        Pipeline(folder, settings, postgresql.sqlalchemy_url).run()
    person = {"email": f"'user.' || g.n % {learners} || '@example.org'"}
    row = {
        **person,
        "userid": f"'E' || g.n % {learners}",
        "content_id": "'content-' || g.n % 1000",
        "_sdc_sequence": f"{LOADED} + g.n / 1000",
        "_sdc_extracted_at": _instant(f"{LOADED} + g.n / 1000"),
    }
    key = {**row, "email_as_sent": person["email"]}
    _grow(postgresql, "content_completion", completions, {**row, "completion_id": "'c' || g.n"})
    _grow(postgresql, "user_content", completions, {**row, "completion_id": "'c' || g.n"})
    _grow(
        postgresql, "assignment_summary", completions // 2, {**key, "assignment_id": "'a' || g.n"}
    )
    _grow(postgresql, "user_engagement", learners, key)


def _grow(postgresql: Warehouse, report: str, count: int, values: dict[str, str]) -> None:
    """Repeat the rows of a table, with other values where they shall differ."""
    table = f"{SCHEMA}.continu_{report}"
    columns = [*postgresql.rows(f"SELECT * FROM {table} LIMIT 1")[0]]
    chosen = ", ".join(values.get(name, f'few."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    for statement in (
        f"CREATE TABLE few AS SELECT *, row_number() OVER () - 1 AS position FROM {table}",
        f"TRUNCATE {table}",
        (
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM generate_series(1, {count}) AS g"
            " (n) JOIN few ON few.position = g.n % (SELECT count(*) FROM few)"
        ),
        "DROP TABLE few",
        f"ANALYZE {table}",
    ):
        postgresql.execute(statement)


def _change(postgresql: Warehouse, changed: int, at: int) -> int:
    """Let some rows come once more, as what has changed does, and some be gone.

    Returns:
        How many completions are gone.
    """
    late = f"_sdc_sequence = {at}, _sdc_extracted_at = {_instant(str(at))}"
    for report, number, date, count in (
        ("content_completion", "completion_id", "completed_on", changed),
        ("user_content", "completion_id", "completed_on", changed),
        ("assignment_summary", "assignment_id", "completed_date", changed // 2),
    ):
        rows = f"substr({number}, 2)::bigint BETWEEN {at % 97 + 1} AND {at % 97 + count}"
        table = f"{SCHEMA}.continu_{report}"
        postgresql.execute(f"UPDATE {table} SET {late}, {date} = {_instant(str(at))} WHERE {rows}")
        gone = f"_sdc_deleted_at = {_instant(str(at))}"
        postgresql.execute(
            f"UPDATE {table} SET {gone} WHERE {rows} AND substr({number}, 2)::bigint % 100 = 0"
            " AND _sdc_deleted_at IS NULL"
        )
    [found] = postgresql.rows(
        f"SELECT count(*) AS n FROM {SCHEMA}.continu_content_completion"
        f" WHERE _sdc_deleted_at = {_instant(str(at))}"
    )
    return int(found["n"])


def _check(postgresql: Warehouse, completions: int, gone: int) -> None:
    """Refuse figures of a build that is not what the tables say."""
    [found] = postgresql.rows(
        "SELECT count(*) AS n, max(completed_at) AS newest FROM analytics.fct_completions"
        " WHERE source = 'continu'"
    )
    [raw] = postgresql.rows(
        f"SELECT max(completed_on) AT TIME ZONE 'UTC' AS newest FROM {SCHEMA}"
        ".continu_content_completion WHERE _sdc_deleted_at IS NULL"
    )
    if (found["n"], found["newest"]) != (completions - gone, raw["newest"]):
        raise BenchmarkError(f"fct_completions has {found}, not {completions - gone}, {raw}")


def _instant(milliseconds: str) -> str:
    return f"to_timestamp(({milliseconds}) / 1000.0)"
