"""Print each row of a DuckDB file. Usage: read_duckdb FILE SCHEMA."""

from __future__ import annotations

import json
import sys

import duckdb  # type: ignore[import-not-found]

from harness.loaders.programs.typed import line


def main() -> None:
    """Print each table, in the order in which its rows stand there."""
    path, schema = sys.argv[1:]
    connection = duckdb.connect(path, read_only=True)
    tables = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [schema]
    ).fetchall()
    for (table,) in tables:
        found = connection.execute(f'SELECT * FROM "{schema}"."{table}"')
        columns = [(name, str(kind)) for name, kind, *_ in found.description]
        for values in found.fetchall():
            row = {
                name: json.loads(value) if kind == "JSON" and value is not None else value
                for (name, kind), value in zip(columns, values, strict=True)
            }
            sys.stdout.write(line(table, row) + "\n")


if __name__ == "__main__":
    main()
