"""A warehouse in PostgreSQL: how it is reached, the ledger, and what is told of each table."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.core.windows import parse_instant
from tap_continu_coursebase.operate.ledger import TABLE, Window

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composable

DSN_VARIABLE = "TARGET_POSTGRES_SQLALCHEMY_URL"
SCHEMA_VARIABLE = "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"
USUAL_SCHEMA = "learning"
"""As ``meltano.yml`` sets it."""
_CONNECT_SECONDS = 10
_DRIVER = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://")
_EXTRACTED, _DELETED = "_sdc_extracted_at", "_sdc_deleted_at"
_OF_THE_LEDGER = (
    "stream",
    "window_from",
    "window_until",
    "rows",
    _EXTRACTED,
    "requested_at",
    "seconds",
    "tries",
)


class WarehouseError(TapError):
    """A warehouse cannot be read; the message never shows how to connect to it."""


class Found(NamedTuple):
    """What is told of one table.

    Attributes:
        rows: Those that are not marked as deleted.
        loaded_at: When the newest one was extracted, UTC; None if there is none, or no column
            tells.
    """

    rows: int
    loaded_at: datetime | None


class Warehouse:
    """A schema of a PostgreSQL database.

    Args:
        connection: In a transaction that cannot write.
        schema: Where the tap's tables are.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> None:
        self._connection = connection
        self._namespace = schema
        self._columns: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = %s",
            (schema,),
        ):
            self._columns.setdefault(table, set()).add(column)

    @property
    def tables(self) -> set[str]:
        """Names of the tables that this user may read."""
        return {*self._columns}

    def windows(self) -> list[Window]:
        """Read the ledger; nothing if there is none."""
        if TABLE not in self._columns:
            return []
        return [
            Window(
                stream,
                _utc(start),
                _utc(until),
                rows or 0,
                _utc(extracted_at or requested_at or until),
                None if seconds is None else float(seconds),
                tries,
            )
            for (
                stream,
                start,
                until,
                rows,
                extracted_at,
                requested_at,
                seconds,
                tries,
            ) in self._select(TABLE, _OF_THE_LEDGER, "ORDER BY stream, window_from, window_until")
        ]

    def look(self, tables: Iterable[str]) -> dict[str, Found]:
        """Count the rows of tables, and tell when the newest one was extracted."""
        from psycopg.sql import SQL  # noqa: PLC0415 - optional

        found = {}
        for table in tables:
            newest = SQL("max({})").format(self._column(table, _EXTRACTED))
            ((rows, loaded_at),) = self._fetch(table, SQL("count(*), {}").format(newest))
            found[table] = Found(rows, None if loaded_at is None else _utc(loaded_at))
        return found

    def _select(self, table: str, columns: Iterable[str], ending: LiteralString) -> list[Any]:
        from psycopg.sql import SQL  # noqa: PLC0415 - optional

        wanted = SQL(", ").join(self._column(table, name) for name in columns)
        return self._fetch(table, wanted, ending)

    def _column(self, table: str, name: str) -> Composable:
        """Name a column, or null where the table lacks it."""
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - optional

        return Identifier(name) if name in self._columns[table] else SQL("NULL")

    def _fetch(self, table: str, wanted: Composable, ending: LiteralString = "") -> list[Any]:
        """Fetch what is wanted of the rows that are not marked as deleted."""
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - optional

        has_marks = _DELETED in self._columns[table]
        living = SQL(" WHERE _sdc_deleted_at IS NULL " if has_marks else " ")
        query = SQL("SELECT {} FROM {}").format(wanted, Identifier(self._namespace, table))
        return self._connection.execute(query + living + SQL(ending)).fetchall()


@contextmanager
def reading(dsn: str, schema: str) -> Iterator[Warehouse]:
    """Connect to a warehouse, to read it.

    Args:
        dsn: ``postgresql://...``, or the SQLAlchemy URL that target-postgres takes.
        schema: Where the tap's tables are.

    Yields:
        The warehouse.

    Raises:
        WarehouseError: If it cannot be read, or the driver is not installed.
    """
    lacking = f"may not read all tables of {schema}: GRANT SELECT ON ALL TABLES IN SCHEMA {schema}"
    with connected(dsn, lacking=lacking) as connection:
        connection.read_only = True
        connection.execute("SET TIME ZONE 'UTC'")
        yield Warehouse(connection, schema)


@contextmanager
def connected(
    dsn: str, *, lacking: str, autocommit: bool = False, extra: str = "coverage"
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Connect to a warehouse.

    Args:
        dsn: ``postgresql://...``, or the SQLAlchemy URL that target-postgres takes.
        lacking: What the user may not do, and what is to be done about it, where it is refused.
        autocommit: Whether each statement is a transaction of its own.
        extra: What the tap is to be installed with, where the driver is not there.

    Yields:
        The connection.

    Raises:
        WarehouseError: If the warehouse does not do as it is told, or the driver is not installed.
    """
    try:
        import psycopg  # noqa: PLC0415 - optional
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - optional
    except ImportError as error:
        raise WarehouseError(
            "psycopg, which reads a warehouse, is not installed: pip install "
            f"'tap-continu-coursebase[{extra}]'"
        ) from error
    try:
        known: Mapping[str, Any] = conninfo_to_dict(_DRIVER.sub("postgresql://", dsn))
        options = {"connect_timeout": _CONNECT_SECONDS, **known, "autocommit": autocommit}
        with psycopg.connect(**options) as connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseError(f"the warehouse's user {lacking}") from error
    except psycopg.errors.LockNotAvailable as error:
        raise WarehouseError(
            "another session, such as a load, has a table locked: run it again when that has ended"
        ) from error
    except psycopg.OperationalError as error:
        raise WarehouseError("the warehouse cannot be reached: check --dsn") from error
    except psycopg.Error as error:
        raise WarehouseError(
            f"the warehouse cannot be read ({type(error).__name__}): check --dsn and --schema"
        ) from error


def offer(
    parser: argparse.ArgumentParser, *, variable: str = SCHEMA_VARIABLE, usual: str = USUAL_SCHEMA
) -> None:
    """Let a command be told which warehouse it is about.

    Args:
        parser: Of the command.
        variable: Of the environment, that names the schema if the command line does not.
        usual: The schema if nothing names one.
    """
    parser.add_argument(
        "--dsn",
        metavar="URL",
        help=f"postgresql://... of the warehouse; by default ${DSN_VARIABLE}",
    )
    parser.add_argument(
        "--schema",
        help=f"where the tables are; by default ${variable}, or else {usual}",
    )


def chosen(
    parser: argparse.ArgumentParser,
    given: argparse.Namespace,
    *,
    variable: str = SCHEMA_VARIABLE,
    usual: str = USUAL_SCHEMA,
) -> tuple[str, str]:
    """Return where the warehouse and its schema are; end the command where nothing tells."""
    if not (dsn := named(given.dsn)):
        parser.error(f"say which warehouse: --dsn postgresql://..., or set {DSN_VARIABLE}")
    return dsn, schema_named(given.schema, variable=variable, usual=usual)


def named(dsn: str | None) -> str:
    """Return where the warehouse is: as given, else as target-postgres is told, else empty."""
    return dsn or os.environ.get(DSN_VARIABLE, "")


def schema_named(
    schema: str | None, *, variable: str = SCHEMA_VARIABLE, usual: str = USUAL_SCHEMA
) -> str:
    """Return where the tables are: as given, else as the environment says, else as usual."""
    return schema or os.environ.get(variable) or usual


def _utc(instant: datetime | str) -> datetime:
    if isinstance(instant, str):
        return parse_instant(instant)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
