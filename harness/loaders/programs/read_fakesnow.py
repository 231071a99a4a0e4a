"""Print each row that target-snowflake has loaded into fakesnow.

Usage: read_fakesnow FOLDER, the folder in which ``fakesnow_target`` ran.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import fakesnow  # type: ignore[import-not-found]

from harness.loaders.programs.fakesnow_target import DATABASE, DATABASES, SCHEMA
from harness.loaders.programs.typed import line


def main() -> None:
    """Print each table."""
    with fakesnow.patch(db_path=Path(sys.argv[1]) / DATABASES):
        import snowflake.connector  # type: ignore[import-not-found]  # noqa: PLC0415 - once patched
        from snowflake.connector.constants import (  # type: ignore[import-not-found]  # noqa: PLC0415
            FIELD_ID_TO_NAME,
        )

        cursor = snowflake.connector.connect(database=DATABASE, schema=SCHEMA).cursor()
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = %s", [SCHEMA]
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'select * from "{table}"')
            columns = [(one.name, FIELD_ID_TO_NAME[one.type_code]) for one in cursor.description]
            for values in cursor.fetchall():
                row = {
                    name: json.loads(value) if kind == "VARIANT" and value is not None else value
                    for (name, kind), value in zip(columns, values, strict=True)
                }
                sys.stdout.write(line(table, row) + "\n")


if __name__ == "__main__":
    main()
