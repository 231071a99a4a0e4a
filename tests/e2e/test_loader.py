"""The loader of meltano.yml beside target-postgres: the same tables, or the same refusal.

Instants and absent JSON aside, which test_warehouse.py is about: a time zone is left out of the
types, and JSON null is read as NULL.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from target_postgres.target import TargetPostgres  # type: ignore[import-untyped]
from target_postgres_fast import FastTarget

from harness import coursebase
from harness.pipeline import TAP
from harness.warehouse import Warehouse
from tests.e2e.conftest import World
from tests.odd_json import ODD

BIN = Path(sys.executable).parent
PROGRAMS = {"plain": "target-postgres", "fast": "target-postgres-fast"}
CLOCKS = {"_sdc_batched_at", "_sdc_received_at", "_sdc_sequence", "_sdc_sync_started_at"}
"""Columns that tell when a row was loaded."""

COLUMNS: Mapping[str, dict[str, Any]] = {
    "text": {"type": ["string", "null"]},
    "day": {"type": ["string", "null"], "format": "date-time"},
    "number": {"type": ["number", "null"]},
    "object": {"type": ["object", "null"]},
    "list": {"type": ["array", "null"], "items": {"type": ["object", "null"]}},
    "any": {},
}

TELLING = ['"2026-02-28"', r'{"a": "\ud800"}', "[NaN]", "1E400", "9" * 400]
"""Values that are tried in every kind of column."""

Table = tuple[list[tuple[str, str]], list[tuple[str | None, ...]]]

Ending = tuple[type[Exception] | None, dict[str, Table]]


def config(warehouse: Warehouse, schema: str) -> dict[str, Any]:
    return {
        "sqlalchemy_url": warehouse.sqlalchemy_url,
        "default_target_schema": schema,
        "use_copy": True,
        "validate_records": False,
    }


ALIKE: Mapping[str, LiteralString] = {
    "timestamptz": "({} AT TIME ZONE 'UTC')::text",
    "jsonb": "NULLIF({}, 'null')::text",
    "_jsonb": "array_replace({}, 'null', NULL)::text",
}
"""How values of a type are spelt, if not as PostgreSQL does."""


def contents(warehouse: Warehouse, schema: str) -> dict[str, Table]:
    """Return each table's columns with their types, and its rows as PostgreSQL spells them."""
    tables: dict[str, Table] = {}
    with psycopg.connect(warehouse.dsn) as connection:
        listed = connection.execute(
            """SELECT table_name, column_name, udt_name FROM information_schema.columns
            WHERE table_schema = %s ORDER BY table_name, ordinal_position""",
            (schema,),
        ).fetchall()
        for table, column, kind in listed:
            tables.setdefault(table, ([], []))[0].append((column, kind))
        for table, (columns, rows) in tables.items():
            names = [
                SQL(ALIKE.get(kind, "{}::text")).format(Identifier(column))
                for column, kind in columns
                if column not in CLOCKS
            ]
            query = SQL("SELECT {} FROM {}").format(
                SQL(", ").join(names), Identifier(schema, table)
            )
            rows.extend(sorted(connection.execute(query).fetchall(), key=repr))
            columns[:] = [
                (column, kind.replace("timestamptz", "timestamp")) for column, kind in columns
            ]
    return tables


def messages(column: str, *values: str) -> str:
    schema = {
        "type": "SCHEMA",
        "stream": "odd",
        "key_properties": ["id"],
        "schema": {"properties": {"id": {"type": "integer"}, column: COLUMNS[column]}},
    }
    lines = [
        f'{{"type": "RECORD", "stream": "odd", "record": {{"id": {id_}, "{column}": {value}}}}}'
        for id_, value in enumerate(values)
    ]
    return "\n".join([json.dumps(schema), *lines, ""])


def ending(target: type[TargetPostgres], warehouse: Warehouse, schema: str, lines: str) -> Ending:
    """Load in this process; return what went wrong, if anything, and what is loaded then."""
    warehouse.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    running = target(config=config(warehouse, schema) | {"batch_size_rows": 1})
    error = None
    try:
        running.listen(io.StringIO(lines))
    except Exception as raised:  # noqa: BLE001 - whatever it is, both must raise it
        error = type(raised)
    for sink in (*running._sinks_active.values(), *running._sinks_to_clear):
        sink.connector._engine.dispose()
    return error, contents(warehouse, schema)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        *((text, "object") for text in ODD),
        *((text, column) for text in TELLING for column in COLUMNS if column != "object"),
    ],
)
def test_odd_values_end_alike(postgresql: Warehouse, text: str, column: str) -> None:
    lines = messages(column, text, f'{{"a": [{text}]}}', f"[{text}]")
    assert ending(FastTarget, postgresql, "fast", lines) == ending(
        TargetPostgres, postgresql, "plain", lines
    )


def test_objects_in_a_column_of_text_are_spelt_alike(postgresql: Warehouse) -> None:
    becomes = messages("text", r'{"é\u2028\u007f/": 1}').replace('"string"', '"object"')
    lines = messages("text", '"x"') + becomes
    error, tables = ending(FastTarget, postgresql, "fast", lines)
    assert (error, tables) == ending(TargetPostgres, postgresql, "plain", lines)
    assert error is None
    assert tables["odd"][1][0][1] == r'{"\u00e9\u2028\u007f/":1}'


def test_every_table_is_the_same(world: World) -> None:
    saved = [row["report_id"] for row in coursebase.truth(world.sandbox, "reports")][:2]
    chosen = {
        **world.settings,
        **world.coursebase,
        "coursebase_report_ids": saved,
        "coursebase_user_search": ["example.org"],
    }
    (world.folder / "tap.json").write_text(json.dumps(chosen))
    extracted = world.folder / "extracted.jsonl"
    with extracted.open("wb") as output:
        subprocess.run(
            [BIN / TAP, "--config", world.folder / "tap.json"], stdout=output, check=True
        )
    for schema, program in PROGRAMS.items():
        world.warehouse.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        settings = world.folder / f"{schema}.json"
        settings.write_text(json.dumps(config(world.warehouse, schema)))
        for _ in range(2):
            with extracted.open("rb") as lines:
                subprocess.run([BIN / program, "--config", settings], stdin=lines, check=True)
    plain, fast = (contents(world.warehouse, schema) for schema in PROGRAMS)
    assert len(plain) > 35
    assert sum(len(rows) for _, rows in plain.values()) > 1000
    assert fast == plain
