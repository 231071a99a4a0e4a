"""target-snowflake as it is, on fakesnow in patch mode, which lacks a few of its statements.

fakesnow answers a connection to Snowflake from DuckDB. What it cannot do is said in other words:
files put on the user's stage become tables, and are read and removed as such; rows that are merged
are chosen beforehand, since their QUALIFY goes by an alias; MERGE gets a current schema; streams
are written one by one. All other statements, and all types and casts, are the loader's own and
fakesnow's.

Usage: fakesnow_target --config FILE, in the folder in which the databases are kept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import RLock
from typing import Any

import fakesnow  # type: ignore[import-not-found]
from fakesnow.cursor import FakeSnowflakeCursor  # type: ignore[import-not-found]

DATABASES = Path("databases")
DATABASE, SCHEMA = "DWH", "LEARNING"

_STAGE = r"'@~/target-snowflake/(?P<sync>[^'/]+)/?'"
_PUT = re.compile(rf"put .*{_STAGE}", re.DOTALL)
_REMOVE = re.compile(rf"remove {_STAGE}")
_DROP_FORMAT = re.compile("drop file format")
_COPY = re.compile(
    rf"copy into (?P<table>\S+) (?P<columns>\(.*?\)) from \(select (?P<values>.*) from {_STAGE}\)",
    re.DOTALL,
)
_MERGE = re.compile(
    rf"""merge\ into\ (?P<table>\S+)\ d\ using\ \(select\ (?P<values>.*?)\ from\ {_STAGE}
    \s*\(file_format\ =>\ .*?\)\ QUALIFY\ .*?PARTITION\ BY\ (?P<key>.*?)\ ORDER\ BY.*?=\ 1\)
    \ s\ (?P<rest>.*)$""",
    re.DOTALL | re.VERBOSE,
)

Execute = Callable[..., Any]


@dataclass
class Stage:
    """The user's stage: a table for the files of each batch.

    Attributes:
        execute: fakesnow's own way to run a statement on a cursor.
    """

    execute: Execute
    _tables: dict[str, int] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=count)
    _lock: RLock = field(default_factory=RLock)

    def run(self, cursor: Any, statement: str, *arguments: Any, **options: Any) -> Any:
        """Run a statement, in other words where fakesnow lacks it."""
        with self._lock:
            for pattern, other in (
                (_PUT, self._put),
                (_COPY, self._copy),
                (_MERGE, self._merge),
                (_REMOVE, self._remove),
                (_DROP_FORMAT, self._nothing),
            ):
                if found := pattern.match(statement):
                    given = arguments[0] if arguments else options.get("params")
                    return other(cursor, found, given)
            return self.execute(cursor, statement, *arguments, **options)

    def _put(self, cursor: Any, found: re.Match[str], given: Any) -> Any:
        path = given["file_uri"].removeprefix("file://")
        if found["sync"] not in self._tables:
            self._tables[found["sync"]] = next(self._numbers)
            self.execute(
                cursor, f"create table {self._name('staged', found)} (n number, v variant)"
            )
        cursor._duck_conn.execute(  # noqa: SLF001 - its public way reads no JSON files
            f"insert into {self._name('staged', found)} select row_number() over (), json"
            f" from read_json_objects('{path}', format = 'newline_delimited')"
        )
        return self._nothing(cursor)

    def _copy(self, cursor: Any, found: re.Match[str], _given: Any) -> Any:
        return self.execute(
            cursor,
            f"insert into {found['table']} {found['columns']}"
            f" select {found['values'].replace('$1:', 'v:')} from {self._name('staged', found)}",
        )

    def _merge(self, cursor: Any, found: re.Match[str], _given: Any) -> Any:
        values = found["values"].replace("$1:", "v:").replace("::VARIANT as", " as")
        typed, latest = self._name("typed", found), self._name("latest", found)
        self.execute(
            cursor,
            f"create or replace table {typed} as"
            f" select {values}, n as staged_n from {self._name('staged', found)}",
        )
        self.execute(
            cursor,
            f"create or replace table {latest} as select * from {typed} qualify"
            f" row_number() over (partition by {found['key']} order by staged_n desc) = 1",
        )
        self.execute(cursor, f"use schema {DATABASE}.{SCHEMA}")
        return self.execute(
            cursor, f"merge into {found['table']} d using {latest} s {found['rest']}"
        )

    def _remove(self, cursor: Any, found: re.Match[str], _given: Any) -> Any:
        if found["sync"] in self._tables:
            for role in ("staged", "typed", "latest"):
                self.execute(cursor, f"drop table if exists {self._name(role, found)}")
            del self._tables[found["sync"]]
        return self._nothing(cursor)

    def _nothing(self, cursor: Any, *_: Any) -> Any:
        return self.execute(cursor, "select 1")

    def _name(self, role: str, found: re.Match[str]) -> str:
        return f'"{DATABASE}"."{SCHEMA}"."{role.upper()}_{self._tables[found["sync"]]}"'


def main() -> None:
    """Run target-snowflake's command line."""
    stage = Stage(FakeSnowflakeCursor.execute)
    FakeSnowflakeCursor.execute = lambda cursor, command, *arguments, **options: stage.run(
        cursor, str(command), *arguments, **options
    )
    DATABASES.mkdir(exist_ok=True)
    with fakesnow.patch(db_path=DATABASES):
        import snowflake.connector  # type: ignore[import-not-found]  # noqa: PLC0415 - once patched
        from target_snowflake.target import (  # type: ignore[import-not-found]  # noqa: PLC0415
            TargetSnowflake,
        )

        snowflake.connector.connect(database=DATABASE, schema=SCHEMA).close()
        sys.argv[0] = "target-snowflake"
        TargetSnowflake.max_parallelism = 1  # DuckDB's connection is one for all threads
        TargetSnowflake.cli()


if __name__ == "__main__":
    main()
