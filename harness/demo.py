"""``make demo``: load the sandbox into PostgreSQL, let two days pass, load again, compare.

Each load ends with the models; in the end one page shows what they answer. Exits with 1 if any row,
value, answer or number on the page differs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import coursebase
from harness.answers import compare_answers, compare_page
from harness.compare import Comparison, Sandbox, compare
from harness.documented import CONTINU_KEYS, RANGE_TARGETS, SUB_OBJECTS
from harness.instants import iso
from harness.learning import Loaded, learning
from harness.pipeline import MODELS, ROOT, Pipeline, PipelineError
from harness.warehouse import Warehouse, running

USERS = 300
BUDGET = 3000
SEARCH = "example.org"
SELECTION = ["*.*", *(f"!*.{column}" for column in sorted(SUB_OBJECTS))]
SHARED = 0.4
SHOWN = 5
MODELS_SCHEMA = "analytics"
PAGE = Path(sys.executable).with_name("tap-continu-coursebase-page")


def main() -> int:
    """Run the demo and print its table."""
    folder = ROOT / ".demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    second = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    first = second - timedelta(days=2)
    until = second + timedelta(seconds=1)
    start = (second - timedelta(days=60)).replace(hour=0)
    with _sandbox(first, start - timedelta(days=60)) as (sandbox, settings, token):
        _say(f"The sandbox: a company of {USERS} users, with a raised budget")
        saved = [row["report_id"] for row in coursebase.truth(sandbox, "reports")][:2]
        with running() as warehouse:
            pipeline = Pipeline(
                folder,
                {
                    **settings,
                    "start_date": f"{start:%Y-%m-%d}",
                    "coursebase_report_ids": saved,
                    "coursebase_user_search": [SEARCH],
                },
                warehouse.sqlalchemy_url,
                {
                    **warehouse.dbt_environment,
                    "TAP_CONTINU_COURSEBASE__SELECT": json.dumps(SELECTION),
                },
                then=(MODELS,),
            )
            loaded = [_run(pipeline, warehouse, first)]
            sandbox.admin("clock", now=iso(second))
            _change(sandbox, token)
            loaded.append(_run(pipeline, warehouse, until))
            bookmarks = pipeline.bookmarks()
            compared = [
                compare(
                    warehouse,
                    f"continu_{report}",
                    key,
                    sandbox.expected(report, start, until, range_target=RANGE_TARGETS.get(report)),
                )
                for report, key in CONTINU_KEYS.items()
            ]
            compared += coursebase.comparisons(sandbox, warehouse, saved, SEARCH)
            page = folder / "learning.html"
            _write_page(page, warehouse)
            learned = learning(sandbox, Loaded(start, until, until))
            answered = [
                *compare_answers(learned, warehouse.dsn, MODELS_SCHEMA, until),
                compare_page(page.read_text("utf-8"), learned, until),
            ]
    differs = _print(compared, loaded, bookmarks)
    return _print_answers(answered, page) | differs


def _change(sandbox: Sandbox, token: str) -> None:
    """Change the company as a real one changes, beyond the two days that passed."""
    sandbox.admin("touch", report="content_completion", count=5)
    sandbox.admin("touch", report="track_status", count=3)
    sandbox.admin("delete", report="assessment_status", count=4)
    gone, removed, renamed = (row["user_id"] for row in coursebase.truth(sandbox, "users")[3:6])
    members = coursebase.truth(sandbox, "group_users")
    group = next(
        row["group_id"] for row in members if row["user_id"] == removed and row["role"] == "learner"
    )
    coursebase.call(sandbox, token, "user.delete", user_id=gone)
    coursebase.call(
        sandbox, token, "group.user.remove", group_id=group, user_id=removed, role="learner"
    )
    coursebase.call(sandbox, token, "user.update", user_id=renamed, first_name="Renée")
    _say("Two days have passed; some rows were changed, and some deleted")


def _run(pipeline: Pipeline, warehouse: Warehouse, until: datetime) -> dict[str, int]:
    """Run the pipeline up to an instant and count what it wrote, by table."""
    began, clock = datetime.now(UTC), time.monotonic()
    variables = {"continu_coursebase_as_of": f"{until:%Y-%m-%d %H:%M:%S}"}
    extra = {**pipeline.extra, "DBT_POSTGRES_VARS": json.dumps(variables)}
    replace(pipeline, extra=extra).run(end_date=iso(until))
    _say(f"meltano run until {iso(until)}, models included: {time.monotonic() - clock:.0f} s")
    return {table: warehouse.written_since(table, began) for table in warehouse.tables()}


def _write_page(page: Path, warehouse: Warehouse) -> None:
    """Write the page as a user does."""
    subprocess.run(
        [PAGE, "--dsn", warehouse.dsn, "--schema", MODELS_SCHEMA, "--output", page],
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _print_answers(answered: list[Comparison], page: Path) -> int:
    different = [one for one in answered if one.differences]
    _say_differences(different)
    if not different:
        numbers = sum(one.expected for one in answered)
        _say(f"Every answer is equal: {numbers} rows of {len(answered) - 1} answers, and the page")
    _say(f"The organisation's learning on one page: {page.relative_to(ROOT)}")
    return 1 if different else 0


def _say_differences(different: list[Comparison]) -> None:
    for one in different:
        _say(f"{one.table} differs in {len(one.differences)} places:")
        for difference in one.differences[:SHOWN]:
            _say(f"  {difference}")


def _print(
    compared: list[Comparison],
    loaded: list[dict[str, int]],
    bookmarks: dict[str, dict[str, str]],
) -> int:
    line = "{:<46} {:>7} {:>7} {:>10} {:>9}  {}"
    _say(line.format("stream", "run 1", "run 2", "PostgreSQL", "sandbox", "cursor"))
    for one in compared:
        counts = (run.get(one.table, 0) for run in loaded)
        cursor = bookmarks.get(one.table, {}).get("replication_key_value", "(snapshot)")
        _say(line.format(one.table, *counts, one.found, one.expected, cursor))
    different = [one for one in compared if one.differences]
    _say_differences(different)
    if not different:
        rows = sum(one.expected for one in compared)
        _say(f"Every row and value is equal: {rows} rows in {len(compared)} tables")
    return 1 if different else 0


@contextmanager
def _sandbox(now: datetime, start: datetime) -> Iterator[tuple[Sandbox, dict[str, object], str]]:
    """Start the sandbox as a process of its own; its company has a raised budget."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "sandbox", "--users", str(USERS)),
            *("--now", iso(now), "--start", f"{start:%Y-%m-%d}"),
            *("--requests-per-minute", str(BUDGET), "--features", "approvers,udemy"),
            *("--shared-share", str(SHARED)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe, for the type checker
        ready = json.loads(process.stdout.readline())
        yield (
            Sandbox(ready["url"]),
            {
                "continu_api_url": ready["continu_api_url"],
                "continu_api_token": ready["token"],
                "continu_requests_per_minute": BUDGET,
                "coursebase_url": ready["coursebase_url"],
                "coursebase_access_token": ready["coursebase_token"],
            },
            ready["coursebase_token"],
        )
    finally:
        process.terminate()
        process.wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(str(error))
