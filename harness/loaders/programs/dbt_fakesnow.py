"""dbt with dbt-snowflake on fakesnow in patch mode, which lacks a few functions and statements.

What fakesnow lacks is said in other words: a temporary table is a table, IS_OBJECT and ARRAY_APPEND
are macros of DuckDB. All other statements are dbt's, and all types and casts fakesnow's.

Usage: dbt_fakesnow FOLDER PROJECT VARIABLES. The folder holds tables.json, the columns of each raw
table with PostgreSQL's types, a CSV file of each as PostgreSQL copies it, and changes.sql. The
project is built; then what changes.sql says is changed, and the models are run again, but no
snapshots, whose MERGE is beyond fakesnow. Each time the rows of all models are written, into
rows-1.jsonl and rows-2.jsonl.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import fakesnow  # type: ignore[import-not-found]
from dbt.cli.main import dbtRunner  # type: ignore[import-not-found]
from fakesnow.cursor import FakeSnowflakeCursor  # type: ignore[import-not-found]

from harness.loaders.programs.typed import line

DATABASE, SCHEMA = "DWH", "LEARNING"
TYPES = {
    "bigint": "number",
    "boolean": "boolean",
    "jsonb": "variant",
    "numeric": "double",
    "text": "varchar",
    "timestamp with time zone": "timestamp_ntz",
}
READ = {**TYPES, "bigint": "bigint", "jsonb": "json", "timestamp with time zone": "timestamp"}
LIST = "from_json(cast(a as json), '[\"VARCHAR\"]')"
MACROS = {
    "is_object(x)": "coalesce(json_type(cast(x as json)) = 'OBJECT', false)",
    "list_concat(a, b)": f"to_json(list_resize({LIST}, len({LIST}) + 1, b[1]))",
}


def main() -> None:
    """Load, build, change, run again.

    Raises:
        SystemExit: If dbt fails.
    """
    folder, project, variables = Path(sys.argv[1]), *sys.argv[2:4]
    _let_temporary_tables_stay()
    with fakesnow.patch():
        import snowflake.connector  # type: ignore[import-not-found]  # noqa: PLC0415 - once patched

        connection = snowflake.connector.connect(database=DATABASE, schema=SCHEMA)
        _load(connection, folder)
        _dbt("build", "--exclude-resource-type", "unit_test", project=project, variables=variables)
        _write(connection, folder / "rows-1.jsonl", folder / "target")
        for statement in (folder / "changes.sql").read_text("utf-8").split(";"):
            connection.cursor().execute(statement)
        _dbt("run", project=project, variables=variables)
        _write(connection, folder / "rows-2.jsonl", folder / "target")


def _dbt(*arguments: str, project: str, variables: str) -> None:
    folders = ["--project-dir", project, "--profiles-dir", project]
    given = ["--target", "snowflake", "--threads", "1", "--vars", variables]
    if not dbtRunner().invoke([*arguments, *folders, *given]).success:
        raise SystemExit(1)


def _let_temporary_tables_stay() -> None:
    execute = FakeSnowflakeCursor.execute

    def said(cursor: Any, statement: str, *arguments: Any, **options: Any) -> Any:
        statement = re.sub(r"(?i)\btemporary\s+table\b", "table", statement)
        return execute(cursor, statement, *arguments, **options)

    FakeSnowflakeCursor.execute = said


def _load(connection: Any, folder: Path) -> None:
    duckdb = connection._duck_conn  # noqa: SLF001 - fakesnow has no way to load files of PostgreSQL
    for schema in (SCHEMA, "ANALYTICS", "ANALYTICS_STAGING", "ANALYTICS_SNAPSHOTS"):
        connection.cursor().execute(f"create schema if not exists {DATABASE}.{schema}")
        for macro, meaning in MACROS.items():
            duckdb.execute(f"create macro {DATABASE}.{schema}.{macro} as {meaning}")
    tables: dict[str, dict[str, str]] = json.loads((folder / "tables.json").read_text("utf-8"))
    for table, columns in tables.items():
        declared = ", ".join(f'"{name.upper()}" {TYPES[kind]}' for name, kind in columns.items())
        connection.cursor().execute(f"create table {DATABASE}.{SCHEMA}.{table} ({declared})")
        read = ", ".join(f'cast("{name}" as {READ[kind]})' for name, kind in columns.items())
        duckdb.execute(
            f"insert into {DATABASE}.{SCHEMA}.{table} select {read} from read_csv($file,"
            " header = true, all_varchar = true, nullstr = '\\N', allow_quoted_nulls = false,"
            " delim = ',', quote = '\"', escape = '\"')",
            {"file": str(folder / f"{table}.csv")},
        )


def _write(connection: Any, file: Path, target: Path) -> None:
    from snowflake.connector.constants import (  # type: ignore[import-not-found]  # noqa: PLC0415
        FIELD_ID_TO_NAME,
    )

    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    with file.open("w", encoding="utf-8") as lines:
        for node in manifest["nodes"].values():
            if node["resource_type"] != "model":
                continue
            cursor = connection.cursor()
            cursor.execute(f"select * from {node['relation_name']}")
            columns = [(one.name, FIELD_ID_TO_NAME[one.type_code]) for one in cursor.description]
            for values in cursor.fetchall():
                row = {
                    name.lower(): json.loads(value) if kind == "VARIANT" and value else value
                    for (name, kind), value in zip(columns, values, strict=True)
                }
                lines.write(line(node["name"], row) + "\n")


if __name__ == "__main__":
    main()
