"""Write what each column means into the warehouse, as a comment, for those who only see tables.

A comment of another wording is replaced; with --instants, columns of type timestamp become
timestamp with time zone. Tables that are not this tap's are left alone, and so are columns whose
meaning it does not know. Exits with 1 if something could not be done, and with 2 if nothing could.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_continu_coursebase.operate.descriptions import Described, described, of_catalog
from tap_continu_coursebase.operate.warehouse import WarehouseError, chosen, connected, offer

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composed

PROGRAM = "tap-continu-coursebase-comments"
LOCK_SECONDS = 10
"""How long a table that is locked is waited for."""
_SHIFTED = "timestamp without time zone"
_COLUMNS = """
SELECT relname, obj_description(c.oid, 'pg_class'), attname, format_type(atttypid, atttypmod),
    col_description(c.oid, attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid
WHERE nspname = %s AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
ORDER BY relname, attnum
"""


@dataclass
class Table:
    """One table of this tap, as it was found.

    Attributes:
        name: Its name.
        meaning: What it means.
        comment: What is said of it; None if nothing.
        columns: By column its type and what is said of it.
    """

    name: str
    meaning: Described
    comment: str | None
    columns: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    @property
    def due(self) -> dict[str | None, str]:
        """What is to be said of each column, and of the table (None), that is not said yet."""
        due: dict[str | None, str] = {}
        if self.comment != self.meaning.table:
            due[None] = self.meaning.table
        for column, (_, comment) in self.columns.items():
            said = self.meaning.of_column(column)
            if said is not None and said != comment:
                due[column] = said
        return due

    @property
    def unknown(self) -> list[str]:
        """Columns whose meaning nothing tells."""
        return [name for name in self.columns if self.meaning.of_column(name) is None]

    @property
    def shifted(self) -> list[str]:
        """Columns of instants that a session's time zone shifts."""
        return [name for name, (kind, _) in self.columns.items() if kind == _SHIFTED]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the comments, and return the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    dsn, schema = chosen(parser, given)
    try:
        with connected(dsn, lacking=_lacking(schema), autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            return _write(connection, schema, given.catalog, instants=given.instants)
    except WarehouseError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    offer(parser)
    parser.add_argument(
        "--catalog",
        type=_catalog,
        default={},
        metavar="FILE",
        help="a catalog of the tap, which describes the columns that settings have declared",
    )
    parser.add_argument(
        "--instants",
        action="store_true",
        help="let columns of type timestamp, which hold UTC, become timestamp with time zone",
    )
    return parser


def _lacking(schema: str) -> str:
    return f"does not own the tables of {schema}: run this as the user that loads them"


def _write(
    connection: psycopg.Connection[tuple[Any, ...]],
    schema: str,
    catalog: Mapping[str, Described],
    *,
    instants: bool,
) -> int:
    tables = list(_tables(connection, schema, catalog))
    if not tables:
        raise WarehouseError(f"there is no table of this tap in {schema}; is it --schema?")
    is_done = True
    for table in tables:
        with connection.transaction():
            for column, said in table.due.items():
                connection.execute(_comment(schema, table.name, column, said))
        if instants and table.shifted:
            is_done &= _give_time_zone(connection, schema, table)
        if table.unknown:
            _say(f"{table.name}: nothing tells what these columns mean: {', '.join(table.unknown)}")
    _say(f"{len(tables)} tables, comments written: {sum(len(table.due) for table in tables)}")
    return int(not is_done)


def _tables(
    connection: psycopg.Connection[tuple[Any, ...]], schema: str, catalog: Mapping[str, Described]
) -> Iterator[Table]:
    found: dict[str, Table] = {}
    for name, comment, column, kind, said in connection.execute(_COLUMNS, (schema,)):
        if (meaning := described(name, catalog)) is not None:
            table = found.setdefault(name, Table(name, meaning, comment))
            table.columns[column] = kind, said
    return (table for table in found.values() if table.meaning.is_of(table.columns))


def _comment(schema: str, table: str, column: str | None, said: str) -> Composed:
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415 - optional

    if column is None:
        return SQL("COMMENT ON TABLE {} IS {}").format(Identifier(schema, table), Literal(said))
    return SQL("COMMENT ON COLUMN {} IS {}").format(
        Identifier(schema, table, column), Literal(said)
    )


def _give_time_zone(
    connection: psycopg.Connection[tuple[Any, ...]], schema: str, table: Table
) -> bool:
    """Change the types of instants; in a session in UTC their values stay, and no row is rewritten.

    Returns:
        Whether they could be changed.
    """
    from psycopg.errors import FeatureNotSupported  # noqa: PLC0415 - optional
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - optional

    changes = [
        SQL("ALTER COLUMN {} TYPE timestamp with time zone").format(Identifier(column))
        for column in table.shifted
    ]
    statement = SQL("ALTER TABLE {} {}").format(
        Identifier(schema, table.name), SQL(", ").join(changes)
    )
    try:
        connection.execute(statement)
    except FeatureNotSupported:
        sys.stderr.write(
            f"{table.name}: its instants stay as they are, since a view or rule uses them: drop "
            "that, run this, and create it again\n"
        )
        return False
    _say(f"{table.name}: {len(table.shifted)} columns are instants now")
    return True


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _catalog(path: str) -> dict[str, Described]:
    try:
        return of_catalog(json.loads(Path(path).read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
