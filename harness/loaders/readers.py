"""What a loader has written, read back as rows of Python values."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from harness.loaders.environments import LoaderError, environment
from harness.loaders.loading import Address
from harness.loaders.programs.typed import Row, parsed
from harness.pipeline import ROOT

Tables = dict[str, list[Row]]


def postgres(dsn: str, schema: str) -> Tables:
    """Read all tables of a schema."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (schema,)
        ).fetchall()
        return {
            name["table_name"]: connection.execute(
                SQL("SELECT * FROM {}").format(Identifier(schema, name["table_name"]))
            ).fetchall()
            for name in names
        }


def _postgres(_name: str, _folder: Path, address: Address) -> Tables:
    return postgres(address.dsn, address.schema)


def _jsonl(_name: str, folder: Path, _address: Address) -> Tables:
    return {
        path.stem: [json.loads(text) for text in path.read_text("utf-8").splitlines()]
        for path in folder.glob("*.jsonl")
    }


def _csv(_name: str, folder: Path, _address: Address) -> Tables:
    tables: Tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            tables.setdefault(path.stem.partition("-")[0], []).extend(csv.DictReader(lines))
    return tables


def _duckdb(name: str, folder: Path, address: Address) -> Tables:
    return _program(name, "read_duckdb", folder / "loaded.duckdb", address.schema)


def _fakesnow(name: str, folder: Path, _address: Address) -> Tables:
    return _program(name, "read_fakesnow", folder)


def _program(name: str, program: str, *arguments: str | Path) -> Tables:
    """Run a program of ``programs`` in the environment of a loader, and read what it prints."""
    ended = subprocess.run(
        [environment(name) / "python", "-m", f"harness.loaders.programs.{program}", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise LoaderError(f"{program} failed: {ended.stderr[-2000:]}")
    return _gathered(map(parsed, ended.stdout.splitlines()))


def _gathered(rows: Iterable[tuple[str, Row]]) -> Tables:
    tables: Tables = {}
    for table, row in rows:
        tables.setdefault(table.lower(), []).append({k.lower(): v for k, v in row.items()})
    return tables


Reader = Callable[[str, Path, Address], Tables]
READERS: Mapping[str, Reader] = {
    "csv": _csv,
    "duckdb": _duckdb,
    "fakesnow": _fakesnow,
    "jsonl": _jsonl,
    "postgres": _postgres,
}
"""By name, what reads the rows of a loader back, in the order in which they were loaded: from the
name of its environment, the folder and the parts of the database's address that it was given."""
