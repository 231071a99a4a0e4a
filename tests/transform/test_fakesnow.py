"""The models run by dbt-snowflake on fakesnow, a stand-in for Snowflake: PostgreSQL's rows.

Snowflake itself is not tried. What fakesnow itself gets wrong is left out, and said.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from harness.loaders.environments import environment
from harness.loaders.programs.typed import Row, parsed
from harness.pipeline import ROOT
from harness.warehouse import SCHEMA
from tests.transform.conftest import NOW, PROJECT, Learning

pytestmark = [pytest.mark.loaders, pytest.mark.long]

CHANGES = """
update learning.continu_assignment_summary set _sdc_deleted_at = '2100-01-01'
where assignment_id in (select min(assignment_id) from learning.continu_assignment_summary);
update learning.continu_assignment_summary
set assignment_status = 'removed', _sdc_sequence = _sdc_sequence + 100000000000
where assignment_id in (select max(assignment_id) from learning.continu_assignment_summary);
update learning.continu_content_completion set _sdc_deleted_at = '2100-01-01'
where email in (select min(email) from learning.continu_user_content);
update learning.continu_user_content set _sdc_deleted_at = '2100-01-01'
where email in (select min(email) from learning.continu_user_content);
update learning.continu_user_engagement set _sdc_deleted_at = '2100-01-01'
where email in (select min(email) from learning.continu_user_engagement);
update learning.continu_track_status
set track_status = 'completed', _sdc_sequence = _sdc_sequence + 100000000000
where track_id in (select max(track_id) from learning.continu_track_status)
"""
"""Of raw rows, which both warehouses understand: some are gone, others are loaded anew."""

BEYOND = {
    "engagement_key": "TO_CHAR does not heed its format",
    "seen_key": "likewise",
    "value_index": "FLATTEN counts over all lists",
}
"""Columns of which fakesnow knows less than Snowflake documents."""


def test_rows_on_fakesnow_are_those_of_postgresql(
    built: Learning, changing: Learning, tmp_path: Path
) -> None:
    folder = tmp_path / "fakesnow"
    folder.mkdir()
    _copy(changing, folder)
    (folder / "changes.sql").write_text(CHANGES)
    models = _models(built.folder / "target")
    before = _of_postgresql(changing, models)
    with psycopg.connect(changing.warehouse.dsn) as connection:
        connection.execute(CHANGES)
    changing.dbt("run")
    after = _of_postgresql(changing, models)
    assert _different(before, after) >= {
        "int_assignments",
        "fct_completions",
        "int_engagement",
        "fct_tracks",
        "completion_rate_by_department_month",
    }
    _dbt_on_fakesnow(folder)
    for number, expected in ((1, before), (2, after)):
        found: dict[str, Counter[str]] = {name: Counter() for name in expected}
        with (folder / f"rows-{number}.jsonl").open(encoding="utf-8") as lines:
            for name, row in map(parsed, lines):
                found[name][_told(row)] += 1
        assert _different(found, expected) == set()


def _copy(learning: Learning, folder: Path) -> None:
    """Write the raw tables, each as a file."""
    tables: dict[str, dict[str, str]] = {}
    for row in learning.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'learning' ORDER BY table_name, ordinal_position"
    ):
        tables.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
    (folder / "tables.json").write_text(json.dumps(tables))
    with psycopg.connect(learning.warehouse.dsn) as connection:
        connection.execute("SET timezone = 'UTC'")
        for table in tables:
            statement = SQL("COPY {} TO STDOUT WITH (FORMAT csv, HEADER, NULL '\\N')")
            with (
                connection.cursor().copy(statement.format(Identifier(SCHEMA, table))) as data,
                (folder / f"{table}.csv").open("wb") as file,
            ):
                file.writelines(data)


def _models(target: Path) -> dict[str, str]:
    """Return the schema of each model."""
    manifest = json.loads((target / "manifest.json").read_text())
    nodes = manifest["nodes"].values()
    return {node["name"]: node["schema"] for node in nodes if node["resource_type"] == "model"}


def _of_postgresql(learning: Learning, models: Mapping[str, str]) -> dict[str, Counter[str]]:
    """Return how often each row is in each model."""
    return {
        name: Counter(map(_told, learning.rows(f"TABLE {schema}.{name}")))
        for name, schema in models.items()
    }


def _dbt_on_fakesnow(folder: Path) -> None:
    said = {"as_of": f"{NOW:%Y-%m-%d %H:%M:%S}", "schema": SCHEMA}
    ended = subprocess.run(
        [
            *(str(environment("dbt-fakesnow") / "python"), "-m"),
            *("harness.loaders.programs.dbt_fakesnow", str(folder), str(PROJECT)),
            json.dumps({f"continu_coursebase_{name}": value for name, value in said.items()}),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            **dict.fromkeys(("DBT_SNOWFLAKE_ACCOUNT", "DBT_SNOWFLAKE_USER"), "none"),
            "DBT_SNOWFLAKE_PASSWORD": "none",
            "DBT_SNOWFLAKE_DATABASE": "DWH",
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if ended.returncode:
        pytest.fail(f"dbt failed on fakesnow:\n{ended.stdout[-6000:]}")


def _different(some: Mapping[str, Any], others: Mapping[str, Any]) -> set[str]:
    return {name for name in {*some, *others} if some.get(name) != others.get(name)}


def _told(row: Row) -> str:
    return json.dumps(
        {name: _plain(value) for name, value in row.items() if name not in BEYOND}, sort_keys=True
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON, numbers alike whichever kind they are."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        return round(float(value), 4)
    if isinstance(value, dict):
        return {name: _plain(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_plain(inside) for inside in value]
    return value
